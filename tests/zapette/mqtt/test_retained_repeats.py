"""Retained messages that are acknowledged late, by a Mosquitto that stood still meanwhile."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator

import pytest
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from tests.programs.mosquitto import Mosquitto
from zapette.mqtt.executor import ThreadExecutor
from zapette.mqtt.network_connection import NetworkConnection
from zapette.mqtt.publish_socket import PublishClient
from zapette.mqtt.retained_repeats import DOUBTFUL
from zapette.mqtt.subscriptions import Message

V3, V5 = MQTTProtocolVersion.MQTTv311, MQTTProtocolVersion.MQTTv5


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    running = Mosquitto(tmp_path_factory.mktemp("still")).start()
    yield running
    running.stop()


async def heard(broker: Mosquitto, version: MQTTProtocolVersion, *payloads: bytes) -> list[bytes]:
    """Publish retained messages while the broker stands still; return what arrives afterwards."""
    received: asyncio.Queue[Message] = asyncio.Queue()
    topic = f"lamp/{version.name}"
    mqtt = PublishClient(
        CallbackAPIVersion.VERSION2,
        "lamp",
        clean_session=True if version == V3 else None,
        protocol=version,
    )
    connection = NetworkConnection(mqtt, asyncio.get_running_loop(), received.put_nowait)
    threads = ThreadExecutor("still")
    try:
        await connection.open(broker.host, broker.port, 30, threads)
        await connection.accepted
        assert await connection.subscribe(topic, 1)
        assert broker.process is not None
        broker.process.send_signal(signal.SIGSTOP)
        try:
            for payload in payloads:
                connection.publish(topic, payload, qos=1, retain=True)
            # time passes: that is the case
            await asyncio.sleep(DOUBTFUL)
        finally:
            broker.process.send_signal(signal.SIGCONT)
        connection.publish(topic, b"last", qos=1)
        arrived = [(await received.get()).payload for _ in (*payloads, "last")]
        # what was acknowledged is repeated before anything else is asked
        assert await connection.unsubscribe("nothing")
        assert await connection.unsubscribe("nothing")
        while not received.empty():
            arrived.append(received.get_nowait().payload)
        return arrived
    finally:
        connection.abort("")
        threads.stop()


def test_the_last_one_is_published_again(broker: Mosquitto) -> None:
    arrived = asyncio.run(asyncio.wait_for(heard(broker, V3, b"off", b"on"), 30))
    assert arrived[:3] == [b"off", b"on", b"last"]
    assert set(arrived[3:]) == {b"on"}


def test_nothing_is_repeated_with_mqtt_5(broker: Mosquitto) -> None:
    arrived = asyncio.run(asyncio.wait_for(heard(broker, V5, b"on"), 30))
    assert arrived == [b"on", b"last"]
