"""A broker whose store is damaged: put aside, and begun again with what can be read of it."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from tests.broker.servers import config, run_ours
from tests.conformance.wire.encodings import Version
from tests.conformance.wire.properties import Property
from tests.waiting import eventually

SESSION = ((Property.SESSION_EXPIRY, 600),)
MANY = 200


def payload(number: int) -> bytes:
    return random.Random(number).randbytes(500)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A store with retained messages, a session, and a message that waits for it."""
    path = tmp_path / "left.db"
    with run_ours(config(), store=path) as running:
        client = running.connect("client", Version.V5)
        for number in range(MANY):
            client.publish(f"topic/{number}", payload(number), qos=1, retain=True)
        away = running.connect("away", Version.V5, clean=False, properties=SESSION)
        away.subscribe("news/#", qos=1)
        away.leave()
        client.publish("news/1", b"waits", qos=1)
    return path


@pytest.mark.parametrize("seed", range(12))
def test_what_can_be_read_is_kept(file: Path, seed: int) -> None:
    chance = random.Random(seed)
    size = file.stat().st_size
    start = 0 if seed == 0 else chance.randrange(size)
    length = size if seed == 1 else chance.choice([100, 4096, 20_000])
    with file.open("r+b") as stream:
        stream.seek(start)
        stream.write(chance.randbytes(min(length, size - start)))
    noise = file.read_bytes()
    with run_ours(config(), store=file, repair_store=True) as running:
        retained = running.call(lambda: len(list(running.broker._core.retention.match("topic/#"))))
        client = running.connect("client", Version.V5)
        client.subscribe("topic/#")
        for message in client.messages(retained):
            assert message.payload == payload(int(message.topic.partition("/")[2]))
        client.publish("topic/1", payload(1), qos=1, retain=True)
    for aside in file.parent.glob("left.db.damaged-*"):
        assert aside.read_bytes() == noise
    # and what was begun again is whole
    with run_ours(config(), store=file):
        pass


@pytest.mark.parametrize("length", [1, 50, 100, 4096, 20_000])
def test_a_file_that_was_cut_off(file: Path, length: int) -> None:
    os.truncate(file, length)
    with run_ours(config(), store=file, repair_store=True) as running:
        running.connect("client", Version.V5).publish("a", b"b", qos=1, retain=True)


def test_noise_at_run_time_is_told(file: Path) -> None:
    with run_ours(config(), store=file) as running:
        found: list[Exception] = []
        running.broker.on_store_damaged = found.append
        client = running.connect("client", Version.V5)
        with file.open("r+b") as stream:
            stream.write(random.Random(1).randbytes(file.stat().st_size))

        def refused() -> bool:
            number = random.randrange(MANY)
            answer = client.publish(f"topic/{number}", os.urandom(9000), qos=1, retain=True)
            return answer is not None and answer.code == 0x80

        eventually(refused, "it is refused", timeout=30, every=0)
        assert "damaged" in str(found[0])
        assert "restore a backup" in str(found[0])
