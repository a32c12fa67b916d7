"""What many tests share."""

from __future__ import annotations

import signal
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from tests.foreign import is_foreign, shared_system
from tests.sharing import ended, sharing, start_again
from tests.system import System


class Folders(LoadScopeScheduling):
    """Lets one process run a folder's tests, in order, where several share the tests.

    What a folder's tests run on is started once, and one process at a time drives browsers.
    """

    def _split_scope(self, nodeid: str) -> str:
        return nodeid.partition("::")[0].split("/")[1]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Folders:
    """Return how tests are shared among processes."""
    return Folders(config, log)


class Failures:
    """Says how a test failed at once, for whoever waits for the others or ends them."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Print why `report` is of a failure."""
        if report.failed:
            terminal = self._config.get_terminal_writer()
            terminal.line(f"\n{report.nodeid} failed ({report.when}):\n{report.longreprtext}")


def pytest_configure(config: pytest.Config) -> None:
    """Print in the process that the terminal is of, and let programs be interrupted."""
    config.addinivalue_line(
        "markers", "ours(reason): left out with TEST_BROKER=mosquitto, which cannot do it"
    )
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # so a shell starts what runs in its background, and all that is started by that inherits it
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Failures(config))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with what takes longest: the tests in browsers."""
    items.sort(key=lambda item: item.path.parent.name != "browser")
    if is_foreign():
        left_out = [item for item in items if item.get_closest_marker("ours")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[Any], request: Any
) -> Generator[None, Any, Any]:
    """Keep the first failure of a fixture from being that of all tests that share it.

    The test that asked for it fails; the next one gets it set up afresh.
    """
    try:
        return (yield)
    except Exception:
        if fixturedef not in _failed:
            _failed.add(fixturedef)
            fixturedef.finish(request)
        raise


_failed: set[pytest.FixtureDef[Any]] = set()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Give each test shared systems that run, whatever the one before did to them."""
    start_again()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown() -> Iterator[None]:
    """Let the test fail in whose time a shared system has ended."""
    why = ended()
    yield
    if why:
        pytest.fail(why, pytrace=False)


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A system that runs for the whole session; tests on it use players of their own.

    ``TEST_BROKER=mosquitto`` puts it on a plain Mosquitto.
    """
    with sharing(shared_system(tmp_path_factory.mktemp("system"))) as running:
        yield running


@pytest.fixture
def new_system(tmp_path: Path) -> Iterator[Callable[..., System]]:
    """Make systems of the test's own, which it may break; they are stopped after it."""
    with ExitStack() as stack:

        def make(**settings: str) -> System:
            return stack.enter_context(System(Path(mkdtemp(dir=tmp_path)), settings))

        yield make
