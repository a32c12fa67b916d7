"""What the broker knows of tokens without asking the stores is never older than the stores."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.database.test_grants import ONE
from zapette_server.access import records
from zapette_server.access.lookups import Lookups
from zapette_server.access.records import Change, Records, Standing
from zapette_server.storage.accounts import Accounts
from zapette_server.storage.stores import BROKER, WEB, Stores

PLAYER, OTHER = (f"{number:032x}" for number in (1, 2))
TOKEN = replace(ONE, player_id=PLAYER)
WRITES: dict[str, Callable[[Stores], object]] = {
    "a new code": lambda web: web.registry.renew(PLAYER),
    "a player is forgotten": lambda web: web.registry.forget(PLAYER),
    "a player comes": lambda web: web.registry.claim(OTHER),
    "a player is seen": lambda web: web.registry.claim(PLAYER),
    "all codes are renewed": lambda web: web.registry.renew_all(),
    "a token is given": lambda web: web.grants.note(replace(TOKEN, client_id="remote-2")),
    "a token is ended": lambda web: web.grants.revoke(TOKEN),
}


@contextmanager
def opened(folder: Path, part: str) -> Iterator[Stores]:
    stores = Stores.open(folder, part)
    try:
        yield stores
    finally:
        stores.close()


class Looker:
    """Lookups whose thread looks when the test says so."""

    def __init__(self, stores: Stores) -> None:
        file = stores.folder.accounts
        self._records = Records(stores.registry, stores.grants, Accounts(file), file)
        self.lookups = Lookups(self._records)
        self.told: dict[str, str | None] = {}
        self.lookups.start(asyncio.get_running_loop(), self._learn, lambda: None)

    async def look(self) -> None:
        """Look once, on another thread, and let the loop learn of it."""
        looked = threading.Thread(target=self._look)
        looked.start()
        await asyncio.to_thread(looked.join)
        await asyncio.sleep(0)

    def ask(self) -> None:
        """Look the token up in the stores."""
        _, change = self._records.standings([(PLAYER, TOKEN.client_id)])
        self._learn(change)

    def _look(self) -> None:
        self.lookups._post(self._records.look(set(self.lookups._watched)), [])

    def _learn(self, change: Change) -> None:
        self.told |= change.generations

    def known(self) -> Standing | None:
        """Return what is known of the token."""
        return self.lookups.known_standing(PLAYER, TOKEN.client_id)


def in_the_stores(web: Stores) -> Standing:
    ended = web.grants.revoked_among([TOKEN.client_id])
    return Standing(web.registry.generation(PLAYER), bool(ended))


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())
def test_known_until_the_next_write(tmp_path: Path, write: Callable[[Stores], object]) -> None:
    async def main(broker: Stores, web: Stores) -> None:
        web.registry.claim(PLAYER)
        web.grants.note(TOKEN)
        looker = Looker(broker)
        assert looker.known() is None
        await looker.look()
        assert looker.known() == in_the_stores(web)
        write(web)
        # at once, not at the next look
        assert looker.known() is None
        await looker.look()
        assert looker.known() == in_the_stores(web)

    with opened(tmp_path, BROKER) as broker, opened(tmp_path, WEB) as web:
        asyncio.run(main(broker, web))


def test_an_account_that_ends_within_the_resolution_of_the_disk(tmp_path: Path) -> None:
    """FAT knows the time of a change to two seconds."""
    with opened(tmp_path, BROKER) as stores:
        file = stores.folder.accounts
        accounts = Accounts(file)
        accounts.add("ann", "x")
        records = Records(stores.registry, stores.grants, accounts, file)
        assert records.look(()).accounts
        made_at = file.stat().st_mtime_ns
        accounts.remove("ann")
        os.utime(file, ns=(made_at, made_at))
        assert records.look(()).accounts == {}


def test_a_write_while_the_stores_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def main(broker: Stores, web: Stores) -> None:
        web.registry.claim(PLAYER)
        looker = Looker(broker)
        last_revocation = broker.grants.last_revocation

        def renewed_meanwhile() -> int:
            web.registry.renew(PLAYER)
            return last_revocation()

        monkeypatch.setattr(type(broker.grants), "last_revocation", lambda _: renewed_meanwhile())
        await looker.look()
        assert looker.known() is None

    with opened(tmp_path, BROKER) as broker, opened(tmp_path, WEB) as web:
        asyncio.run(main(broker, web))


def test_more_players_than_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "MOST_IN_VIEW", 1)

    async def main(broker: Stores, web: Stores) -> None:
        web.registry.claim(PLAYER)
        looker = Looker(broker)
        await looker.look()
        assert looker.known()
        web.registry.claim(OTHER)
        await looker.look()
        assert looker.known() is None
        web.registry.forget(OTHER)
        await looker.look()
        assert looker.known() == in_the_stores(web)

    with opened(tmp_path, BROKER) as broker, opened(tmp_path, WEB) as web:
        asyncio.run(main(broker, web))


def test_closed_stores_are_not_known(tmp_path: Path) -> None:
    async def main(broker: Stores) -> None:
        looker = Looker(broker)
        await looker.look()
        assert looker.known() == Standing(None, revoked=False)
        broker.close()
        assert looker.known() is None

    with opened(tmp_path, BROKER) as broker:
        asyncio.run(main(broker))


def test_what_ends_is_told_to_those_that_were_known(tmp_path: Path) -> None:
    async def main(broker: Stores, web: Stores) -> None:
        web.registry.claim(PLAYER)
        looker = Looker(broker)
        await looker.look()
        # a client connects by this; then its player is forgotten, and it tries again
        assert looker.known()
        web.registry.forget(PLAYER)
        assert looker.known() is None
        looker.ask()
        await looker.look()
        assert looker.told == {PLAYER: None}

    with opened(tmp_path, BROKER) as broker, opened(tmp_path, WEB) as web:
        asyncio.run(main(broker, web))
