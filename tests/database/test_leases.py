"""Leases: one holder at a time, by the database's clock."""

from __future__ import annotations

import threading

import pytest

from tests.database.conftest import Place, opened
from tests.waiting import eventually
from zapette_server.storage.tables.leases import TABLE, Leases


def test_one_holds_it_until_it_ends(place: Place) -> None:
    one, other = (Leases(opened(place, TABLE), name) for name in ("one", "other"))
    assert one.take("sweep", 60)
    assert not other.take("sweep", 60)
    assert other.take("another", 60)
    assert (other.holder("sweep"), other.holder("unknown")) == ("one", None)
    assert one.take("sweep", 0.2)
    eventually(lambda: other.take("sweep", 60), "it has ended by itself")
    assert not one.take("sweep", 60)
    one.release("sweep")
    assert other.holder("sweep") == "other"
    other.release("sweep")
    assert one.take("sweep", 60)
    assert one.holder("sweep") == "one"


@pytest.mark.slow
def test_of_many_at_once_one_gets_it(place: Place) -> None:
    rivals = [Leases(opened(place, TABLE)) for _ in range(6)]
    together = threading.Barrier(len(rivals))
    taken: list[tuple[int, str]] = []

    def rival(lease: Leases) -> None:
        for number in range(10):
            together.wait(30)
            if lease.take(str(number), 60):
                taken.append((number, lease.owner))

    threads = [threading.Thread(target=rival, args=(it,)) for it in rivals]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(number for number, _ in taken) == list(range(10))
