"""Runs the tests whose time goes into waiting side by side: a second of keep alive is a second."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from tests.conformance.clients import Clients
from tests.conformance.servers import Server
from tests.conformance.wire import Version

AT_ONCE = 64


class Waiting:
    """The results of tests that wait, each test in a thread with clients of its own."""

    def __init__(self) -> None:
        self._results: dict[str, Future[None]] = {}

    def result(self, item: pytest.Function, server: Server) -> None:
        """Raise what the test raised. The first to be asked for starts all of that server."""
        if item.nodeid not in self._results:
            self._start(item, server)
        self._results[item.nodeid].result()

    def _start(self, first: pytest.Function, server: Server) -> None:
        pool = ThreadPoolExecutor(AT_ONCE)
        for item in first.session.items:
            if isinstance(item, pytest.Function) and _waits_on(item, server):
                self._results[item.nodeid] = pool.submit(_run, item, server)
        pool.shutdown(wait=False)


def _waits_on(item: pytest.Function, server: Server) -> bool:
    if not item.get_closest_marker("waits"):
        return False
    return bool(item.callspec.params.get("server") == server.kind)


def _run(item: pytest.Function, server: Server) -> None:
    parameters = dict(item.callspec.params)
    version = parameters.pop("version")
    assert isinstance(version, Version)
    parameters.pop("server")
    clients = Clients(server, version)
    try:
        item.obj(clients=clients, **parameters)
    finally:
        clients.close()
