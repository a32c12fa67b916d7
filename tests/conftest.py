"""What many tests share."""

from __future__ import annotations

import inspect
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

import pytest
from hypothesis import HealthCheck, settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from tests import sharing as sharing_hooks
from tests.programs import fronts
from tests.programs.shared_system import lacking, shared_system
from tests.programs.system import System
from tests.sharing import sharing

# The usual deadline of 200 ms for an example, and how fast examples are to be made, are of an idle
# machine; a test that hangs has pytest's time-out.
settings.register_profile(
    "busy", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.register_profile("fast", settings.get_profile("busy"), max_examples=20)
settings.load_profile("busy")

WHOLE: Final = frozenset(
    {"system", "new_system", "by_setting", "cinema", "browser", "playwright", "site", "sources"}
)
"""Fixtures that bring up a whole system, a browser or a site of films, or build the pages."""


FAST: Final = "not slow"
"""What `make test-fast` selects."""

LONG: Final = frozenset({"homeassistant"})
"""Folders whose tests are all long."""

TOGETHER: Final = ("browser", "conformance", "database", "homeassistant")
"""Folders whose tests one process runs, on what is started once for all of them."""

HALVED: Final = {"browser": "messages"}
"""Of these folders, two processes run a half each; the second one's modules begin so."""

FIRST: Final = (*TOGETHER, "bench", "hostile")
"""Folders that take longest, in the order in which to begin with them."""


class Modules(LoadScopeScheduling):
    """Lets one process run a module's tests, in order, or all those of a folder of `TOGETHER`."""

    def _split_scope(self, nodeid: str) -> str:
        folder, file = _folder(nodeid), nodeid.partition("::")[0]
        if folder not in TOGETHER or self.config.option.markexpr == FAST:
            return file
        halves = folder in HALVED and file.rpartition("/test_")[2] >= HALVED[folder]
        return f"{folder}, second half" if halves else folder


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Modules:
    """Return how tests are shared among processes."""
    return Modules(config, log)


class Failures:
    """Says how a test failed at once, for a person who waits for the others or ends them."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Print why `report` is of a failure."""
        if report.failed:
            terminal = self._config.get_terminal_writer()
            terminal.line(f"\n{report.nodeid} failed ({report.when}):\n{report.longreprtext}")


def pytest_configure(config: pytest.Config) -> None:
    """Print in the process that the terminal is of, and let programs be interrupted."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # so a shell starts what runs in its background, and all that is started by that inherits it
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if config.option.markexpr == FAST:
        settings.load_profile("fast")
    config.pluginmanager.register(sharing_hooks)
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Failures(config))


def _folder(nodeid: str) -> str:
    """Return the folder in `tests`, or the file in it, that a test is of."""
    return nodeid.partition("::")[0].split("/")[1]


def _place(item: pytest.Item) -> int:
    folder = _folder(item.nodeid)
    return FIRST.index(folder) if folder in FIRST else len(FIRST)


def _is_of_a_system(item: pytest.Function) -> bool:
    """Tell whether a test or one of its fixtures starts a whole system or a browser."""
    used = item._fixtureinfo.name2fixturedefs
    functions = [
        item.function,
        *(it.func for name in item.fixturenames for it in used.get(name, ())),
    ]
    return not WHOLE.isdisjoint(item.fixturenames) or any(
        System.__name__ in inspect.unwrap(it).__code__.co_names for it in functions
    )


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what needs a whole system or is long, and begin with what takes longest.

    Those are the folders of `FIRST`, the modules with whole systems, and then the many others, so
    that no process has much left to do when the others have ended.
    """
    whole = set()
    for item in items:
        if _folder(item.nodeid) in LONG:
            item.add_marker("long")
        if item.get_closest_marker("long") or (
            isinstance(item, pytest.Function) and _is_of_a_system(item)
        ):
            item.add_marker("slow")
        if isinstance(item, pytest.Function) and "new_system" in item.fixturenames:
            item.add_marker(pytest.mark.not_on_nats("its system is on our broker all the same"))
        if item.get_closest_marker("slow"):
            whole.add(item.path)
    items.sort(key=lambda item: (_place(item), item.path not in whole))
    missing = [*lacking(), *(["own_port"] if fronts.chosen() else [])]
    left_out = [item for item in items if any(map(item.get_closest_marker, missing))]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A system that runs for the whole session; tests on it use players of their own.

    ``TEST_BROKER`` names another broker than ours: ``mosquitto`` or ``nats``.
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
