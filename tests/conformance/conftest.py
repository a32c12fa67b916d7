"""Runs each test on ours and on mosquitto, for each protocol version that it names."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conformance.clients import Clients
from tests.conformance.servers import KINDS, Profile, Servers
from tests.conformance.statements.catalogue import LABELS, differences, proven
from tests.conformance.waiting import Waiting, kind_of
from tests.conformance.wire.encodings import Version


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "proves(v311, v5): the numbered statements a test proves")
    config.addinivalue_line("markers", "waits: spends seconds waiting, so runs next to others")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "version" in metafunc.fixturenames:
        mark = metafunc.definition.get_closest_marker("proves")
        assert mark, f"{metafunc.function.__name__} does not say what it proves"
        versions = list(proven(mark))
        metafunc.parametrize("version", versions, ids=[LABELS[version] for version in versions])


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the differences known, and put the tests that wait behind the others."""
    known = differences()
    for item in items:
        if not isinstance(item, pytest.Function) or (kind := kind_of(item)) is None:
            continue
        parameters = set(item.callspec.id.split("-"))
        for difference in known:
            if difference.applies(kind, item.originalname, parameters):
                item.add_marker(pytest.mark.xfail(strict=True, reason=difference.reason))
    items.sort(key=lambda item: item.get_closest_marker("waits") is not None)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Take the result of a test that waits: it has been running since the servers were there."""
    if not pyfuncitem.get_closest_marker("waits"):
        return None
    waiting = pyfuncitem.funcargs["waiting"]
    assert isinstance(waiting, Waiting)
    waiting.result(pyfuncitem)
    return True


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """The servers, each started when it is first asked for."""
    with Servers(tmp_path_factory.mktemp("servers")) as started:
        yield started


@pytest.fixture(scope="session", autouse=True)
def waiting(request: pytest.FixtureRequest, servers: Servers) -> Waiting:
    """The tests that wait, begun before all others."""
    begun = Waiting()
    begun.start(request.session.items, servers)
    return begun


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """The kind of server."""
    return str(request.param)


@pytest.fixture
def clients(servers: Servers, kind: str, version: Version) -> Iterator[Clients]:
    """The clients of this test."""
    with Clients(servers.get(kind, Profile.OPEN), version) as made:
        yield made


@pytest.fixture
def guarded_clients(servers: Servers, kind: str, version: Version) -> Iterator[Clients]:
    """The clients of this test, on a server with one user, who may do little."""
    with Clients(servers.get(kind, Profile.GUARDED), version) as made:
        yield made


@pytest.fixture
def limited_clients(servers: Servers, kind: str, version: Version) -> Iterator[Clients]:
    """The clients of this test, on a server with tight limits."""
    with Clients(servers.get(kind, Profile.LIMITED), version) as made:
        yield made
