"""A broker whose store has no room: it goes on, promises nothing, and says so."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.broker.servers import Running, config, run_ours
from tests.conformance.wire.answers import PubAck
from tests.conformance.wire.encodings import Version
from tests.conformance.wire.packets import publish
from tests.conformance.wire.properties import Property
from tests.waiting import HANG_TIMEOUT, eventually
from zapette_broker.storage.store_errors import StoreFull

LARGE = bytes(50_000)
SESSION = ((Property.SESSION_EXPIRY, 600),)


@contextmanager
def full(running: Running) -> Iterator[None]:
    """Let the store take no further page while the block runs, as a full disk does."""
    database = running.broker._store._database  # type: ignore[attr-defined]
    connection = database._connection
    assert connection is not None
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")
    try:
        yield
    finally:
        connection.execute("PRAGMA max_page_count = 1000000")


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    with run_ours(config(), store=tmp_path / "store.db") as broker:
        yield broker


def is_stored(running: Running) -> bool:
    try:
        running.broker.check_store()
    except StoreFull:
        return False
    return True


@pytest.mark.parametrize("qos", [1, 2])
def test_what_cannot_be_stored_is_refused(running: Running, qos: int) -> None:
    client = running.connect("client", Version.V5)
    client.publish("kept/before", b"1", qos=qos, retain=True)
    with full(running):
        for number in range(3):
            answer = client.publish(f"kept/{number}", LARGE, qos=qos, retain=True)
            assert answer is not None
            assert answer.code == 0x97
        assert not is_stored(running)
    # it is tried again and again, so that nobody has to do anything
    eventually(lambda: is_stored(running), "it has room again")
    answer = client.publish("kept/after", b"2", qos=qos, retain=True)
    assert answer is not None
    assert answer.code in {0, 0x10}


def test_a_client_of_3_1_1_waits_until_it_is_stored(running: Running) -> None:
    client = running.connect("client", Version.V311)
    with full(running):
        client.send(publish("kept/x", LARGE, version=Version.V311, qos=1, retain=True, packet_id=7))
        # it is alive meanwhile
        client.ping()
        eventually(lambda: not is_stored(running), "a commit fails")
    assert client.expect(PubAck, timeout=HANG_TIMEOUT).packet_id == 7


def test_clients_still_come_and_subscribe(running: Running) -> None:
    first = running.connect("first", Version.V5)
    with full(running):
        first.publish("kept/x", LARGE, qos=1, retain=True)
        client = running.connect("second", Version.V5, clean=False, properties=SESSION)
        client.subscribe("news/#", qos=1)
        first.publish("news/1", b"hello")
        assert client.message().payload == b"hello"
        client.unsubscribe("news/#")


def test_what_was_acknowledged_is_there_afterwards(tmp_path: Path) -> None:
    store = tmp_path / "store.db"
    kept: set[str] = set()
    with run_ours(config(), store=store) as running:
        client = running.connect("client", Version.V5)
        for number in range(1, 30):
            with full(running) if number % 10 == 5 else nullcontext():
                answer = client.publish(f"kept/{number}", LARGE[: number * 99], qos=1, retain=True)
            if answer is not None and answer.code < 0x80:
                kept.add(f"kept/{number}")
    assert len(kept) >= 20
    with run_ours(config(), store=store) as running:
        client = running.connect("client", Version.V5)
        client.subscribe("kept/#")
        retained = running.call(lambda: len(list(running.broker._core.retention.match("kept/#"))))
        found = {message.topic for message in client.messages(retained)}
    assert found >= kept


def test_a_full_disk_is_named_until_there_is_room(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was refused is dropped: the little that is left may fit, as on a disk that is full."""
    client = running.connect("client", Version.V5)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=4096))
    with full(running):
        answer = client.publish("kept/large", LARGE, qos=1, retain=True)
        assert answer is not None
        assert answer.code == 0x97
    small = client.publish("kept/small", b"1", qos=1, retain=True)
    assert small is not None
    assert small.code in {0, 0x10}
    assert not is_stored(running)
    monkeypatch.undo()
    assert is_stored(running)
