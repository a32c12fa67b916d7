"""What was acknowledged survives the death of the broker at any moment."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from tests.broker.reliable_clients import Reader, Writer
from tests.broker.servers import Process, config, run_ours, run_process
from tests.conformance.client import Client
from tests.conformance.wire.answers import ConnAck, PubComp, PubRec, PubRel
from tests.conformance.wire.encodings import Type, Version
from tests.conformance.wire.packets import Connect, Will, acknowledgement, publish
from tests.conformance.wire.properties import Property
from tests.programs.ports import free_port
from tests.waiting import HANG_TIMEOUT, SLACK, eventually
from zapette_broker import StoreError

pytestmark = pytest.mark.slow
KILLS = int(os.environ.get("BROKER_KILLS", "5"))
Start = Callable[..., Process]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a broker on the same store each time; `kill` ends it as a crash would."""
    port = free_port()
    with ExitStack() as stack:
        yield lambda **limits: stack.enter_context(
            run_process("ours", tmp_path, port=port, store="store.db", limits=limits)
        )


def kill(running: Process) -> None:
    running.close_clients()
    running.process.send_signal(signal.SIGKILL)
    running.process.wait()


def persist(running: Process, client_id: str, version: Version = Version.V5) -> Client:
    properties = ((Property.SESSION_EXPIRY, 600),) if version is Version.V5 else ()
    return running.connect(client_id, version, clean=False, properties=properties)


@pytest.mark.parametrize("version", list(Version))
def test_retained_messages_survive(start: Start, version: Version) -> None:
    running = start()
    client = running.connect("client", version)
    client.publish("a/kept", b"1", qos=1, retain=True)
    client.publish("a/changed", b"old", qos=1, retain=True)
    client.publish("a/changed", b"new", qos=2, retain=True)
    client.publish("a/cleared", b"x", qos=1, retain=True)
    client.publish("a/cleared", b"", qos=1, retain=True)
    kill(running)
    client = start().connect("client", version)
    client.subscribe("a/#", qos=2)
    found = {message.topic: message.payload for message in client.messages(2)}
    assert found == {"a/kept": b"1", "a/changed": b"new"}
    client.silence()


def test_properties_of_messages_survive(start: Start) -> None:
    running = start()
    properties = (
        (Property.RESPONSE_TOPIC, "answers/here"),
        (Property.CORRELATION_DATA, b"\x00\xff"),
        (Property.CONTENT_TYPE, "text/plain"),
        (Property.USER_PROPERTY, ("name", "value")),
    )
    running.connect("client", Version.V5).publish(
        "kept", b"x", qos=1, retain=True, properties=properties
    )
    kill(running)
    client = start().connect("client", Version.V5)
    client.subscribe("kept")
    assert set(properties) <= set(client.message().properties)


@pytest.mark.parametrize("version", list(Version))
@pytest.mark.parametrize("qos", [1, 2])
def test_sessions_survive_with_what_waits(start: Start, version: Version, qos: int) -> None:
    running = start()
    reader = persist(running, "reader", version)
    reader.subscribe("t/#", qos=qos)
    reader.subscribe("gone", qos=qos)
    reader.unsubscribe("gone")
    reader.leave()
    writer = running.connect("writer", version)
    for payload in (b"1", b"2", b"3"):
        writer.publish("t/x", payload, qos=qos)
    writer.publish("gone", b"x", qos=qos)
    kill(running)
    running = start()
    reader = persist(running, "reader", version)
    assert reader.connack is not None
    assert reader.connack.session_present
    assert [message.payload for message in reader.messages(3)] == [b"1", b"2", b"3"]
    running.connect("writer", version).publish("t/y", b"4", qos=qos)
    assert reader.message().payload == b"4"
    reader.silence()


def test_what_was_under_way_comes_again_as_it_was(start: Start) -> None:
    running = start()
    reader = persist(running, "reader")
    reader.subscribe("t", qos=2)
    writer = running.connect("writer", Version.V5)
    for payload in (b"released", b"sent"):
        writer.publish("t", payload, qos=2)
    released, sent = reader.expect_publish(), reader.expect_publish()
    reader.send(acknowledgement(Type.PUBREC, released.packet_id))
    assert reader.expect(PubRel).packet_id == released.packet_id
    kill(running)
    reader = persist(start(), "reader")
    assert reader.expect(PubRel).packet_id == released.packet_id
    again = reader.expect_publish()
    assert (again.packet_id, again.payload, again.dup) == (sent.packet_id, b"sent", True)


def test_a_qos_2_message_that_came_in_is_not_routed_twice(start: Start) -> None:
    running = start()
    reader = persist(running, "reader")
    reader.subscribe("t", qos=2)
    writer = persist(running, "writer")
    once = publish("t", b"once", version=Version.V5, qos=2, packet_id=7)
    writer.send(once)
    assert writer.expect(PubRec).packet_id == 7
    kill(running)
    running = start()
    writer = persist(running, "writer")
    writer.send(bytes((once[0] | 8,)) + once[1:])
    assert writer.expect(PubRec).packet_id == 7
    writer.send(acknowledgement(Type.PUBREL, 7))
    assert writer.expect(PubComp).code == 0
    reader = persist(running, "reader")
    assert reader.message().payload == b"once"
    reader.silence()


def test_sessions_that_end_leave_nothing(start: Start, tmp_path: Path) -> None:
    running = start()
    reader = persist(running, "reader")
    reader.subscribe("t", qos=2)
    reader.leave()
    writer = running.connect("writer", Version.V5)
    writer.publish("t", b"x", qos=2)
    running.connect("reader", Version.V5, clean=True).leave()
    writer.publish("t", b"x", qos=2)
    kill(running)
    with sqlite3.connect(tmp_path / "store.db") as database:
        for table in ("sessions", "subscriptions", "messages", "outgoing", "received"):
            assert database.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,), table
    database.close()


