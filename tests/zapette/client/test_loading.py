"""A call that loads a medium waits longer than others, which answer at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.waiting import HANG_TIMEOUT
from zapette.client.client import Client
from zapette.client.players.player import LOADS, Player
from zapette.errors import CallTimeout
from zapette.mqtt.url import BrokerUrl
from zapette.protocol.topics import Topics
from zapette_server.access.credentials import new_player_id


@pytest.mark.parametrize("procedure", sorted(LOADS))
def test_loading_may_take_longer(
    procedure: str, url: BrokerUrl, connect: Callable[..., Client]
) -> None:
    callee = Topics().player(new_player_id())
    loading, loaded = threading.Event(), threading.Event()

    def answer() -> dict[str, bool]:
        loading.set()
        loaded.wait(HANG_TIMEOUT)
        return {"playing": True}

    connect(url, callee=callee, procedures={procedure: answer, "status": answer})
    player = Player(connect(url), callee, timeout=0.1)
    with ThreadPoolExecutor() as executor:
        call = executor.submit(player.call, procedure)
        assert loading.wait(HANG_TIMEOUT)
        # its time begins later, and is over
        with pytest.raises(CallTimeout):
            player.status()
        loaded.set()
        assert call.result(HANG_TIMEOUT) == {"playing": True}
