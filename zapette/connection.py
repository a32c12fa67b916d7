"""A lasting connection to a broker over paho-mqtt: it reconnects and queues nothing."""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from zapette.errors import Unavailable
from zapette.url import BrokerUrl

log = logging.getLogger("zapette.client")

KEEP_ALIVE: Final = 30
"""Seconds of silence after which the connection is probed."""

_SHORTEST_DELAY: Final = 0.25
_LONGEST_DELAY: Final = 30.0
_TICK: Final = 0.2
_UNSUPPORTED_VERSION: Final = "Unsupported protocol version"


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it came.

    Attributes:
        topic: where it was published.
        payload: what it says.
        retained: whether the broker had kept it.
        response_topic: where an answer is wanted (MQTT 5); None if nowhere.
        correlation: what the answer must carry (MQTT 5).
    """

    topic: str
    payload: bytes
    retained: bool = False
    response_topic: str | None = None
    correlation: bytes | None = None


Handler = Callable[[Message], None]
"""Called on the connection's own thread: it must not block."""


@dataclass(slots=True)
class Subscription:
    """A filter, who wants its messages, and whether the broker has confirmed it."""

    handler: Handler
    confirmed: threading.Event = field(default_factory=threading.Event)


class Connection:
    """Keeps a client connected, from `start` to `stop`; safe to use from several threads.

    MQTT 5 is spoken where the broker does, else 3.1.1. An outage is logged once, and its end once.

    Attributes:
        client_id: the MQTT client id.
        on_lost: called when a connection has ended.
        on_tick: called several times a second while connected.
    """

    def __init__(
        self,
        url: BrokerUrl,
        client_id: str,
        *,
        password: Callable[[], str] | None = None,
        availability: str | None = None,
    ) -> None:
        """Set the connection up.

        Args:
            url: the broker and the account.
            client_id: the MQTT client id.
            password: gives the password anew before each connection, instead of the URL's.
            availability: where to say ``online`` while connected and leave ``offline`` behind.
        """
        self.client_id = client_id
        self.on_lost: Callable[[str], None] = lambda _: None
        self.on_tick: Callable[[], None] = lambda: None
        self._url = url
        self._password = password
        self._availability = availability
        self._subscriptions: dict[str, Subscription] = {}
        self._unconfirmed: dict[int, list[Subscription]] = {}
        self._lock = threading.RLock()
        self._live = threading.Event()
        self._stopping = threading.Event()
        self._version = paho.MQTTv5
        self._refusal = ""
        self._mqtt: paho.Client | None = None
        self._thread: threading.Thread | None = None

    @property
    def is_live(self) -> bool:
        """Whether it is connected and every subscription is confirmed."""
        return self._live.is_set()

    def start(self) -> None:
        """Begin to connect, on a thread of its own."""
        self._thread = threading.Thread(target=self._keep_connected, name="mqtt", daemon=True)
        self._thread.start()

    def wait(self, timeout: float) -> None:
        """Wait until it is live.

        Raises:
            Unavailable: it is not within `timeout` seconds; the message says what the broker said.
        """
        if not self._live.wait(timeout):
            raise self._unavailable()

    def stop(self) -> None:
        """Say ``offline`` and disconnect."""
        self._stopping.set()
        mqtt = self._mqtt
        if mqtt is not None:
            if self.is_live and self._availability is not None:
                mqtt.publish(self._availability, "offline", qos=1, retain=True)
            mqtt.disconnect()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def publish(
        self,
        topic: str,
        payload: bytes | str,
        *,
        qos: int = 0,
        retain: bool = False,
        expiry: int | None = None,
        correlation: bytes | None = None,
    ) -> None:
        """Publish now or not at all.

        Args:
            topic: the topic name.
            payload: at most 256 MiB.
            qos: 0, 1 or 2.
            retain: whether the broker keeps it.
            expiry: seconds that a broker may hold it (MQTT 5, else ignored).
            correlation: correlation data of an answer (MQTT 5, else ignored).

        Raises:
            Unavailable: there is no live connection.
        """
        mqtt = self._mqtt
        if mqtt is None or not self.is_live:
            raise self._unavailable()
        properties: Properties | None = None
        if self._version == paho.MQTTv5 and (expiry is not None or correlation is not None):
            properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
            if expiry is not None:
                properties.MessageExpiryInterval = expiry
            if correlation is not None:
                properties.CorrelationData = correlation
        published = mqtt.publish(topic, payload, qos, retain, properties=properties)
        if published.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise self._unavailable()

    def subscribe(self, topic_filter: str, handler: Handler) -> Subscription:
        """Have `handler` called for what `topic_filter` matches, also after a reconnection."""
        with self._lock:
            subscription = self._subscriptions.setdefault(topic_filter, Subscription(handler))
            mqtt = self._mqtt
            if mqtt is not None and self.is_live and not subscription.confirmed.is_set():
                self._subscribe(mqtt, {topic_filter: subscription})
            return subscription

    def _unavailable(self) -> Unavailable:
        return Unavailable(self._refusal or f"no connection to {self._url.where}")

    def _keep_connected(self) -> None:
        delay = _SHORTEST_DELAY
        outage = False
        while not self._stopping.is_set():
            was_live = self._connect_once(outage)
            if was_live:
                delay = _SHORTEST_DELAY
            if not outage and not self._stopping.is_set():
                log.warning("no connection to %s: %s", self._url.where, self._refusal or "lost")
            outage = True
            # jitter, so that the clients of a broker that restarts do not come back as one
            self._stopping.wait(delay * random.uniform(0.5, 1.0))  # noqa: S311 - no secret
            delay = min(delay * 2, _LONGEST_DELAY)

    def _connect_once(self, outage: bool) -> bool:
        """Connect and serve one connection until it ends; tell whether it ever was live."""
        mqtt = self._mqtt = self._new_client()
        came_live = False
        try:
            clean = {"clean_start": True} if self._version == paho.MQTTv5 else {}
            mqtt.connect(self._url.host, self._url.port, KEEP_ALIVE, **clean)  # type: ignore[arg-type]
            while mqtt.loop(_TICK) == MQTTErrorCode.MQTT_ERR_SUCCESS:
                if self.is_live and not came_live:
                    came_live = True
                    log.info("connected to %s%s", self._url.where, " again" if outage else "")
                self.on_tick()
        except (OSError, paho.WebsocketConnectionError) as error:
            self._refusal = str(error)
        with self._lock:
            self._live.clear()
            self._unconfirmed.clear()
            for subscription in self._subscriptions.values():
                subscription.confirmed.clear()
        self.on_lost(f"the connection to {self._url.where} is gone")
        return came_live

    def _new_client(self) -> paho.Client:
        mqtt = paho.Client(
            CallbackAPIVersion.VERSION2,
            self.client_id,
            clean_session=None if self._version == paho.MQTTv5 else True,
            protocol=self._version,
            transport="websockets" if self._url.is_websocket else "tcp",
            reconnect_on_failure=False,
        )
        if self._url.is_websocket:
            mqtt.ws_set_options(path=self._url.path)
        if self._url.is_encrypted:
            mqtt.tls_set()
        if self._url.username is not None:
            password = self._password() if self._password else self._url.password
            mqtt.username_pw_set(self._url.username, password)
        if self._availability is not None:
            mqtt.will_set(self._availability, "offline", qos=1, retain=True)
        mqtt.on_connect = self._on_connect
        mqtt.on_subscribe = self._on_subscribe
        mqtt.on_message = self._on_message
        return mqtt

    def _on_connect(
        self,
        mqtt: paho.Client,
        _userdata: object,
        _flags: paho.ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            self._refusal = f"{self._url.where} refused the connection: {reason}"
            if reason.getName() == _UNSUPPORTED_VERSION:
                self._version = paho.MQTTv311
            mqtt.disconnect()
            return
        with self._lock:
            if self._subscriptions:
                self._subscribe(mqtt, self._subscriptions)
            else:
                self._become_live(mqtt)

    def _subscribe(self, mqtt: paho.Client, subscriptions: dict[str, Subscription]) -> None:
        _, message_id = mqtt.subscribe([(topic_filter, 1) for topic_filter in subscriptions])
        if message_id is not None:
            self._unconfirmed[message_id] = list(subscriptions.values())

    def _on_subscribe(
        self,
        mqtt: paho.Client,
        _userdata: object,
        message_id: int,
        reasons: list[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        for reason in reasons:
            if reason.is_failure:
                log.warning("%s refused a subscription: %s", self._url.where, reason)
        with self._lock:
            for subscription in self._unconfirmed.pop(message_id, ()):
                subscription.confirmed.set()
            if not self.is_live:
                self._become_live(mqtt)

    def _become_live(self, mqtt: paho.Client) -> None:
        if self._availability is not None:
            mqtt.publish(self._availability, "online", qos=1, retain=True)
        self._refusal = ""
        self._live.set()

    def _on_message(
        self, _mqtt: paho.Client, _userdata: object, received: paho.MQTTMessage
    ) -> None:
        properties: Any = received.properties
        message = Message(
            received.topic,
            bytes(received.payload),
            received.retain,
            getattr(properties, "ResponseTopic", None),
            getattr(properties, "CorrelationData", None),
        )
        with self._lock:
            handlers = [
                subscription.handler
                for topic_filter, subscription in self._subscriptions.items()
                if paho.topic_matches_sub(topic_filter, message.topic)
            ]
        for handler in handlers:
            handler(message)
