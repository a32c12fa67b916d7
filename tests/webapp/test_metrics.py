"""What Prometheus is told."""

from __future__ import annotations

import logging
import re
import threading

import pytest

from tests.programs.system import System
from tests.waiting import eventually
from zapette_server.supervisor import Supervisor
from zapette_webapp.status.metrics import BrokerFigures, Requests, restarts
from zapette_webapp.status.prometheus import Family, Sample, render

LINE = re.compile(r'[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? -?[0-9.e+-]+')


def figures(system: System) -> dict[str, float]:
    """Return the figures by name and labels, after checking the form of every line."""
    answer = system.get("metrics")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    found: dict[str, float] = {}
    typed: set[str] = set()
    for line in answer.body.decode().splitlines():
        if line.startswith("# TYPE "):
            name = line.split()[2]
            assert name not in typed
            typed.add(name)
        elif not line.startswith("# HELP "):
            assert LINE.fullmatch(line), line
            name, _, value = line.rpartition(" ")
            plain = re.sub(r"(_bucket|_sum|_count)?(\{.*)?$", "", name)
            assert plain in typed, line
            assert name not in found
            found[name] = float(value)
    return found


def test_requests_are_counted_by_status(system: System) -> None:
    if system.command == "run":
        # until then the manager asks too, even if all was up when the test looked
        eventually(lambda: "Zapette is running." in system.log, "it is welcomed")
    before = figures(system)
    system.get("api/id")
    system.get("api/none")
    after = figures(system)
    for status in ("2xx", "4xx"):
        name = f'zapette_http_requests_total{{status="{status}"}}'
        assert after[name] == before[name] + 1
    many = "zapette_http_request_seconds_count"
    assert after[many] == before[many] + 2
    assert after[many] == after['zapette_http_request_seconds_bucket{le="+Inf"}']


def test_parts_library_and_process(cinema: System) -> None:
    found = figures(cinema)
    assert found['zapette_up{part="broker_mqtt"}'] == 1
    assert (found["zapette_library_media"], found["zapette_library_ready"]) == (10, 1)
    assert found["process_resident_memory_bytes"] > 1e6
    assert found["process_cpu_seconds_total"] > 0


def test_restarts_of_threads_are_counted(system: System) -> None:
    found = figures(system)
    for task in ("discovery", "library", "thumbnails", "previews", "stores"):
        assert found[f'zapette_task_restarts_total{{task="{task}"}}'] >= 0
    ended = threading.Event()
    owner = Supervisor(logging.getLogger("zapette.test"))
    owner.thread("fragile", lambda: 1 / 0 if not owner.restarts else ended.wait())
    (family,) = restarts([owner])
    eventually(lambda: next(restarts([owner])).samples[0].value == 1, "it is counted")
    assert family.samples[0].labels == {"task": "fragile"}
    owner.stop()
    ended.set()
    owner.stop(10)


def test_the_broker_is_in_it(system: System) -> None:
    name = "zapette_broker_clients_connected"
    found = eventually(
        lambda: (now := figures(system)).get(name, 0) > 0 and now, "the broker tells", timeout=30
    )
    assert isinstance(found, dict)
    assert found["zapette_broker_connects_accepted_total"] > 0


def test_what_the_broker_said_ends_with_the_connection() -> None:
    live = True
    broker = BrokerFigures(lambda: live)
    broker.take(b'{"sessions": 2, "bytes_sent": 5, "x y": 1, "text": "no", "on": true}')
    names = [it.name for it in broker.families()]
    assert names == ["zapette_broker_bytes_sent_total", "zapette_broker_sessions"]
    for rubbish in (b"", b"\xff", b"[]", b"5"):
        broker.take(rubbish)
    assert len(list(broker.families())) == 2
    live = False
    assert list(broker.families()) == []


@pytest.mark.parametrize(("seconds", "first"), [(0.005, "0.005"), (0.0051, "0.025"), (9, "+Inf")])
def test_times_fall_into_their_bucket(seconds: float, first: str) -> None:
    requests = Requests()
    requests.count(200, seconds)
    (histogram,) = [it for it in requests.families() if it.kind == "histogram"]
    edges = [it.labels["le"] for it in histogram.samples if it.suffix == "_bucket" and it.value]
    assert edges[0] == first


def test_labels_are_escaped() -> None:
    text = render([Family("a", "gauge", 'b\\"\n', [Sample(0.5, {"l": 'x"\\\n'})])])
    assert text == '# HELP a b\\\\"\\n\n# TYPE a gauge\na{l="x\\"\\\\\\n"} 0.5\n'
