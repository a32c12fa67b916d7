"""Whatever goes wrong inside a bridge: it is logged, and the bridge begins again."""

from __future__ import annotations

import asyncio
import logging

import pytest

from zapette.protocol.topics import Topics
from zapette_bridge import turns as module
from zapette_bridge.bridge import Bridge
from zapette_bridge.mapping import Mapping
from zapette_bridge.turns import Turns
from zapette_server.supervisor import Supervisor


class Failing(Bridge):
    """A bridge that is told how it ends."""

    def __init__(self) -> None:
        self.started = self.gave_way = 0

    def start(self) -> None:
        self.started += 1

    async def give_way(self) -> None:
        self.gave_way += 1

    async def stop(self) -> None:
        self.gave_way += 1


async def until(look: object) -> None:
    async with asyncio.timeout(10):
        while not look():  # type: ignore[operator]
            await asyncio.sleep(0.01)


def test_a_bridge_that_fails_begins_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    proofs = 0

    async def proven(*_: object) -> None:
        nonlocal proofs
        proofs += 1

    monkeypatch.setattr(module, "prove", proven)
    made: list[Failing] = []

    def new_bridge() -> Failing:
        made.append(Failing())
        return made[-1]

    async def scenario() -> None:
        nothing: object = None
        turns = Turns(nothing, nothing, Mapping(Topics()), new_bridge)  # type: ignore[arg-type]
        supervisor = Supervisor(logging.getLogger("zapette.bridge"))
        supervisor.task("bridge", turns.run)
        await until(lambda: made)
        made[0].on_failed(RuntimeError("boom"))
        # an end that comes twice is one
        made[0].on_replaced()
        await until(lambda: len(made) == 2)
        assert (made[0].gave_way, made[1].started, proofs) == (1, 1, 2)
        assert supervisor.restarts == 1
        assert supervisor.problem is None
        supervisor.stop()
        await turns.stop()
        assert made[1].gave_way == 1

    with caplog.at_level(logging.ERROR, "zapette.bridge"):
        asyncio.run(scenario())
    (said,) = caplog.records
    assert "bridge" in said.getMessage()
    assert "boom" in caplog.text
