"""One client's protocol: bytes are fed to it, and looked at, without a socket or an event loop."""

from __future__ import annotations

import time

import pytest

from tests.broker.desk import Desk
from tests.conformance.wire.encodings import Type, Version
from tests.conformance.wire.packets import Connect, Will, disconnect, publish, subscribe
from zapette_broker.codec.reasons import Reason
from zapette_broker.connection.connection import Connection
from zapette_broker.limits import Limits
from zapette_broker.message import V5, Message

PINGREQ = b"\xc0\x00"
PINGRESP = b"\xd0\x00"


def is_over(connection: Connection) -> bool:
    return connection.over


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_connect_ping_disconnect(desk: Desk) -> None:
    connection, recorder = desk.open()
    desk.feed(connection, Connect("a", Version.V311).encode())
    assert recorder.take() == b"\x20\x02\x00\x00"
    assert recorder.events == ["known reserve=True"]
    assert not is_over(connection)
    desk.feed(connection, PINGREQ * 3)
    assert recorder.take() == PINGRESP * 3
    desk.feed(connection, disconnect())
    assert recorder.take() == b""
    assert recorder.events[1:] == ["close"]
    assert is_over(connection)
    assert desk.core.sessions.by_client_id == {}


def test_a_byte_at_a_time(desk: Desk) -> None:
    connection, recorder = desk.open()
    for byte in Connect("a", Version.V311).encode() + PINGREQ:
        desk.feed(connection, bytes([byte]))
    assert recorder.take() == b"\x20\x02\x00\x00" + PINGRESP


def test_one_write_for_all_of_a_turn(desk: Desk) -> None:
    connection, recorder = desk.connect("a")
    connection.feed(PINGREQ * 5)
    assert recorder.take() == b""
    desk.feed(connection, b"")
    assert recorder.take() == PINGRESP * 5


def test_a_message_goes_to_its_subscriber(desk: Desk) -> None:
    reader, to_reader = desk.connect("reader")
    writer, to_writer = desk.connect("writer")
    desk.feed(reader, subscribe(7, ("open/+", 1), version=Version.V5))
    assert to_reader.take() == b"\x90\x04\x00\x07\x00\x01"
    desk.feed(writer, publish("open/door", b"!", version=Version.V5))
    assert to_reader.take() == publish("open/door", b"!", version=Version.V5)
    desk.feed(writer, publish("open/door", b"?", qos=1, packet_id=9, version=Version.V5))
    assert to_reader.take() == publish("open/door", b"?", qos=1, packet_id=1, version=Version.V5)
    assert to_writer.take() == b"\x40\x02\x00\x09"


@pytest.mark.parametrize("revoked", [False, True])
def test_a_share_keeps_what_a_member_that_leaves_has_not_acknowledged(
    desk: Desk, revoked: bool
) -> None:
    first, to_first = desk.connect("first")
    writer, _ = desk.connect("writer")
    desk.feed(first, subscribe(1, ("$share/g/open/+", 2), version=Version.V5))
    to_first.take()
    sent = [
        publish("open/door", payload, qos=qos, packet_id=number, version=Version.V5)
        for number, (payload, qos) in enumerate([(b"a", 1), (b"b", 2), (b"c", 1), (b"d", 1)], 1)
    ]
    desk.feed(writer, b"".join(sent))
    assert to_first.take() == b"".join(sent)
    desk.feed(first, b"\x40\x02\x00\x03")
    second, to_second = desk.connect("second")
    desk.feed(second, subscribe(1, ("$share/g/open/+", 1), version=Version.V5))
    to_second.take()
    if revoked:
        desk.core.sessions.discard(lambda it: it.client_id == "first", "revoked")
    else:
        first.lost(None)
    desk.feed(second, b"")
    # neither what was acknowledged nor QoS 2, which would come twice [MQTT-4.8.2-5]
    assert to_second.take() == b"".join(
        publish("open/door", payload, qos=1, packet_id=number, version=Version.V5)
        for number, payload in ((1, b"a"), (2, b"d"))
    )
    second.lost(None)
    assert desk.core.budgets.whole.queued_bytes == 0


def test_what_is_not_permitted_reaches_nobody(desk: Desk) -> None:
    reader, to_reader = desk.connect("reader")
    writer, to_writer = desk.connect("writer")
    desk.feed(reader, subscribe(1, ("open/#", 0), ("shut/#", 0), version=Version.V5))
    assert to_reader.take() == bytes((0x90, 5, 0, 1, 0, 0, Reason.NOT_AUTHORIZED))
    desk.feed(writer, publish("shut/door", b"!", qos=1, packet_id=2, version=Version.V5))
    assert to_writer.take() == bytes((0x40, 3, 0, 2, Reason.NOT_AUTHORIZED))
    assert to_reader.take() == b""
    assert desk.metrics.publish_denied == 1


