"""Runs each test on ours and on mosquitto, for each protocol version that it names."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conformance.catalogue import FOLDER, LABELS, differences, proven
from tests.conformance.clients import Clients
from tests.conformance.servers import KINDS, Server, run_server
from tests.conformance.waiting import Waiting
from tests.conformance.wire import Version

WAITING = pytest.StashKey[Waiting]()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "proves(v311, v5): the numbered statements a test proves")
    config.addinivalue_line("markers", "waits: spends seconds waiting, so runs beside others")
    config.stash[WAITING] = Waiting()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "version" in metafunc.fixturenames:
        mark = metafunc.definition.get_closest_marker("proves")
        assert mark, f"{metafunc.function.__name__} does not say what it proves"
        versions = list(proven(mark))
        metafunc.parametrize("version", versions, ids=[LABELS[version] for version in versions])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    known = differences()
    for item in items:
        if not isinstance(item, pytest.Function) or FOLDER not in item.path.parents:
            continue
        if not hasattr(item, "callspec"):
            continue
        parameters = set(item.callspec.id.split("-"))
        for difference in known:
            kind = str(item.callspec.params.get("server") or item.callspec.params.get("guarded"))
            if difference.applies(kind, item.originalname, parameters):
                item.add_marker(pytest.mark.xfail(strict=True, reason=difference.reason))


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a test that waits together with all the others that wait on the same server."""
    if not pyfuncitem.get_closest_marker("waits"):
        return None
    made = pyfuncitem.funcargs["clients"]
    assert isinstance(made, Clients)
    pyfuncitem.config.stash[WAITING].result(pyfuncitem, made.server)
    return True


@pytest.fixture(scope="session", params=KINDS)
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """A server that lets anybody in."""
    with run_server(request.param, tmp_path_factory.mktemp(request.param)) as running:
        yield running


@pytest.fixture(scope="session", params=KINDS)
def guarded(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """A server with one user, who may do little."""
    folder = tmp_path_factory.mktemp(f"guarded-{request.param}")
    with run_server(request.param, folder, guarded=True) as running:
        yield running


@pytest.fixture
def clients(server: Server, version: Version) -> Iterator[Clients]:
    """The clients of this test."""
    made = Clients(server, version)
    yield made
    made.close()


@pytest.fixture
def guarded_clients(guarded: Server, version: Version) -> Iterator[Clients]:
    """The clients of this test, on the guarded server."""
    made = Clients(guarded, version)
    yield made
    made.close()
