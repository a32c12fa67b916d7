"""Runs the tests whose time goes into waiting side by side: a second of keep alive is a second."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from tests.conformance.clients import Clients
from tests.conformance.servers import Profile, Server, Servers
from tests.conformance.wire.encodings import Version

AT_ONCE = 128
FIXTURES = {
    "clients": Profile.OPEN,
    "guarded_clients": Profile.GUARDED,
    "limited_clients": Profile.LIMITED,
}


def kind_of(item: pytest.Function) -> str | None:
    """Return the kind of server that a test runs on, None if it runs on none."""
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    return str(parameters["kind"]) if "kind" in parameters else None


class Waiting:
    """The results of tests that wait, each test in a thread with clients of its own."""

    def __init__(self) -> None:
        self._results: dict[str, Future[None]] = {}

    def start(self, items: Iterable[pytest.Item], servers: Servers) -> None:
        """Begin all that wait; each is to take nothing but its clients and parameters."""
        pool = ThreadPoolExecutor(AT_ONCE)
        for item in items:
            if isinstance(item, pytest.Function) and item.get_closest_marker("waits"):
                name = next(name for name in FIXTURES if name in item.fixturenames)
                server = servers.get(str(kind_of(item)), FIXTURES[name])
                self._results[item.nodeid] = pool.submit(_run, item, name, server)
        pool.shutdown(wait=False)

    def result(self, item: pytest.Function) -> None:
        """Wait for a test and raise what it raised."""
        self._results[item.nodeid].result()


def _run(item: pytest.Function, name: str, server: Server) -> None:
    parameters = {key: value for key, value in item.callspec.params.items() if key != "kind"}
    version = parameters.pop("version")
    assert isinstance(version, Version)
    with Clients(server, version) as clients:
        item.obj(**{name: clients}, **parameters)
