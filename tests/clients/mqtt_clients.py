"""Players, remotes and guests as plain MQTT clients with the tokens that the server gives."""

from __future__ import annotations

import json
import queue
from dataclasses import dataclass, field
from typing import Any, Literal, Self

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from tests.programs import shared_system
from tests.programs.system import System
from tests.waiting import HANG_TIMEOUT, eventually


@dataclass
class MqttClient:
    """One MQTT client: what it was told on connecting, what it got, and why it was cut off."""

    system: System
    client_id: str
    username: str | None = None
    password: str | None = None
    version: MQTTProtocolVersion = field(default_factory=shared_system.version)
    will: str | None = None
    clean: bool | None = None
    port: int = 0
    transport: Literal["tcp", "websockets"] = "tcp"
    connected: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    received: list[tuple[str, bytes]] = field(default_factory=list)
    granted: queue.Queue[list[int]] = field(default_factory=queue.Queue)

    def __post_init__(self) -> None:
        self.mqtt = paho.Client(
            CallbackAPIVersion.VERSION2,
            self.client_id,
            self.clean,
            protocol=self.version,
            transport=self.transport,
            reconnect_on_failure=False,
        )
        if self.username is not None:
            self.mqtt.username_pw_set(self.username, self.password)
        if self.will is not None:
            self.mqtt.will_set(self.will, b"will", 1, retain=True)
        self.mqtt.on_connect = lambda _c, _u, _f, reason, _p: self.connected.append(str(reason))
        self.mqtt.on_disconnect = lambda _c, _u, _f, reason, _p: self.ended.append(str(reason))
        self.mqtt.on_message = lambda _c, _u, m: self.received.append((m.topic, bytes(m.payload)))
        self.mqtt.on_subscribe = self._on_subscribe

    def __enter__(self) -> Self:
        self.mqtt.connect("127.0.0.1", self.port or self.system.mqtt_port)
        self.mqtt.loop_start()
        eventually(lambda: self.connected or self.ended, "the broker answers")
        return self

    def __exit__(self, *_: object) -> None:
        self.mqtt.disconnect()
        self.mqtt.loop_stop()
        # paho keeps these until it is collected, maybe after them: a warning of unclosed sockets
        self.mqtt._reset_sockets(sockpair_only=True)

    @property
    def is_in(self) -> bool:
        return self.connected == ["Success"]

    def subscribe(self, topic_filter: str) -> bool:
        """Subscribe; tell whether the broker granted it."""
        self.mqtt.subscribe(topic_filter, 1)
        (code,) = self.granted.get(timeout=HANG_TIMEOUT)
        return code < 0x80

    def publish(self, topic: str, payload: bytes, response_topic: str | None = None) -> None:
        """Publish with QoS 1 and wait until the broker has acknowledged it, one way or another."""
        properties = None
        if response_topic is not None:
            properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
            properties.ResponseTopic = response_topic
        self.mqtt.publish(topic, payload, 1, properties=properties).wait_for_publish(10)

    def _on_subscribe(
        self, _client: object, _data: object, _id: int, codes: list[ReasonCode], _properties: object
    ) -> None:
        self.granted.put([code.value for code in codes])


@dataclass
class Household:
    """One player and the keys to it."""

    system: System
    made: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, system: System, made: dict[str, str]) -> Self:
        """Return the player that an id and its owner key are of."""
        return cls(system, made)

    def __post_init__(self) -> None:
        made = self.made or self.system.get("api/id").json
        self.id: str = made["id"]
        self.owner_key: str = made["owner_key"]
        self.given: dict[str, Any] = self.system.post("api/credentials", made).json

    @property
    def root(self) -> str:
        return f"zapette/players/{self.id}"

    def key(self, role: str) -> str:
        return str(self.given["links"][role]["url"].split(".")[-1])

    def visitor(self, role: str, **options: Any) -> MqttClient:
        """Return a remote or a guest with a token of its own."""
        given = self.system.post("api/credentials", {"id": self.id, "key": self.key(role)}).json
        return MqttClient(
            self.system, given["client_id"], given["username"], given["password"], **options
        )

    def player(self, **options: Any) -> MqttClient:
        given = self.given
        return MqttClient(
            self.system, given["client_id"], given["username"], given["password"], **options
        )

    def new_code(self) -> None:
        body = {"owner_key": self.owner_key}
        links = self.system.post(f"api/players/{self.id}/code", body).json
        self.given["links"] = links

    def forget(self) -> None:
        """Have the player forgotten by its owner; fail unless it is."""
        body = json.dumps({"owner_key": self.owner_key}).encode()
        kind = {"Content-Type": "application/json"}
        answer = self.system.ask("DELETE", f"api/players/{self.id}", body, kind)
        assert answer.status == 204, answer