def test_a_broken_rule_ends_the_connection_and_publishes_the_will(desk: Desk) -> None:
    reader, to_reader = desk.connect("reader")
    desk.feed(reader, subscribe(1, ("open/will", 0), version=Version.V5))
    to_reader.take()
    connection, recorder = desk.connect("a", will=Will("open/will", b"gone"))
    desk.feed(connection, b"\xc1\x00")
    told = recorder.take()
    assert (told[0], told[2]) == (Type.DISCONNECT << 4, Reason.MALFORMED_PACKET)
    assert recorder.events[1:] == ["linger"]
    assert to_reader.take() == publish("open/will", b"gone", version=Version.V5)
    desk.feed(connection, PINGREQ)
    assert recorder.events[-1] == "drop 2"
    assert recorder.take() == b""


def test_silence_ends_the_connection(desk: Desk) -> None:
    connection, recorder = desk.connect("a", keep_alive=10)
    assert connection.on_time(14.9) == 15.0
    assert recorder.take() == b""
    connection.on_time(15.0)
    assert recorder.take()[2] == Reason.KEEP_ALIVE_TIMEOUT
    assert desk.metrics.keep_alive_timeouts == 1


def test_no_more_than_a_turn_is_handled_at_once() -> None:
    desk = Desk(Limits(turn_packets=2))
    connection, recorder = desk.connect("a")
    connection.feed(PINGREQ * 5)
    assert recorder.events[-1] == "pause_reading"
    assert desk.metrics.packets_received == 3  # CONNECT and two of five
    desk.feed(connection, b"")
    assert recorder.take() == PINGRESP * 5
    assert recorder.events[-1] == "resume_reading"


def test_a_client_that_reads_slowly_gets_what_it_missed_later(desk: Desk) -> None:
    reader, to_reader = desk.connect("reader")
    writer, _ = desk.connect("writer")
    desk.feed(reader, subscribe(1, ("open/#", 0), version=Version.V5))
    to_reader.take()
    packet = publish("open/door", b"!", version=Version.V5)
    reader.pause()
    desk.feed(writer, packet * 3)
    assert to_reader.take() == b""
    assert desk.core.budgets.whole.queued_bytes == 3 * Message("open/door", b"!").size
    reader.resume()
    desk.feed(reader, b"")
    assert to_reader.take() == packet * 3
    assert desk.core.budgets.whole.queued_bytes == 0


def test_a_message_of_qos_1_alone_waits_for_a_slow_reader_no_longer_than_needed(
    desk: Desk,
) -> None:
    reader, to_reader = desk.connect("reader")
    writer, _ = desk.connect("writer")
    desk.feed(reader, subscribe(1, ("open/#", 1), version=Version.V5))
    to_reader.take()
    packet = publish("open/door", b"!", qos=1, packet_id=1, version=Version.V5)
    reader.pause()
    desk.feed(writer, packet)
    assert to_reader.take() == b""
    reader.resume()
    desk.feed(reader, b"")
    assert to_reader.take() == packet


def test_many_small_frames_while_nothing_is_read_take_no_time(desk: Desk) -> None:
    """They are in the chunk in which reading was paused, and must not be copied for each."""
    connection, _ = desk.connect("a")
    connection.hold()
    packet = publish("open/door", b"!?", version=Version.V5)
    begun = time.process_time()
    for _ in range(80_000):
        connection.feed(packet)
    assert time.process_time() - begun < 1
    connection.release()
    desk.feed(connection, b"")
    assert desk.metrics.publish_received == 80_000


def test_one_that_asks_and_does_not_read_is_cut_off() -> None:
    desk = Desk(Limits(max_queued_bytes=100))
    connection, recorder = desk.connect("a")
    connection.pause()
    desk.feed(connection, PINGREQ * 50)
    connection.resume()
    connection.pause()
    desk.feed(connection, PINGREQ * 50)
    assert not is_over(connection)
    desk.feed(connection, PINGREQ)
    assert is_over(connection)
    assert recorder.events[-1] == "linger"
    assert desk.metrics.slow_consumers == 1


def test_messages_under_way_are_no_answers() -> None:
    """However large they are, they are sent again when a client returns."""
    desk = Desk(Limits(max_queued_bytes=100))
    reader, to_reader = desk.connect("reader")
    writer, _ = desk.connect("writer")
    desk.feed(reader, subscribe(1, ("open/door", 1), version=Version.V5))
    to_reader.take()
    packet = publish("open/door", bytes(1000), qos=1, packet_id=1, version=Version.V5)
    desk.feed(writer, packet)
    reader.pause()
    reader.resend()
    desk.feed(reader, b"")
    assert len(to_reader.take()) == 2 * len(packet)
    assert not is_over(reader)


def test_the_same_client_id_takes_over(desk: Desk) -> None:
    old, to_old = desk.connect("a")
    new, _ = desk.connect("a")
    assert to_old.take()[2] == Reason.SESSION_TAKEN_OVER
    assert (is_over(old), is_over(new)) == (True, False)
    assert desk.core.sessions.by_client_id["a"].connection is new
    assert new.version == V5
