"""Requests the subscriptions of a client on each of its connections."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from zapette.logs import without_secrets
from zapette.mqtt.event_loop import LoopThread
from zapette.mqtt.network_connection import NetworkConnection
from zapette.mqtt.subscriptions import Handler, Message, Subscription, Subscriptions

log = logging.getLogger("zapette.client")

NO_FILTER: Final = "zapette/nothing"
"""A topic filter without a subscription: its UNSUBACK shows that the broker has come this far."""

_FIRST_REPEAT: Final = 1.0
_LONGEST_REPEAT: Final = 60.0


class SubscriptionRequests:
    """Requests subscriptions, again on each connection, and again if the broker refuses them.

    Args:
        loop: the event loop's thread.
        broker: the broker's name in the log.
    """

    def __init__(self, loop: LoopThread, broker: str) -> None:
        self._loop = loop
        self._broker = broker
        self._subscriptions = Subscriptions()
        self._fresh: dict[int, Subscription] = {}
        self._connection: NetworkConnection | None = None
        self._begun = False

    def add(self, topic_filter: str, handler: Handler, qos: int, *, needed: bool) -> Subscription:
        """Add a handler; request its subscription at once if the client is live.

        Raises:
            TopicError: `topic_filter` is not a topic filter.
        """
        subscription = self._subscriptions.add(topic_filter, handler, qos)
        subscription.needed = subscription.needed or needed
        if self._begun:
            if not self._fresh:
                self._loop.loop.call_soon(self._request_fresh)
            self._fresh[subscription.number] = subscription
        return subscription

    def remove(self, topic_filter: str) -> None:
        """Remove a subscription."""
        self._subscriptions.remove(topic_filter)
        if self._connection is not None and self._begun:
            self._connection.unsubscribe(topic_filter)

    async def begin(self, connection: NetworkConnection) -> bool:
        """Request all on a new connection; return False if it ends meanwhile, or is of no use."""
        self._connection = connection
        # others may be added while the broker answers
        while due := [it for it in self._subscriptions if it.is_due]:
            if not await self._request(connection, due):
                return False
        self._begun = True
        return True

    def end(self) -> None:
        """Forget the connection, which is lost."""
        self._connection, self._begun = None, False
        for subscription in self._subscriptions:
            subscription.reset()

    def take(self, message: Message) -> None:
        """Hand a message to its handlers."""
        for handler in self._subscriptions.handlers(message):
            handler(message)

    def _request_fresh(self) -> None:
        fresh, self._fresh = self._fresh, {}
        if self._connection is not None and self._begun:
            self._loop.spawn(self._request(self._connection, list(fresh.values())))

    async def _request(
        self,
        connection: NetworkConnection,
        subscriptions: list[Subscription],
        repeat: float = _FIRST_REPEAT,
    ) -> bool:
        """Subscribe; return False if the connection ends meanwhile, or is of no use.

        Args:
            connection: the current connection.
            subscriptions: what to ask for.
            repeat: seconds after which to ask again for what is refused.
        """
        for each in subscriptions:
            each.ask()
        granted = await asyncio.gather(
            *(
                connection.subscribe(each.filter.text, each.qos, each.number)
                for each in subscriptions
            )
        )
        # retained messages that come once more are only for later handlers
        if any(it.served for it in subscriptions):
            await connection.unsubscribe(NO_FILTER)
        if connection.ended.done():
            return False
        for subscription, is_granted in zip(subscriptions, granted, strict=True):
            subscription.confirmed, subscription.refused = is_granted, not is_granted
            subscription.requests -= 1
        refused = [it for it in subscriptions if it.refused]
        for subscription in refused:
            # NATS also refuses what it cannot do now, while it elects leaders
            shown = without_secrets(subscription.filter.text)
            if subscription.needed:
                connection.abort(f"it refused the subscription to {shown}")
                return False
            if repeat == _FIRST_REPEAT:
                log.warning("%s refused the subscription to %s", self._broker, shown)
        for subscription in subscriptions:
            subscription.settle()
        if refused:
            self._loop.loop.call_later(repeat, self._ask_again, connection, refused, repeat)
        return True

    def _ask_again(
        self, connection: NetworkConnection, refused: list[Subscription], repeat: float
    ) -> None:
        wanted = [it for it in refused if it in list(self._subscriptions)]
        if wanted and connection is self._connection:
            later = min(2 * repeat, _LONGEST_REPEAT)
            self._loop.spawn(self._request(connection, wanted, later))
