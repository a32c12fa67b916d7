"""The wills of clients: published, kept for a broker that dies, or dropped.

`sessions.SessionExpiry` waits for their delays.
"""

from __future__ import annotations

from zapette_broker.message import Message, Will
from zapette_broker.monitoring.metrics import Metrics
from zapette_broker.routing.retention import Retention
from zapette_broker.routing.router import Router
from zapette_broker.sessions.session import Session
from zapette_broker.storage.state_store import StateStore


class Wills:
    """What becomes of wills; a delay and the end of a session are those of `SessionExpiry`."""

    __slots__ = ("_metrics", "_retention", "_router", "_store")

    def __init__(
        self, metrics: Metrics, store: StateStore, router: Router, retention: Retention
    ) -> None:
        self._metrics = metrics
        self._store = store
        self._router = router
        self._retention = retention

    def publish(self, will: Will) -> None:
        """Publish a will message, whose rights were checked when its client connected."""
        self._metrics.wills_published += 1
        self.drop(will)
        left = will.message
        # made now, because its Message Expiry Interval begins now (MQTT 5 section 3.1.3.2.4)
        message = Message(left.topic, left.payload, left.qos, left.retain, left.source, left.origin)
        if message.retain:
            self._retention.put(message)
        self._router.publish(message)

    def keep(self, session: Session, will: Will) -> None:
        """See to it that the will is published even if the broker dies first."""
        self._store.set_will(session, will.message, will.delay)

    def drop(self, will: Will) -> None:
        """See to it that the will is not published any more."""
        self._store.clear_will(will.client_id)
