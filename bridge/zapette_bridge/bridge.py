"""The bridge: carries messages between our broker and the home's."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Callable, Coroutine
from typing import Any, Final

from zapette.client.calls.procedures import Procedures
from zapette.errors import CallError, TooLarge, Unavailable
from zapette.logs import without_secrets
from zapette.mqtt.dialing import Dialer
from zapette.mqtt.event_loop import LoopThread
from zapette.mqtt.persistent_connection import PersistentConnection
from zapette.mqtt.subscriptions import Message
from zapette.protocol.messages import write_error
from zapette.protocol.topics import Callee, Topics
from zapette_bridge.ledger import Ledger
from zapette_bridge.loop_check import LOOP
from zapette_bridge.mapping import Mapping
from zapette_bridge.mirror import Mirror
from zapette_bridge.snapshot import retained

log = logging.getLogger("zapette.bridge")

_AGAIN: Final = 1.0


def callee(topics: Topics) -> Callee:
    """Return the topics of the service ``bridge`` on our broker."""
    return topics.service("bridge")


class Bridge:
    """Joins two brokers from `start` to `stop`; on the event loop's thread only.

    While one side is disconnected, its messages are lost, except retained ones: those are compared
    and repaired when it reconnects.

    Attributes:
        on_replaced: called when another bridge has taken over.
        on_failed: called with the error that ends this bridge.
    """

    def __init__(
        self,
        ours: Dialer,
        home: Dialer,
        loop: LoopThread,
        mapping: Mapping,
        ledger: Ledger,
        client_id: str,
    ) -> None:
        """Set the bridge up.

        Args:
            ours: opens connections on our broker.
            home: opens connections on the home's.
            loop: the event loop's thread.
            mapping: the topics that cross.
            ledger: the topics retained on the home's broker.
            client_id: the MQTT client id, unique on the home's broker.
        """
        self.on_replaced: Callable[[], None] = lambda: None
        self.on_failed: Callable[[BaseException], None] = lambda _: None
        self._dialers = {"ours": ours, "home": home}
        self._loop = loop
        self._mapping = mapping
        # another client id on our side, because home may be the same broker
        self._callee = callee(mapping.topics)
        self._procedures = Procedures({"status": self._status})
        self._ours = PersistentConnection(
            ours, f"{client_id}-ours", loop, callee=self._callee, name="our broker"
        )
        self._home = PersistentConnection(
            home,
            client_id,
            loop,
            name=f"the home's broker {home.url.where}",
            will=mapping.to_home(mapping.topics.server.availability),
        )
        self._mirror = Mirror(mapping, ledger, self._retain_at_home)
        self._probes = f"{mapping.topics.server.root}/response/{client_id}/"
        self._is_open = False
        self._is_loop = False
        self._too_large: set[str] = set()

    def start(self) -> None:
        """Start to connect both sides."""
        mapping = self._mapping
        for topic_filter in mapping.kept:
            self._ours.subscribe(topic_filter, self._keep)
        for topic_filter in mapping.passing:
            self._ours.subscribe(topic_filter, self._pass_out, qos=0)
        for topic_filter in mapping.asked:
            self._home.subscribe(topic_filter, self._bring_in, qos=0)
        self._ours.on_live = lambda: self._spawn(self._learn_ours())
        self._ours.on_lost = lambda _: self._close(self._mirror.end)
        self._home.on_live = lambda: self._spawn(self._learn_home())
        self._home.on_lost = lambda _: self._close(self._mirror.lost)
        for topic_filter in (self._callee.commands, self._callee.requests):
            self._ours.subscribe(topic_filter, self._answer, qos=0)
        for connection in (self._ours, self._home):
            connection.on_replaced = self.on_replaced
            connection.start()

    async def stop(self) -> None:
        """Publish at home that everybody is offline, and disconnect."""
        self._mirror.end()
        await self.give_way()

    async def give_way(self) -> None:
        """Disconnect, and leave the copy at home to the bridge that takes over."""
        await self._home.stop()
        await self._ours.stop()

    def _close(self, then: Callable[[], None]) -> None:
        self._is_open = False
        then()

    async def _learn_ours(self) -> None:
        """Read the retained messages of our broker, and copy them to the home's."""
        await self._open()
        self._mirror.expect()
        original = await self._look("ours", self._ours, self._mapping.kept)
        if original is not None:
            self._mirror.begin(original)

    async def _learn_home(self) -> None:
        """Read the retained messages of the home's broker, and correct what differs."""
        await self._open()
        there = await self._look("home", self._home, self._mapping.kept_at_home)
        if there is not None and not self._is_loop:
            self._mirror.found(there)

    async def _look(
        self, side: str, connection: PersistentConnection, filters: list[str]
    ) -> dict[str, bytes] | None:
        """Return the retained messages of a broker; None if it disconnects."""
        while connection.is_live:
            try:
                return await retained(self._dialers[side], filters)
            except Unavailable as error:
                log.debug("cannot read the retained messages: %s", error)
                await asyncio.sleep(_AGAIN)
        return None

    async def _open(self) -> None:
        """Let messages pass if both sides are connected and no probe comes back.

        Brokers answer in order: if both are one broker, the probe has arrived when both have
        answered. Through another bridge it may be later; `_pass_out` then closes the bridge.
        """
        if not (self._ours.is_live and self._home.is_live):
            return
        self._is_loop = False
        probe = self._mapping.to_home(self._probes + secrets.token_hex(8))
        try:
            self._home.publish(probe, b'{"result":null}')
        except Unavailable:
            return
        if await self._home.fence() and await self._ours.fence() and not self._is_loop:
            self._is_open = True

    def _keep(self, message: Message) -> None:
        self._mirror.change(message.topic, message.payload)

    def _pass_out(self, message: Message) -> None:
        if message.topic.startswith(self._probes):
            self._stop_loop()
        elif self._is_open and not message.retained:
            self._hand_on(self._home, self._mapping.to_home(message.topic), message)

    def _bring_in(self, message: Message) -> None:
        topic = self._mapping.to_us(message.topic)
        # a retained command is old
        if self._is_open and topic is not None and not message.retained:
            self._hand_on(self._ours, topic, message)

    def _hand_on(self, to: PersistentConnection, topic: str, message: Message) -> None:
        response_topic = message.response_topic
        if response_topic is not None and to is self._ours:
            response_topic = self._mapping.to_us(response_topic)
        self._publish(
            to,
            topic,
            message.payload,
            expiry=message.expiry,
            correlation=message.correlation,
            response_topic=response_topic,
        )

    def _retain_at_home(self, topic: str, payload: bytes) -> bool:
        if self._is_loop:
            return False
        return self._publish(self._home, topic, payload, qos=1, retain=True)

    def _publish(
        self, to: PersistentConnection, topic: str, payload: bytes, **options: Any
    ) -> bool:
        """Publish on one side; return False if it is disconnected, or takes nothing so large."""
        try:
            to.publish(topic, payload, **options)
        except Unavailable as error:
            log.debug("dropped a message on %s: %s", without_secrets(topic), error)
            return False
        except TooLarge as error:
            # without the last level, in which each response differs
            above = topic.rpartition("/")[0]
            if above not in self._too_large:
                self._too_large.add(above)
                log.warning("cannot carry %s: %s", without_secrets(topic), error)
            return False
        return True

    def _stop_loop(self) -> None:
        self._is_open = False
        self._mirror.lost()
        if not self._is_loop:
            self._is_loop = True
            log.error(LOOP)

    def _answer(self, message: Message) -> None:
        """Answer a call to the bridge itself."""
        request = self._callee.parse(message.topic)
        if message.retained or request is None:
            return
        try:
            answer = self._procedures.find(request.procedure).bind(message.payload).run()
        except CallError as error:
            answer = write_error(error)
        topic = self._callee.answers_to(request, message.response_topic)
        if topic is not None:
            with contextlib.suppress(Unavailable):
                self._ours.publish(topic, answer, correlation=message.correlation)

    def _status(self) -> dict[str, Any]:
        """Return the address of the home's broker, and whether the bridge is connected to it."""
        return {
            "home": self._dialers["home"].url.where,
            "connected": self._home.is_live and not self._is_loop,
        }

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        def done(task: asyncio.Task[None]) -> None:
            if not task.cancelled() and (error := task.exception()) is not None:
                self.on_failed(error)

        self._loop.spawn(work).add_done_callback(done)
