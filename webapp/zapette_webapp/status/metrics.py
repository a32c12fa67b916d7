"""The figures of ``/metrics``: of the web side, the library and the broker."""

from __future__ import annotations

import json
import threading
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib.metadata import version
from typing import Any, Final

import psutil
from flask import Blueprint, Flask, Response, g, request

from zapette_server.health_checks import Checks
from zapette_server.supervisor import Supervisor
from zapette_webapp.library.library import Library
from zapette_webapp.media import tools
from zapette_webapp.media.tools import Tool
from zapette_webapp.status import prometheus
from zapette_webapp.status.prometheus import Family, Sample, family

BROKER_TOPIC: Final = "$SYS/broker/metrics"
"""The topic of the broker's counters and gauges, one JSON object."""

_BUCKETS: Final = (0.005, 0.025, 0.1, 0.5, 2.5)
# The gauges among the broker's figures; the others are counters.
_GAUGES: Final = frozenset(
    {
        "clients_connected", "clients_maximum", "sessions", "subscriptions",
        "shared_subscriptions", "retained", "retained_bytes", "messages_waiting",
        "messages_inflight", "resident_bytes", "uptime_seconds", "tasks_down",
        "credentials_unreadable", "queued_bytes", "budgets",
    }
)  # fmt: skip


class Requests:
    """Counts the responses of the web side; safe for several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._statuses: Counter[str] = Counter()
        self._buckets = [0] * (len(_BUCKETS) + 1)
        self._seconds = 0.0

    def count(self, status: int, seconds: float) -> None:
        """Count one response and the time to prepare it."""
        with self._lock:
            self._statuses[f"{status // 100}xx"] += 1
            self._buckets[bisect_left(_BUCKETS, seconds)] += 1
            self._seconds += seconds

    def families(self) -> Iterator[Family]:
        """Return the figures."""
        with self._lock:
            statuses, buckets, seconds = dict(self._statuses), list(self._buckets), self._seconds
        yield Family(
            "zapette_http_requests_total",
            "counter",
            "Answers over HTTP, by class of status.",
            [
                Sample(statuses.get(name, 0), {"status": name})
                for name in ("1xx", "2xx", "3xx", "4xx", "5xx")
            ],
        )
        samples, below = [], 0
        for edge, many in zip((*_BUCKETS, float("inf")), buckets, strict=True):
            below += many
            samples.append(Sample(below, {"le": "+Inf" if edge > 1e9 else str(edge)}, "_bucket"))
        samples += [Sample(seconds, suffix="_sum"), Sample(below, suffix="_count")]
        yield Family(
            "zapette_http_request_seconds",
            "histogram",
            "Time to make an answer, without sending it.",
            samples,
        )


class BrokerFigures:
    """The last figures that the broker published.

    Args:
        is_live: whether the connection to the broker is live; otherwise the figures are stale.
    """

    def __init__(self, is_live: Callable[[], bool]) -> None:
        self._is_live = is_live
        self._figures: dict[str, float] = {}

    def take(self, payload: bytes) -> None:
        """Store the numbers in a message of the broker; ignore anything else."""
        try:
            content: Any = json.loads(payload)
        except ValueError:
            return
        if isinstance(content, dict):
            self._figures = {
                name: value
                for name, value in content.items()
                if name.isidentifier() and name.isascii() and type(value) in {int, float}
            }

    def families(self) -> Iterator[Family]:
        """Return the figures; none while the broker is away."""
        if not self._is_live():
            return
        for name, value in sorted(self._figures.items()):
            kind, end = ("gauge", "") if name in _GAUGES else ("counter", "_total")
            meaning = f"The broker's {name.replace('_', ' ')}."
            yield family(f"zapette_broker_{name}{end}", kind, meaning, value)


def blueprint(
    figures: Iterable[Callable[[], Iterable[Family]]],
    checks: Checks,
    library: Library,
    *others: Tool,
) -> Blueprint:
    """Return the route ``/metrics``.

    Args:
        figures: functions that return the families of one part each.
        checks: the state of the parts.
        library: the library.
        others: further programs that are run.
    """
    metrics = Blueprint("metrics", __name__)
    process = psutil.Process()

    @metrics.get("/metrics")
    def text() -> Response:
        families = [
            *_parts(checks),
            *_library(library, others),
            *_process(process),
            *(family for part in figures for family in part()),
        ]
        response = Response(prometheus.render(families), content_type=prometheus.CONTENT_TYPE)
        response.headers["Cache-Control"] = "no-store"
        return response

    return metrics


def restarts(owners: Iterable[Supervisor]) -> Iterator[Family]:
    """Return the restarts of each thread of the web side."""
    works = [(name, work.restarts) for owner in owners for name, work in owner.works.items()]
    yield Family(
        "zapette_task_restarts_total",
        "counter",
        "Restarts of the web side's threads, which end only by a fault.",
        [Sample(many, {"task": name}) for name, many in works],
    )


def nodes(informed: Mapping[str, bool]) -> Iterator[Family]:
    """Return which nodes of a cluster know the latest revocations; nothing without a cluster."""
    if informed:
        yield Family(
            "zapette_node_informed",
            "gauge",
            "Whether a node of the cluster knows the latest revocations of this web side.",
            [Sample(knows, {"node": url}) for url, knows in informed.items()],
        )


def count(app: Flask, counted: Requests) -> None:
    """Count every response of `app`."""

    @app.before_request
    def begin() -> None:
        g.began = time.perf_counter()

    @app.after_request
    def end(response: Response) -> Response:
        if request.path != "/metrics":
            began = g.get("began", time.perf_counter())
            counted.count(response.status_code, time.perf_counter() - began)
        return response


def _parts(checks: Checks) -> Iterator[Family]:
    info = Sample(1, {"version": version("zapette")})
    yield Family("zapette_build_info", "gauge", "The version that runs.", [info])
    samples = [Sample(problem is None, {"part": part}) for part, problem in checks.run().items()]
    yield Family("zapette_up", "gauge", "Whether a part is up.", samples)


def _library(library: Library, others: tuple[Tool, ...]) -> Iterator[Family]:
    now = library.scanner.progress()
    yield family("zapette_library_media", "gauge", "Media in the library.", now.media)
    yield family("zapette_library_probed", "gauge", "Media that were probed.", now.probed)
    ready = now.state == "ready"
    yield family("zapette_library_ready", "gauge", "Whether the index is up to date.", ready)
    made = library.thumbnails.made
    yield family("zapette_thumbnails_total", "counter", "Thumbnails made.", made)
    yield from tools.families((*library.tools, *others))


def _process(process: psutil.Process) -> Iterator[Family]:
    with process.oneshot():
        times, memory = process.cpu_times(), process.memory_info().rss
        started = process.create_time()
    yield family(
        "process_cpu_seconds_total", "counter", "CPU of the web side.", times.user + times.system
    )
    yield family("process_resident_memory_bytes", "gauge", "Memory of the web side.", memory)
    yield family(
        "process_start_time_seconds", "gauge", "Start of the web side, Unix time.", started
    )
