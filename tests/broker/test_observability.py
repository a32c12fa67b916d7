"""What the broker tells: $SYS, counters, log lines."""

from __future__ import annotations

import json
import logging
import re

import pytest

from tests.broker.servers import ANONYMOUS, Running, config, run_ours
from tests.conformance.wire.encodings import Version
from tests.conformance.wire.packets import publish
from tests.waiting import HANG_TIMEOUT, eventually
from zapette_broker import Limits

FAST = Limits(sys_interval=0.2)

MOSQUITTO = (
    "bytes/received",
    "bytes/sent",
    "clients/active",
    "clients/connected",
    "clients/disconnected",
    "clients/expired",
    "clients/inactive",
    "clients/maximum",
    "clients/total",
    "heap/current",
    "heap/maximum",
    "load/bytes/received/1min",
    "load/bytes/received/5min",
    "load/bytes/received/15min",
    "load/bytes/sent/1min",
    "load/connections/1min",
    "load/messages/received/1min",
    "load/messages/sent/1min",
    "load/publish/dropped/1min",
    "load/publish/received/1min",
    "load/publish/sent/1min",
    "load/sockets/1min",
    "messages/received",
    "messages/sent",
    "messages/stored",
    "publish/bytes/received",
    "publish/bytes/sent",
    "publish/messages/dropped",
    "publish/messages/received",
    "publish/messages/sent",
    "retained messages/count",
    "shared_subscriptions/count",
    "store/messages/bytes",
    "store/messages/count",
    "subscriptions/count",
    "uptime",
    "version",
)


def sys_topics(running: Running) -> dict[str, bytes]:
    """Return what is retained under $SYS/broker."""
    client = running.connect("looks", Version.V5)
    client.subscribe("$SYS/broker/#")
    found: dict[str, bytes] = {}
    wanted = {f"$SYS/broker/{name}" for name in (*MOSQUITTO, "metrics")}
    while not wanted <= found.keys():
        message = client.message()
        found[message.topic] = message.payload
    client.close()  # not politely: the next figures may be under way
    return found


def test_the_names_are_those_of_mosquitto() -> None:
    with run_ours(limits=FAST) as running:
        client = running.connect("c")
        client.subscribe("t", "$share/g/s")
        client.publish("t", b"x")
        client.message()
        client.publish("kept", b"y", retain=True)
        eventually(
            lambda: b'"publish_received": 2' in sys_topics(running)["$SYS/broker/metrics"], ""
        )
        found = sys_topics(running)
    assert re.fullmatch(rb"\d+ seconds", found["$SYS/broker/uptime"])
    assert int(found["$SYS/broker/publish/messages/received"]) == 2
    assert int(found["$SYS/broker/shared_subscriptions/count"]) == 1
    assert int(found["$SYS/broker/heap/current"]) > 1_000_000
    assert float(found["$SYS/broker/load/connections/1min"]) > 0
    metrics = json.loads(found["$SYS/broker/metrics"])
    assert metrics["connects_accepted"] >= 2
    assert metrics["retained"] > 30


def test_sys_topics_come_only_to_who_asks_for_them() -> None:
    with run_ours(limits=FAST) as running:
        curious = running.connect("curious")
        curious.subscribe("#", "+/broker/uptime", "+/#")
        asked = running.connect("asked")
        asked.subscribe("$SYS/broker/uptime")
        for _ in range(2):
            asked.message()
        curious.silence()


def test_they_can_be_turned_off() -> None:
    with run_ours(limits=Limits(sys_interval=0)) as running:
        assert not running.call(lambda: running.broker.retained_messages)


def test_counters_for_the_embedding_program() -> None:
    with run_ours() as running:
        client = running.connect("c")
        client.subscribe("a", "b/#")
        counters = running.call(lambda: running.broker.counters)
        assert counters["subscriptions"] == 2
        assert counters["clients_connected"] == 1
        assert all(isinstance(value, int) for value in counters.values())


@pytest.mark.parametrize("version", list(Version))
def test_one_line_for_each_event_of_a_connection(
    version: Version, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "broker")
    secret = f"player-{'ab' * 16}"
    with run_ours() as running:
        client = running.connect(secret, version, username="user", password=b"hunter2")
        client.silence()
        client.leave()
        eventually(lambda: "event=disconnected" in caplog.text, "it is logged")
    lines = [r.getMessage() for r in caplog.records if "peer=127.0.0.1" in r.getMessage()]
    assert len(lines) == 2
    number = "5" if version is Version.V5 else "3.1.1"
    assert re.fullmatch(
        rf"event=connected peer=127\.0\.0\.1 listener=default transport=tcp client=\w{{10}}"
        rf" protocol={number} keep_alive=60 session=new expiry=0 will=no",
        lines[0],
    )
    assert lines[1].endswith("reason='disconnected by the client'")
    assert secret not in caplog.text
    assert "hunter2" not in caplog.text


def test_a_probe_of_the_port_is_not_worth_a_line(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "broker")
    with run_ours() as running:
        for _ in range(3):
            running.open().close()
        bad = running.open()
        bad.send(b"GET / HTTP/1.1\r\n\r\n")
        bad.end(timeout=HANG_TIMEOUT)
        eventually(lambda: "not CONNECT" in caplog.text, "the other one is")
    assert caplog.text.count("event=not_connected") == 1


def test_denials_are_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "broker")
    access = "amqtt.plugins.topic_checking.TopicTabooPlugin"
    with run_ours(config(plugins={ANONYMOUS: {}, access: {}})) as running:
        client = running.connect("c", Version.V5)
        for _ in range(5):
            client.send(publish("prohibited", b"x", version=Version.V5))
        client.silence()
        assert running.broker.metrics.publish_denied == 5
    assert caplog.text.count("event=publish_denied") == 1


def test_nothing_is_put_into_words_when_debugging_is_off() -> None:
    """No log call of the hot path makes a record that nobody wants."""
    made = []

    class Counting(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            made.append(record)

    logger = logging.getLogger("broker")
    handler = Counting()
    logger.addHandler(handler)
    try:
        with run_ours() as running:
            client = running.connect("c")
            client.subscribe("t")
            logger.setLevel(logging.WARNING)
            made.clear()
            for _ in range(50):
                client.publish("t", b"x")
                client.message()
            assert not made
    finally:
        logger.setLevel(logging.NOTSET)
        logger.removeHandler(handler)
