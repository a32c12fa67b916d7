"""Who is at home: a client of the home's broker that notes all it gets, and may ask."""

from __future__ import annotations

import json
import threading
from typing import Any, Self

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from tests.waiting import eventually
from zapette.mqtt.url import BrokerUrl


class Listener:
    """A plain MQTT client.

    Attributes:
        messages: topic, payload and retain flag of each message, in order.
    """

    def __init__(
        self,
        url: BrokerUrl,
        topic_filter: str = "#",
        version: MQTTProtocolVersion = MQTTProtocolVersion.MQTTv5,
    ) -> None:
        self.messages: list[tuple[str, bytes, bool]] = []
        self._filter = topic_filter
        self._subscribed = threading.Event()
        self.mqtt = paho.Client(CallbackAPIVersion.VERSION2, protocol=version)
        if url.username is not None:
            self.mqtt.username_pw_set(url.username, url.password)
        self.mqtt.reconnect_delay_set(1, 1)
        self.mqtt.on_message = lambda _c, _u, it: self.messages.append(
            (it.topic, bytes(it.payload), it.retain)
        )
        self.mqtt.on_connect = self._on_connect
        self.mqtt.on_subscribe = lambda *_: self._subscribed.set()
        self.mqtt.on_disconnect = lambda *_: self._subscribed.clear()
        self._url = url

    def __enter__(self) -> Self:
        self.mqtt.connect(self._url.host, self._url.port)
        self.mqtt.loop_start()
        eventually(self._subscribed.is_set, "the listener listens")
        return self

    def __exit__(self, *_: object) -> None:
        self.mqtt.disconnect()
        self.mqtt.loop_stop()

    def _on_connect(self, *_: object) -> None:
        self.mqtt.subscribe(self._filter, 1)

    @property
    def is_subscribed(self) -> bool:
        return self._subscribed.is_set()

    def on(self, topic: str) -> list[bytes]:
        """Return what came on a topic."""
        return [payload for name, payload, _ in list(self.messages) if name == topic]

    def last(self, topic: str) -> bytes:
        """Return what came last on a topic; b"" if nothing did."""
        return (self.on(topic) or [b""])[-1]

    def last_state(self, topic: str) -> dict[str, Any]:
        payload = self.last(topic)
        return json.loads(payload) if payload else {}

    def publish(self, topic: str, payload: bytes | str, *, retain: bool = False) -> None:
        self.mqtt.publish(topic, payload, 1, retain).wait_for_publish(10)


def retained(url: BrokerUrl, topic_filter: str = "#") -> dict[str, bytes]:
    """Return what a broker has retained, as a new client finds it."""
    with Listener(url, topic_filter) as listener:
        done = f"zapette/done/{id(listener)}"
        # the broker answers in order: what it has retained is here before this
        listener.mqtt.subscribe(done, 1)
        listener.publish(done, b"x")
        eventually(lambda: listener.on(done), "the broker has told what it has")
        return {topic: payload for topic, payload, is_retained in listener.messages if is_retained}
