"""A lasting connection to a broker: it reconnects by itself and queues nothing."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.reasoncodes import ReasonCode

from zapette.errors import Unavailable
from zapette.event_loop import LoopThread
from zapette.publish_socket import PublishClient
from zapette.session import Ending, Session
from zapette.subscriptions import Handler, Message, Subscription, Subscriptions
from zapette.url import BrokerUrl
from zapette.workers import Workers

__all__ = ["Connection", "Handler", "Message", "Timing"]

log = logging.getLogger("zapette.client")

_SHORTEST_DELAY: Final = 0.25
_NOTHING: Final = "zapette/nothing"
_UNSUPPORTED_VERSION: Final = "Unsupported protocol version"


@dataclass(frozen=True, slots=True)
class Timing:
    """How patient a connection is, in seconds.

    Attributes:
        keep_alive: silence after which the broker is probed; it is given up after twice that.
        connect: time to reach the broker, and for its answer.
        longest_delay: the longest pause between two attempts.
    """

    keep_alive: int = 30
    connect: float = 5.0
    longest_delay: float = 30.0


class Connection:
    """Keeps a client connected, from `start` to `stop`.

    MQTT 5 is spoken where the broker does, else 3.1.1. An outage is logged once, and its end once.
    `wait` and the properties may be used from any thread, the rest on the event loop's only.

    Attributes:
        client_id: the MQTT client id.
        on_live: called when it is connected and subscribed.
        on_lost: called with the reason when it is not any more.
        on_replaced: called when another client has taken the client id; it does not fight back.
        on_message: called for messages that no handler of `subscribe` is asked for first; it
            returns whether that was all.
    """

    def __init__(
        self,
        url: BrokerUrl,
        client_id: str,
        loop: LoopThread,
        workers: Workers,
        *,
        password: Callable[[], str] | None = None,
        availability: str | None = None,
        timing: Timing | None = None,
        ca_file: Path | None = None,
        name: str = "",
    ) -> None:
        """Set the connection up.

        Args:
            url: the broker and the account.
            client_id: the MQTT client id.
            loop: the thread that everything happens on.
            workers: threads for what blocks.
            password: gives the password anew before each connection, instead of the URL's.
            availability: where to say ``online`` while connected and leave ``offline`` behind.
            timing: how patient to be.
            ca_file: certificates to trust, in PEM, instead of the system's.
            name: what the log calls the broker; its address if empty.
        """
        self.client_id = client_id
        self.on_live: Callable[[], None] = lambda: None
        self.on_lost: Callable[[str], None] = lambda _: None
        self.on_replaced: Callable[[], None] = lambda: None
        self.on_message: Callable[[Message], bool] = lambda _: False
        self._url = url
        self._name = name or url.where
        self._loop = loop
        self._workers = workers
        self._password = password
        self._availability = availability
        self._timing = timing or Timing()
        self._ca_file = ca_file
        self._subscriptions = Subscriptions()
        self._fresh: list[Subscription] = []
        self._live = threading.Event()
        self._settled = threading.Event()
        self._stopping: asyncio.Event | None = None
        self._version = MQTTProtocolVersion.MQTTv5
        self._version_is_known = False
        self._refusal = ""
        self._session: Session | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def is_live(self) -> bool:
        """Whether it is connected and every subscription is confirmed."""
        return self._live.is_set()

    @property
    def is_5(self) -> bool:
        """Whether it speaks MQTT 5."""
        return self._version == MQTTProtocolVersion.MQTTv5

    def wait(self, timeout: float) -> None:
        """Wait until it is live.

        Raises:
            Unavailable: it is not within `timeout` seconds, or the broker has refused it; the
                message says why.
        """
        self._settled.wait(timeout)
        if not self.is_live:
            raise self.unavailable()

    def unavailable(self) -> Unavailable:
        """Return the error that says why it is not live."""
        return Unavailable(self._refusal or f"no connection to {self._name}")

    def start(self) -> None:
        """Begin to connect."""
        self._stopping = asyncio.Event()
        self._task = self._loop.spawn(self._keep_connected(self._stopping))

    async def stop(self) -> None:
        """Say ``offline`` and disconnect."""
        if self._stopping is None or self._task is None:
            return
        self._stopping.set()
        if self._session is not None:
            if self.is_live and self._availability is not None:
                self._session.publish(self._availability, b"offline", qos=1, retain=True)
            self._session.close()
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        self._lose("the client was stopped")
        self._settled.set()

    def publish(
        self,
        topic: str,
        payload: bytes | str,
        *,
        qos: int = 0,
        retain: bool = False,
        expiry: int | None = None,
        correlation: bytes | None = None,
        response_topic: str | None = None,
    ) -> None:
        """Publish now or not at all.

        Args:
            topic: the topic name.
            payload: at most 256 MiB.
            qos: 0, 1 or 2.
            retain: whether the broker keeps it.
            expiry: seconds that a broker may hold it (MQTT 5, else ignored).
            correlation: correlation data of a request or an answer (MQTT 5, else ignored).
            response_topic: where an answer is wanted (MQTT 5, else ignored).

        Raises:
            Unavailable: there is no live connection, or it does not move.
        """
        session = self._session
        if session is None or not self._live.is_set():
            raise self.unavailable()
        if not session.publish(
            topic,
            payload.encode() if isinstance(payload, str) else payload,
            qos=qos,
            retain=retain,
            expiry=expiry,
            correlation=correlation,
            response_topic=response_topic,
        ):
            raise Unavailable(f"{self._name} does not take what is sent to it")

    def subscribe(self, topic_filter: str, handler: Handler, qos: int = 1) -> Subscription:
        """Have `handler` called for what `topic_filter` matches, also after a reconnection.

        Raises:
            TopicError: `topic_filter` is none.
        """
        subscription = self._subscriptions.add(topic_filter, handler, qos)
        if self.is_live and not subscription.confirmed:
            if not self._fresh:
                self._loop.loop.call_soon(self._subscribe_fresh)
            self._fresh.append(subscription)
        return subscription

    def unsubscribe(self, topic_filter: str) -> None:
        """Want no more of what `topic_filter` matches."""
        self._subscriptions.remove(topic_filter)
        if self._session is not None and self.is_live:
            self._session.unsubscribe([topic_filter])

    async def fence(self) -> bool:
        """Wait until the broker has answered all it was sent; return False if it cannot any more.

        It answers in order, so what it had kept for a subscription of QoS 0 is here by then.
        """
        session = self._session
        return session is not None and await session.unsubscribe([_NOTHING]) is not None

    async def _keep_connected(self, stopping: asyncio.Event) -> None:
        delay = _SHORTEST_DELAY
        said = ""
        while not stopping.is_set():
            was_live, ending = await self._connect_once(again=bool(said))
            if stopping.is_set():
                return
            if ending.taken_over:
                log.warning("another client has taken the place of this one: it does not come back")
                self._refusal = "another program has taken the place of this one"
                self._settled.set()
                self.on_replaced()
                return
            if was_live:
                delay, said = _SHORTEST_DELAY, ""
            if ending.reason != said:
                log.warning("no connection to %s: %s", self._name, ending.reason)
                said = ending.reason
            # jitter, so that the clients of a broker that restarts do not come back as one
            pause = delay * random.uniform(0.5, 1.0)  # noqa: S311 - no secret
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), pause)
            delay = min(delay * 2, self._timing.longest_delay)

    async def _connect_once(self, *, again: bool) -> tuple[bool, Ending]:
        """Serve one connection until it ends; tell whether it ever was live, and why it ended."""
        was_live = False
        try:
            session = Session(self._new_client(), self._loop.loop, self._take)
        except OSError as error:
            return False, self._failed(error)
        try:
            reason = await self._open(session)
            if reason is not None and reason.is_failure:
                self._refuse(reason)
                return False, Ending(f"it refused the connection: {reason}")
            was_live = reason is not None and await self._begin(session, again=again)
            ending = await session.ended
        except (OSError, paho.WebsocketConnectionError) as error:
            return False, self._failed(error)
        finally:
            session.abort("")
        self._lose(f"the connection to {self._name} is gone: {ending.reason}")
        return was_live, ending

    def _failed(self, error: Exception) -> Ending:
        reason = _in_words(error)
        self._refusal = f"{self._name}: {reason}"
        return Ending(reason)

    def _lose(self, reason: str) -> None:
        was_live = self.is_live
        self._session = None
        self._live.clear()
        self._settled.clear()
        self._refusal = reason
        for subscription in self._subscriptions:
            subscription.confirmed = subscription.refused = False
            subscription.settle()
        if was_live:
            self.on_lost(reason)

    async def _open(self, session: Session) -> ReasonCode | None:
        """Connect, and return the broker's answer; None if the connection ended without one."""
        url, timing = self._url, self._timing
        await session.open(url.host, url.port, timing.keep_alive, self._workers)
        done, _ = await asyncio.wait([session.accepted], timeout=timing.connect)
        if not done:
            session.abort("no answer of the broker")
        reason = session.accepted.result()
        unsupported = reason is not None and reason.getName() == _UNSUPPORTED_VERSION
        if not self._version_is_known and (reason is None or unsupported):
            # Some brokers that know no MQTT 5 say so, others hang up or say nothing at all.
            self._version = (
                MQTTProtocolVersion.MQTTv311 if self.is_5 else MQTTProtocolVersion.MQTTv5
            )
        return reason

    def _refuse(self, reason: ReasonCode) -> None:
        self._refusal = f"{self._name} refused the connection: {reason}"
        if reason.getName() != _UNSUPPORTED_VERSION:
            self._settled.set()

    async def _begin(self, session: Session, *, again: bool) -> bool:
        """Subscribe and become live; return False if the connection ended meanwhile."""
        self._version_is_known = True
        self._session = session
        if not await self._subscribe(session, list(self._subscriptions)):
            return False
        if self._availability is not None:
            session.publish(self._availability, b"online", qos=1, retain=True)
        self._refusal = ""
        self._live.set()
        self._settled.set()
        log.info("connected to %s%s", self._name, " again" if again else "")
        self.on_live()
        return True

    def _subscribe_fresh(self) -> None:
        """Subscribe in one packet to what was asked for in one turn of the loop."""
        fresh, self._fresh = self._fresh, []
        if self._session is not None and self.is_live:
            self._loop.spawn(self._renew(self._session, fresh))

    async def _renew(self, session: Session, subscriptions: list[Subscription]) -> None:
        await self._subscribe(session, subscriptions)

    async def _subscribe(self, session: Session, subscriptions: list[Subscription]) -> bool:
        """Subscribe, and return whether the connection still stands."""
        if not subscriptions:
            return not session.ended.done()
        filters = [(each.filter.text, each.qos) for each in subscriptions]
        granted = await session.subscribe(filters)
        if granted is None:
            return False
        for subscription, is_granted in zip(subscriptions, granted, strict=True):
            subscription.confirmed, subscription.refused = is_granted, not is_granted
            if not is_granted:
                log.warning("%s refused a subscription", self._name)
            subscription.settle()
        return True

    def _take(self, message: Message) -> None:
        if self.on_message(message):
            return
        for handler in self._subscriptions.handlers(message.topic):
            handler(message)

    def _new_client(self) -> PublishClient:
        mqtt = PublishClient(
            CallbackAPIVersion.VERSION2,
            self.client_id,
            clean_session=None if self.is_5 else True,
            protocol=self._version,
            transport="websockets" if self._url.is_websocket else "tcp",
            reconnect_on_failure=False,
        )
        mqtt.connect_timeout = self._timing.connect
        if self._url.is_websocket:
            mqtt.ws_set_options(path=self._url.path)
        if self._url.is_encrypted:
            mqtt.tls_set(str(self._ca_file) if self._ca_file else None)
        if self._url.username is not None:
            password = self._password() if self._password else self._url.password
            mqtt.username_pw_set(self._url.username, password)
        if self._availability is not None:
            mqtt.will_set(self._availability, b"offline", qos=1, retain=True)
        return mqtt


def _in_words(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}"
    return str(getattr(error, "strerror", None) or error) or type(error).__name__
