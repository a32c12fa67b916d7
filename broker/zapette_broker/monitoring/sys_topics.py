"""``$SYS``: what the broker tells of itself, by the names that mosquitto gave it."""

from __future__ import annotations

import asyncio
import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version

from zapette_broker.message import Message
from zapette_broker.monitoring.metrics import Metrics
from zapette_broker.monitoring.trim import Trimmer
from zapette_broker.routing.retention import Retention
from zapette_broker.routing.router import Router
from zapette_broker.session_budgets import Budgets
from zapette_broker.sessions.session import Session

PREFIX = "$SYS/broker/"

_COUNTERS = {
    "bytes/received": "bytes_received",
    "bytes/sent": "bytes_sent",
    "messages/received": "packets_received",
    "messages/sent": "packets_sent",
    "publish/messages/received": "publish_received",
    "publish/messages/sent": "publish_sent",
    "publish/messages/dropped": "publish_dropped",
    "publish/bytes/received": "publish_bytes_received",
    "publish/bytes/sent": "publish_bytes_sent",
    "clients/expired": "sessions_expired",
    "clients/maximum": "clients_maximum",
}
_LOADS = {
    "load/bytes/received": "bytes_received",
    "load/bytes/sent": "bytes_sent",
    "load/messages/received": "packets_received",
    "load/messages/sent": "packets_sent",
    "load/publish/received": "publish_received",
    "load/publish/sent": "publish_sent",
    "load/publish/dropped": "publish_dropped",
    "load/sockets": "connections_opened",
    "load/connections": "connects_accepted",
}
_MINUTES = (1, 5, 15)
_TRIM_EVERY = 6
"""In how many intervals it is looked whether memory can be given back."""


class SysTopics:
    """Publishes the state of the broker every so often, retained; a value only if it changed.

    ``$SYS/broker/metrics`` has all counters and gauges as one JSON object, for programs.
    """

    def __init__(
        self,
        interval: float,
        metrics: Metrics,
        budgets: Budgets,
        router: Router,
        retention: Retention,
        sessions: Mapping[str, Session],
        further: Sequence[Callable[[], dict[str, int]]],
    ) -> None:
        self._interval = interval
        self._metrics = metrics
        self._budgets = budgets
        self._router = router
        self._retention = retention
        self._sessions = sessions
        self._further = further
        self._handle: asyncio.TimerHandle | None = None
        self._trimmer = Trimmer()
        self._ticks = 0
        self._started = 0.0
        self._published: dict[str, str] = {}
        self._before: dict[str, int] = {}
        self._loads = dict.fromkeys(
            ((name, minutes) for name in _LOADS for minutes in _MINUTES), 0.0
        )
        self._heap_maximum = 0

    def start(self) -> None:
        """Begin to publish, if the interval is not 0."""
        self._started = time.monotonic()
        self._before = self._metrics.snapshot()
        if self._interval:
            self._publish("version", f"zapette broker version {version('zapette')}")
            self._tick()

    def stop(self) -> None:
        """Publish no more."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def gauges(self) -> dict[str, int]:
        """Return what goes up and down: how much of everything there is now."""
        sessions = self._sessions.values()
        figures = {
            "sessions": len(sessions),
            "subscriptions": sum(len(session.subscriptions) for session in sessions),
            "shared_subscriptions": self._router.shared_count,
            "retained": len(self._retention),
            "retained_bytes": self._retention.messages.size,
            "queued_bytes": self._budgets.whole.queued_bytes,
            "budgets": len(self._budgets),
            "messages_waiting": sum(session.waiting_count for session in sessions),
            "messages_inflight": sum(session.inflight_count for session in sessions),
            "resident_bytes": self._trimmer.resident(),
            "uptime_seconds": int(time.monotonic() - self._started),
        }
        for further in self._further:
            figures |= further()
        return figures

    def _tick(self) -> None:
        self._handle = asyncio.get_running_loop().call_later(self._interval, self._tick)
        self._ticks += 1
        if self._ticks % _TRIM_EVERY == 0:
            self._trimmer.trim()
        counters = self._metrics.snapshot()
        gauges = self.gauges()
        for name, counter in _COUNTERS.items():
            self._publish(name, str(counters[counter]))
        self._publish_gauges(gauges, counters["clients_connected"])
        self._publish_loads(counters)
        self._publish("metrics", json.dumps({**counters, **gauges}))
        self._before = counters

    def _publish_gauges(self, gauges: dict[str, int], connected: int) -> None:
        total, away = gauges["sessions"], gauges["sessions"] - connected
        queued = gauges["messages_waiting"] + gauges["messages_inflight"]
        self._heap_maximum = max(self._heap_maximum, gauges["resident_bytes"])
        for name, value in {
            "uptime": f"{gauges['uptime_seconds']} seconds",
            "clients/total": total,
            "clients/connected": connected,
            "clients/active": connected,
            "clients/disconnected": away,
            "clients/inactive": away,
            "subscriptions/count": gauges["subscriptions"],
            "shared_subscriptions/count": gauges["shared_subscriptions"],
            "retained messages/count": gauges["retained"],
            "messages/stored": gauges["retained"] + queued,
            "store/messages/count": gauges["retained"] + queued,
            "store/messages/bytes": gauges["retained_bytes"],
            "heap/current": gauges["resident_bytes"],
            "heap/maximum": self._heap_maximum,
        }.items():
            self._publish(name, str(value))

    def _publish_loads(self, counters: dict[str, int]) -> None:
        """Tell the moving averages, in each per minute."""
        for name, counter in _LOADS.items():
            rate = (counters[counter] - self._before[counter]) * 60 / self._interval
            for minutes in _MINUTES:
                weight = math.exp(-self._interval / (60 * minutes))
                load = weight * self._loads[name, minutes] + (1 - weight) * rate
                self._loads[name, minutes] = load
                self._publish(f"{name}/{minutes}min", f"{load:.2f}")

    def _publish(self, name: str, value: str) -> None:
        if self._published.get(name) == value:
            return
        self._published[name] = value
        message = Message(PREFIX + name, value.encode(), retain=True)
        self._retention.put(message)
        self._router.publish(message)
