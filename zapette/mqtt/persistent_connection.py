"""A connection to a broker that reconnects by itself and queues nothing."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import threading
from collections.abc import Callable
from typing import Final

from zapette.errors import ConnectError, Unavailable
from zapette.mqtt.dialing import Dialer
from zapette.mqtt.event_loop import LoopThread
from zapette.mqtt.network_connection import SESSION_TAKEN_OVER, Ending, NetworkConnection
from zapette.mqtt.subscription_requests import NO_FILTER, SubscriptionRequests
from zapette.mqtt.subscriptions import Handler, Subscription
from zapette.mqtt.takeover import is_taken
from zapette.protocol.topics import Callee

log = logging.getLogger("zapette.client")

_SHORTEST_DELAY: Final = 0.25

SECOND_ONLINE: Final = 3.0
"""Seconds after which ``online`` is published a second time on MQTT 3.1.1.

A node of NATS may give a client that subscribes just then the earlier ``offline``, and others for
two minutes (docs/decisions/0118).
"""

REPLACED: Final = "another program uses this client id"
"""Why a client is not connected that another one has replaced."""


class PersistentConnection:
    """Keeps a client connected, from `start` to `stop`.

    It logs each outage once, and its end once. `wait` and the properties are thread-safe; use
    the rest on the event loop's thread only.

    Attributes:
        client_id: the MQTT client id.
        on_live: called when the client is connected and subscribed.
        on_lost: called with the reason when the connection is lost; `stop` does not call it.
        on_replaced: called when another client has taken over the client id; this one stays away.
    """

    def __init__(
        self,
        dialer: Dialer,
        client_id: str,
        loop: LoopThread,
        *,
        callee: Callee | None = None,
        will: str | None = None,
        name: str = "",
    ) -> None:
        """Set the connection up.

        Args:
            dialer: opens connections on the broker.
            client_id: the MQTT client id.
            loop: the event loop's thread.
            callee: whose availability to publish: ``online`` while connected, else ``offline``.
            will: a topic for ``offline`` when the connection is lost, if there is no callee.
            name: the broker's name in the log; its address if empty.
        """
        self.client_id = client_id
        self.on_live: Callable[[], None] = lambda: None
        self.on_lost: Callable[[str], None] = lambda _: None
        self.on_replaced: Callable[[], None] = lambda: None
        self._dialer = dialer
        self._name = name or dialer.url.where
        self._loop = loop
        self._callee = callee
        self._will = callee.availability if callee else will
        self._subscriptions = SubscriptionRequests(loop, self._name)
        self._live = threading.Event()
        self._settled = threading.Event()
        self._waiting: list[asyncio.Future[None]] = []
        self._stopping: asyncio.Event | None = None
        self._reason = ""
        #: Whether another client may have taken over since the last connection.
        self._must_ask = False
        self._connect_error: ConnectError | None = None
        self._connection: NetworkConnection | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def is_live(self) -> bool:
        """Whether the client is connected and the broker has answered its subscriptions."""
        return self._live.is_set()

    def wait(self, timeout: float) -> None:
        """Wait until it is live.

        Raises:
            Unavailable: it is not live within `timeout` seconds, or the broker refuses it.
        """
        self._settled.wait(timeout)
        if not self.is_live:
            raise self.unavailable()

    async def settle(self, timeout: float) -> None:
        """Wait, as `wait` does, on the event loop.

        Raises:
            Unavailable: as `wait` does.
        """
        if not self._settled.is_set():
            self._waiting.append(settled := self._loop.loop.create_future())
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(settled, timeout)
        if not self.is_live:
            raise self.unavailable()

    def unavailable(self) -> Unavailable:
        """Return an error that says why it is not live."""
        error = Unavailable(self._reason or f"no connection to {self._name}")
        error.connect_error = self._connect_error
        return error

    def reset(self) -> None:
        """Prepare for another `start`, before the event loop starts."""
        self._settled.clear()
        self._reason, self._connect_error = "", None
        self._must_ask = False

    def start(self) -> None:
        """Start to connect."""
        self._stopping = asyncio.Event()
        self._task = self._loop.spawn(self._keep_connected(self._stopping))

    async def stop(self) -> None:
        """Publish ``offline`` and disconnect."""
        if self._stopping is None or self._task is None:
            return
        self._stopping.set()
        if self._connection is not None:
            if self.is_live:
                self._publish_availability(self._connection, b"offline")
            self._connection.close()
        # cleared first: `on_lost` reports only losses
        self._live.clear()
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        self._lose(self._reason or "the client was stopped")
        self._settle()

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
            retain: whether the broker retains it.
            expiry: message expiry interval in seconds (MQTT 5 only).
            correlation: correlation data (MQTT 5 only).
            response_topic: response topic (MQTT 5 only).

        Raises:
            Unavailable: the connection is not live, or the broker does not read from it.
            TooLarge: the broker accepts no message of this size.
        """
        connection = self._connection
        if connection is None or not self._live.is_set():
            raise self.unavailable()
        if not connection.publish(
            topic,
            payload.encode() if isinstance(payload, str) else payload,
            qos=qos,
            retain=retain,
            expiry=expiry,
            correlation=correlation,
            response_topic=response_topic,
        ):
            raise Unavailable(f"{self._name} does not read from the connection")

    def subscribe(
        self, topic_filter: str, handler: Handler, qos: int = 1, *, needed: bool = False
    ) -> Subscription:
        """Call `handler` for each message that matches, also after a reconnection.

        If the broker refuses it, the client asks again from time to time.

        Args:
            topic_filter: the topic filter.
            handler: called with each message.
            qos: the maximum QoS, 0 to 2.
            needed: whether the client is not live without it: it then connects again.

        Raises:
            TopicError: `topic_filter` is not a topic filter.
        """
        return self._subscriptions.add(topic_filter, handler, qos, needed=needed)

    def unsubscribe(self, topic_filter: str) -> None:
        """Remove a subscription."""
        self._subscriptions.remove(topic_filter)

    async def fence(self) -> bool:
        """Wait until the broker has answered all packets; return False if the connection ends.

        It answers in order: by then, retained messages of QoS 0 subscriptions have arrived.
        """
        connection = self._connection
        return connection is not None and await connection.unsubscribe(NO_FILTER)

    async def _keep_connected(self, stopping: asyncio.Event) -> None:
        delay = _SHORTEST_DELAY
        logged: set[str] = set()
        insist, left = self._dialer.timing.insist, self._dialer.nodes
        while not stopping.is_set():
            try:
                was_live, ending = await self._connect_once(again=bool(logged))
            except Exception as error:
                # such as an error of a callback
                log.debug("an attempt to connect failed", exc_info=error)
                was_live, ending = False, Ending(str(error) or type(error).__name__)
                self._reason = f"{self._name}: {ending.reason}"
            insist, left = insist or was_live, left - 1
            if not insist and not left:
                self._settle()
                return
            if was_live:
                delay, logged = _SHORTEST_DELAY, set()
            if ending.taken_over:
                self._give_way()
                return
            # log an outage once, and each error that a person must correct
            if not logged or (ending.needs_action and ending.reason not in logged):
                log.warning("no connection to %s: %s", self._name, ending.reason)
                logged.add(ending.reason)
            # jitter spreads the reconnections after a restart of the broker
            pause = delay * random.uniform(0.5, 1.0)  # noqa: S311 - no secret
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), pause)
            delay = min(delay * 2, self._dialer.timing.longest_delay)

    def _give_way(self) -> None:
        log.warning("another client uses this client id: not reconnecting")
        self._reason = REPLACED
        self._settle()
        self.on_replaced()

    async def _connect_once(self, *, again: bool) -> tuple[bool, Ending]:
        """Serve one connection until it ends; return whether it was live, and why it ended."""
        try:
            if self._must_ask and self._callee and await is_taken(self._dialer, self._callee):
                return False, Ending(REPLACED, SESSION_TAKEN_OVER)
            connection = await self._dialer.dial(
                self.client_id, self._subscriptions.take, self._will
            )
            self._must_ask = True
        except ConnectError as error:
            self._reason, self._connect_error = f"{self._name}: {error}", error
            if error.needs_action:
                self._settle()
            return False, Ending(str(error), needs_action=error.needs_action)
        reason = "the client was stopped"
        try:
            was_live = await self._begin(connection, again=again)
            ending = await connection.ended
            reason = f"the connection to {self._name} was lost: {ending.reason}"
        finally:
            # also when the event loop ends: the broker publishes the will
            connection.abort("")
            self._lose(reason)
        return was_live, ending

    async def _begin(self, connection: NetworkConnection, *, again: bool) -> bool:
        """Subscribe and become live; return False if the connection ends meanwhile."""
        self._connection = connection
        if not await self._subscriptions.begin(connection):
            return False
        self._publish_online(connection)
        if not self._dialer.is_5:
            self._loop.loop.call_later(SECOND_ONLINE, self._publish_online, connection)
        self._reason, self._connect_error = "", None
        self._live.set()
        # wait for `online`: callers must not read the retained `offline` of an earlier run
        if self._callee is not None and not await connection.unsubscribe(NO_FILTER):
            return True
        self._settle()
        log.info("connected to %s%s", self._name, " again" if again else "")
        self.on_live()
        return True

    def _settle(self) -> None:
        self._settled.set()
        waiting, self._waiting = self._waiting, []
        for one in waiting:
            if not one.done():
                one.set_result(None)

    def _publish_online(self, connection: NetworkConnection) -> None:
        if connection is self._connection:
            self._publish_availability(connection, b"online")

    def _publish_availability(self, connection: NetworkConnection, availability: bytes) -> None:
        if self._callee is not None:
            connection.publish(self._callee.availability, availability, qos=1, retain=True)

    def _lose(self, reason: str) -> None:
        was_live = self.is_live
        self._connection = None
        self._live.clear()
        self._settled.clear()
        self._reason = reason
        self._subscriptions.end()
        if was_live:
            self.on_lost(reason)
