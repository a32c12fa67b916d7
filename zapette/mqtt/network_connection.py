"""One network connection to a broker: a paho-mqtt client on an event loop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import paho.mqtt.client as paho
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from zapette.errors import TooLarge
from zapette.mqtt.event_loop import complete
from zapette.mqtt.executor import ThreadExecutor
from zapette.mqtt.publish_packets import write_publish
from zapette.mqtt.publish_socket import PublishClient, PublishSocket
from zapette.mqtt.retained_repeats import RetainedRepeats
from zapette.mqtt.subscriptions import Message

log = logging.getLogger("zapette.client")

MAX_UNSENT: Final = 16 * 1024 * 1024
"""The most unsent bytes of a connection."""

_ENOUGH: Final = 2048
"""From this many unsent bytes on, a connection sends at once."""

SESSION_TAKEN_OVER: Final = 0x8E
_REFUSED: Final = 0x80
_MISC_INTERVAL: Final = 1.0
_MAX_PACKET: Final = 268_435_455
_HEADER: Final = 512  # upper bound of the fixed header and the properties


@dataclass(frozen=True, slots=True)
class Ending:
    """Why a connection ended, or could not be opened.

    Attributes:
        reason: in words.
        code: the broker's reason code (MQTT 5); None if it sent none.
        needs_action: whether a person must correct something before it can succeed.
    """

    reason: str
    code: int | None = None
    needs_action: bool = False

    @property
    def taken_over(self) -> bool:
        """Whether another client has connected with the same client id."""
        return self.code == SESSION_TAKEN_OVER


class NetworkConnection:
    """Drives a paho client from CONNECT to the end; on the event loop's thread only.

    Attributes:
        accepted: completes with the reason code of CONNACK, or None if the connection ends first.
        ended: completes when the connection has ended.
    """

    def __init__(
        self,
        mqtt: PublishClient,
        loop: asyncio.AbstractEventLoop,
        on_message: Callable[[Message], object],
    ) -> None:
        """Set the connection up; `open` connects it.

        Args:
            mqtt: a new paho client with account and will.
            loop: the running loop.
            on_message: called for each incoming message.
        """
        self.accepted: asyncio.Future[ReasonCode | None] = loop.create_future()
        self.ended: asyncio.Future[Ending] = loop.create_future()
        self._mqtt = mqtt
        self._loop = loop
        self._on_message = on_message
        self._is_5 = mqtt.protocol == paho.MQTTv5
        self._numbers = False
        self._max_packet = _MAX_PACKET
        self._socket: PublishSocket | None = None
        self._descriptor = -1
        self._flushing = False
        self._writing = False
        self._answers: dict[int, asyncio.Future[bool]] = {}
        self._repeats = RetainedRepeats(loop, self._publish_again)
        mqtt.on_connect = self._on_connect
        mqtt.on_disconnect = self._on_disconnect
        mqtt.on_message = self._on_publish
        mqtt.on_publish = self._on_acknowledged
        mqtt.on_subscribe = self._on_answer
        mqtt.on_unsubscribe = self._on_answer
        mqtt.on_socket_close = self._on_socket_close
        mqtt.on_socket_register_write = self._on_unsent

    async def open(self, host: str, port: int, keep_alive: int, threads: ThreadExecutor) -> None:
        """Connect and send CONNECT; `accepted` completes with the answer.

        Raises:
            OSError: nothing listens there, or TLS or the WebSocket fails.
        """
        connected: asyncio.Future[None] = self._loop.create_future()

        def connect() -> None:
            clean = {"clean_start": True} if self._is_5 else {}
            error: Exception | None = None
            try:
                self._mqtt.connect(host, port, keep_alive, **clean)  # type: ignore[arg-type]
            except LookupError:
                # paho takes headers apart as if they all had a space
                error = paho.WebsocketConnectionError("the answer to the WebSocket is malformed")
            except Exception as failure:  # noqa: BLE001 - `open` raises it
                error = failure
            socket = self._mqtt.socket()
            if self.ended.done() and isinstance(socket, PublishSocket):
                # given up meanwhile: CONNECT would take the place of a later connection
                socket.out.clear()
                socket.close()
            # the client may have been stopped meanwhile, and its loop closed
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(complete, connected, error)

        # name look-ups and handshakes block
        threads.submit(connect)
        await connected
        socket = self._mqtt.socket()
        if not isinstance(socket, PublishSocket):
            raise ConnectionError("the broker closed the connection at once")
        self._socket = socket
        self._descriptor = socket.fileno()
        self._loop.add_reader(self._descriptor, self._read)
        self._flush()
        self._loop.call_later(_MISC_INTERVAL, self._misc)

    def publish(
        self,
        topic: str,
        payload: bytes,
        *,
        qos: int = 0,
        retain: bool = False,
        expiry: int | None = None,
        correlation: bytes | None = None,
        response_topic: str | None = None,
    ) -> bool:
        """Send a message; return False if the connection has ended or is blocked.

        Raises:
            TooLarge: the broker accepts no message of this size.
            ValueError: `topic` is not a topic name.
        """
        socket = self._socket
        if socket is None or self.ended.done() or len(socket.out) > MAX_UNSENT:
            return False
        self._check_size(len(payload) + 3 * len(topic) + len(correlation or b""))
        if qos:
            properties = None
            if self._is_5:
                properties = _properties(expiry, correlation, response_topic)
            published = self._mqtt.publish(topic, payload, qos, retain, properties)
            if retain and not self._is_5:
                self._repeats.sent(published.mid, topic, payload, qos)
            return published.rc == MQTTErrorCode.MQTT_ERR_SUCCESS
        socket.out += write_publish(
            topic,
            payload,
            retain=retain,
            is_5=self._is_5,
            expiry=expiry,
            correlation=correlation,
            response_topic=response_topic,
        )
        if len(socket.out) >= _ENOUGH:
            self._flush()
        else:
            self._flush_soon()
        return True

    def _publish_again(self, topic: str, payload: bytes, qos: int) -> int | None:
        if self.ended.done():
            return None
        return self._mqtt.publish(topic, payload, qos, retain=True).mid

    def _check_size(self, least: int) -> None:
        # the broker would end the connection
        if least + _HEADER > self._max_packet:
            raise TooLarge(
                f"the message has {least} bytes; the broker accepts at most {self._max_packet}"
            )

    def subscribe(self, topic_filter: str, qos: int, number: int = 0) -> asyncio.Future[bool]:
        """Subscribe; the result is True if the broker grants it, False if it does not or ends.

        Args:
            topic_filter: the topic filter.
            qos: the maximum QoS; 0 on MQTT 3.1.1, where QoS 1 is costly on NATS, and all state is
                retained anyway.
            number: the subscription identifier (MQTT 5); 0 for none.
        """
        properties = None
        if number and self._numbers:
            properties = Properties(PacketTypes.SUBSCRIBE)  # type: ignore[no-untyped-call]
            properties.SubscriptionIdentifier = number
        sent = self._mqtt.subscribe(topic_filter, qos if self._is_5 else 0, properties=properties)
        return self._await_answer(sent[1])

    def unsubscribe(self, topic_filter: str) -> asyncio.Future[bool]:
        """Unsubscribe; the result is True when the broker answers, False if the connection ends."""
        return self._await_answer(self._mqtt.unsubscribe(topic_filter)[1])

    def close(self) -> None:
        """Send the remaining messages, disconnect, and close."""
        self._flush()
        self._mqtt.disconnect()
        self._mqtt.loop_write()
        self._end(Ending("closed by this side"))

    def abort(self, reason: str) -> None:
        """Close without DISCONNECT, so that the broker publishes the will."""
        self._end(Ending(reason))

    def _await_answer(self, message_id: int | None) -> asyncio.Future[bool]:
        answer: asyncio.Future[bool] = self._loop.create_future()
        if message_id is None or self.ended.done():
            answer.set_result(False)
        else:
            self._answers[message_id] = answer
        return answer

    def _read(self) -> None:
        """Read what has arrived; paho handles all packets but PUBLISH with QoS 0."""
        socket = self._socket
        if socket is None:
            return
        try:
            socket.receive()
            while packet := socket.next():
                if packet is True:
                    self._mqtt.loop_read()
                    if self.ended.done():
                        return
                else:
                    self._hand_on(packet)
        except (OSError, ValueError) as error:
            self._end(Ending(str(error)))

    def _hand_on(self, message: Message) -> None:
        try:
            self._on_message(message)
        except Exception:
            log.exception("a message handler failed")

    def _flush(self) -> None:
        self._flushing = False
        socket = self._socket
        if socket is None or self.ended.done():
            return
        try:
            # what paho has goes to the socket's own store, and from there to the network
            self._mqtt.loop_write()
            socket.flush()
        except OSError as error:
            self._end(Ending(str(error)))
            return
        unsent = bool(socket.out)
        if unsent != self._writing and self._descriptor >= 0:
            self._writing = unsent
            if unsent:
                self._loop.add_writer(self._descriptor, self._flush)
            else:
                self._loop.remove_writer(self._descriptor)

    def _misc(self) -> None:
        if not self.ended.done():
            self._mqtt.loop_misc()
            self._loop.call_later(_MISC_INTERVAL, self._misc)

    def _end(self, ending: Ending) -> None:
        if self.ended.done():
            return
        self.ended.set_result(ending)
        if not self.accepted.done():
            self.accepted.set_result(None)
        for answer in self._answers.values():
            answer.set_result(False)
        self._answers.clear()
        self._detach()
        socket = self._socket
        if socket is not None:
            socket.close()

    def _detach(self) -> None:
        if self._descriptor >= 0:
            self._loop.remove_reader(self._descriptor)
            self._loop.remove_writer(self._descriptor)
            self._descriptor = -1

    def _on_unsent(self, *_: object) -> None:
        # during connect, paho writes on another thread; `open` sends that
        if self._socket is not None:
            self._flush_soon()

    def _flush_soon(self) -> None:
        """Flush at the end of this turn of the loop, in one write."""
        if not self._flushing:
            self._flushing = True
            self._loop.call_soon(self._flush)

    def _on_socket_close(self, *_: object) -> None:
        self._detach()

    def _on_connect(
        self, _mqtt: object, _data: object, _flags: object, reason: ReasonCode, properties: object
    ) -> None:
        if self._is_5:
            self._max_packet = getattr(properties, "MaximumPacketSize", _MAX_PACKET)
        self._numbers = self._is_5 and bool(
            getattr(properties, "SubscriptionIdentifierAvailable", True)
        )
        if not self.accepted.done():
            self.accepted.set_result(reason)

    def _on_disconnect(
        self, _mqtt: object, _data: object, flags: Any, reason: ReasonCode, _props: object
    ) -> None:
        code = reason.value if flags.is_disconnect_packet_from_server else None
        self._end(
            Ending(str(reason) if code is not None else "it was closed without a reason", code)
        )

    def _on_publish(self, _mqtt: object, _data: object, received: paho.MQTTMessage) -> None:
        """Handle a message of QoS 1 or 2, which paho reads and acknowledges."""
        properties = received.properties if self._is_5 else None
        self._hand_on(
            Message(
                received.topic,
                bytes(received.payload),
                received.retain,
                getattr(properties, "ResponseTopic", None),
                getattr(properties, "CorrelationData", None),
                getattr(properties, "MessageExpiryInterval", None),
                tuple(getattr(properties, "SubscriptionIdentifier", ())),
            )
        )

    def _on_acknowledged(
        self, _mqtt: object, _data: object, packet_id: int, _reason: object, _props: object
    ) -> None:
        self._repeats.acknowledged(packet_id)

    def _on_answer(
        self, _mqtt: object, _data: object, message_id: int, reasons: Any, _props: object
    ) -> None:
        answer = self._answers.pop(message_id, None)
        if answer is not None and not answer.done():
            # UNSUBACK of 3.1.1 has no reason codes
            answer.set_result(all(reason.value < _REFUSED for reason in reasons or ()))


def _properties(
    expiry: int | None, correlation: bytes | None, response_topic: str | None
) -> Properties:
    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    if expiry is not None:
        properties.MessageExpiryInterval = expiry
    if correlation is not None:
        properties.CorrelationData = correlation
    if response_topic is not None:
        properties.ResponseTopic = response_topic
    return properties