def test_wills_survive(start: Start) -> None:
    running = start()
    for name in ("lost", "back"):
        running.connect(name, Version.V5, will=Will(f"will/{name}", b"offline", qos=1, retain=True))
    running.connect("left", Version.V5, will=Will("will/left", b"offline", retain=True)).leave()
    # no answer tells when a will is stored; but all is in its order, and this one has an answer
    running.connect("fence", Version.V5).publish("fence", b"x", qos=1, retain=True)
    kill(running)
    # as long as a busy machine may need until the one that comes back has done so
    running = start(restart_will_delay=SLACK)
    running.connect("back", Version.V5)
    watcher = running.connect("watcher", Version.V5)
    watcher.subscribe("will/#")
    assert watcher.message(2 * SLACK + watcher.patience).topic == "will/lost"
    watcher.silence()


def test_nothing_is_lost_and_nothing_comes_twice(start: Start) -> None:
    """Kill the broker again and again while messages flow between two sessions."""
    running = start()
    reader = Reader("reader", running.port, "numbers")
    writer = Writer("writer", running.port, "numbers")
    chance = random.Random(7)
    try:
        reader.start()
        assert reader.ready.wait(HANG_TIMEOUT)
        writer.start()
        for _ in range(KILLS):
            enough = len(reader.received) + chance.randrange(1, 300)
            eventually(partial(reader.has, enough), "messages flow", 20)
            kill(running)
            running = start()
        writer.paused.set()
        eventually(lambda: writer.done, "all are acknowledged", 20)
        expected = {(1 + number % 2, number) for number in range(writer.sent)}
        eventually(lambda: expected <= reader.received.keys(), "all have come", 20)
    finally:
        writer.stop()
        reader.stop()
    twice = [key for key, count in reader.received.items() if key[0] == 2 and count > 1]
    assert not twice


def test_nothing_comes_before_connack(tmp_path: Path) -> None:
    """A connection taken over before its session is stored ends without a word [MQTT-3.2.0-1]."""
    with run_ours(config(), store=tmp_path / "store.db") as running:
        expiry = ((Property.SESSION_EXPIRY, 600),)
        first, second = running.open(Version.V5), running.open(Version.V5)

        def both() -> None:
            for client in (first, second):
                client.send(Connect("same", Version.V5, properties=expiry).encode())
            # in the event loop: it finds both at once
            for client in (first, second):
                client.stream.wait_until_arrived()

        running.call(both)
        answers = {type(client.receive_any()) for client in (first, second)}
        assert answers == {type(None), ConnAck}


# The file itself


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A store that a broker has left, with many messages in it."""
    path = tmp_path / "left.db"
    with run_ours(config(), store=path) as running:
        client = running.connect("client", Version.V5)
        for number in range(200):
            client.publish(f"topic/{number}", os.urandom(500), qos=1, retain=True)
    return path


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def refused(path: Path) -> str:
    """Start a broker on the file and return why it refuses; the folder must stay as it was."""
    before = files(path.parent)
    with pytest.raises(StoreError) as caught, run_ours(config(), store=path):
        pass
    assert files(path.parent) == before
    return str(caught.value)


def test_a_stored_file_is_taken_up(file: Path) -> None:
    with run_ours(config(), store=file) as running:
        client = running.connect("client", Version.V5)
        client.subscribe("topic/#")
        assert len(client.messages(200)) == 200


def test_garbage_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "garbage.db"
    path.write_bytes(os.urandom(5000))
    assert "damaged" in refused(path)


def test_a_cut_off_file_is_refused(file: Path) -> None:
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    assert "damaged" in refused(file)


@pytest.mark.parametrize("seed", range(12))
def test_changed_bytes_are_refused(file: Path, seed: int) -> None:
    whole = bytearray(file.read_bytes())
    chance = random.Random(seed)
    at = chance.randrange(4096, len(whole) - 300)
    changed = bytes(byte ^ 0xFF for byte in whole[at : at + 300])
    whole[at : at + 300] = changed
    file.write_bytes(whole)
    try:
        assert "damaged" in refused(file)
    except pytest.fail.Exception:
        # Nothing refused: then the bytes were in no use, and all that was stored is there.
        with run_ours(config(), store=file) as running:
            client = running.connect("client", Version.V5)
            client.subscribe("topic/#")
            assert len(client.messages(200)) == 200


def test_a_newer_file_is_refused(file: Path) -> None:
    with sqlite3.connect(file) as database:
        database.execute("PRAGMA user_version = 99")
    database.close()
    assert "newer" in refused(file)


def test_a_file_of_another_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE notes (text TEXT)")
    database.close()
    assert "another program" in refused(path)


def test_two_brokers_do_not_share_a_file(file: Path) -> None:
    with (
        run_ours(config(), store=file),
        pytest.raises(StoreError, match="another broker"),
        run_ours(config(), store=file),
    ):
        pass


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="nowhere"), run_ours(store=tmp_path / "nowhere" / "s.db"):
        pass


def test_the_file_is_only_for_its_owner(file: Path) -> None:
    assert file.stat().st_mode & 0o077 == 0


def test_running_alone_says_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "broker.yaml").write_text("store: broken.db\nlisteners: {default: {bind: ':0'}}\n")
    (tmp_path / "broken.db").write_bytes(b"x" * 500)
    command = [sys.executable, "-m", "broker", "-c", str(tmp_path / "broker.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20)
    assert done.returncode == 2
    assert "broken.db: damaged" in done.stderr
    assert "Traceback" not in done.stderr
