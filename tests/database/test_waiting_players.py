"""Pages that wait to be let in: all web sides of one database have the same."""

from __future__ import annotations

import pytest

from tests.database.conftest import Place, opened
from zapette_server.postgresql.database import Database
from zapette_server.postgresql.schema import VERSION
from zapette_server.storage.tables.waiting_players import TABLE
from zapette_webapp.access.players.admission import LIFETIME, MOST_OF_CLIENT, Admission
from zapette_webapp.errors import TooManyWaiting

PLAYER = "a" * 32


def test_what_waits_at_one_waits_at_the_other(place: Place) -> None:
    one, other = (Admission(opened(place, TABLE)) for _ in range(2))
    code, left = one.wait(PLAYER, "client", "192.0.2.1", "TV")
    assert 0 < left <= LIFETIME
    assert other.wait(PLAYER, "client", "192.0.2.1", "TV")[0] == code
    for number in range(1, MOST_OF_CLIENT):
        other.wait(f"{number:032x}", "client", "", "")
    with pytest.raises(TooManyWaiting):
        one.wait("f" * 32, "client", "", "")
    assert "192.0.2.1" in {it.address for it in other.all()}
    taken = other.take(code)
    assert taken is not None
    assert taken.player_id == PLAYER
    assert one.take(code) is None
    assert len(one.all()) == MOST_OF_CLIENT - 1


@pytest.mark.slow
def test_a_database_of_the_version_before_gets_the_table(database_url: str) -> None:
    before = Database(database_url)
    before.write("DROP TABLE waiting_players")
    before.write("UPDATE zapette_schema SET version = 1")
    before.close()
    after = Database(database_url)
    try:
        assert after.read("SELECT version FROM zapette_schema") == [(VERSION,)]
        assert Admission(after).all() == []
    finally:
        after.close()
