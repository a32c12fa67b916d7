"""A member of the household who writes down all that is said about one player."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any, Self

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from tests.programs import shared_system
from tests.waiting import eventually
from zapette.mqtt.url import BrokerUrl


@dataclass(frozen=True)
class Said:
    """One message; `at` is in seconds of a clock that never goes back."""

    at: float
    topic: str
    payload: bytes
    retain: bool
    qos: int

    @property
    def json(self) -> Any:
        return json.loads(self.payload)


class Observer:
    """Hears everything below `root`."""

    def __init__(
        self,
        url: BrokerUrl,
        root: str,
        version: MQTTProtocolVersion | None = None,
        qos: int | None = None,
    ) -> None:
        self.root = root
        self.said: list[Said] = []
        self._url = url
        self._subscribed = False
        spoken = version or shared_system.version()
        if qos is None:
            # on MQTT 3.1.1 as pages do: NATS keeps no order between messages of QoS 0 and 1
            qos = 1 if spoken is MQTTProtocolVersion.MQTTv5 else 0
        self._mqtt = paho.Client(
            CallbackAPIVersion.VERSION2, f"observer-{time.monotonic_ns()}", protocol=spoken
        )
        self._mqtt.username_pw_set(url.username, url.password)
        self._mqtt.on_connect = lambda mqtt, *_: mqtt.subscribe(f"{root}/#", qos)
        self._mqtt.on_subscribe = self._on_subscribe
        self._mqtt.on_message = self._on_message

    def __enter__(self) -> Self:
        self._mqtt.connect(self._url.host, self._url.port)
        self._mqtt.loop_start()
        eventually(lambda: self._subscribed, "the observer listens")
        return self

    def __exit__(self, *_: object) -> None:
        self._mqtt.disconnect()
        self._mqtt.loop_stop()

    def on(self, leaf: str) -> list[Said]:
        """Return what was said on one topic, or on all below it if `leaf` ends with a slash."""
        topic = f"{self.root}/{leaf}"
        return [
            it
            for it in list(self.said)
            if it.topic == topic or (leaf.endswith("/") and it.topic.startswith(topic))
        ]

    @property
    def states(self) -> list[Said]:
        """The states that were published since the observer listens."""
        return [it for it in self.on("state") if not it.retain and it.payload]

    @property
    def last(self) -> dict[str, Any]:
        """The last state that was published; empty if there is none yet."""
        states = self.states
        return dict(states[-1].json) if states else {}

    def wait_for_volume(self, level: float) -> None:
        """Wait until a state with that volume has been published."""
        eventually(lambda: self.last.get("volume") == level, f"a state with the volume {level}")

    def requests(self, procedure: str) -> list[Said]:
        """Return the requests for a procedure."""
        return [
            it for it in self.on("request/") if it.topic.split("/request/")[1].endswith(procedure)
        ]

    def send(self, leaf: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> None:
        """Publish below the root, and wait until the broker has it."""
        self._mqtt.publish(f"{self.root}/{leaf}", payload, qos, retain).wait_for_publish(10)

    def ask(self, procedure: str, payload: bytes = b"", timeout: float = 30) -> dict[str, Any]:
        """Make a call with these very bytes as its parameters; return the whole answer."""
        call = f"{len(self.said)}-{time.monotonic_ns()}"
        self.send(f"request/witness/{call}/{procedure}", payload)
        answers = eventually(
            lambda: self.on(f"response/witness/{call}"), f"an answer to {procedure}", timeout
        )
        answer = answers[0].json
        assert isinstance(answer, dict)
        return answer

    def status(self) -> dict[str, Any]:
        """Return the player's state, and be sure that it has done all that was asked before."""
        result = self.ask("status")["result"]
        assert isinstance(result, dict)
        return result

    def _on_subscribe(self, *_: object) -> None:
        self._subscribed = True

    def _on_message(self, _client: object, _data: object, message: paho.MQTTMessage) -> None:
        said = Said(
            time.monotonic(),
            message.topic,
            bytes(message.payload),
            bool(message.retain),
            message.qos,
        )
        self.said.append(said)
