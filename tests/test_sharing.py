"""What many tests share fails for one of them, not for all."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.inner_pytest import run_pytest

CONFTEST = """
from tests import sharing

def pytest_configure(config):
    config.pluginmanager.register(sharing)
"""


def run(folder: Path, tests: str) -> str:
    """Run `tests` in a session of their own, under the hooks of ours."""
    (folder / "pytest.ini").write_text("[pytest]\naddopts = --tb=short\n")
    (folder := folder / "below").mkdir()
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "test_it.py").write_text(tests)
    # the plugins of other tests take seconds to load
    return run_pytest(str(folder), settings={"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}).stdout


@pytest.mark.slow
def test_a_system_that_ends_fails_one_test(tmp_path: Path) -> None:
    output = run(
        tmp_path,
        """
import pytest
from tests.sharing import sharing
from tests.programs.system import System

@pytest.fixture(scope="session")
def system(tmp_path_factory):
    with sharing(System(tmp_path_factory.mktemp("system"))) as running:
        yield running

@pytest.fixture(scope="module")
def password(system):
    return (system.data / "home-password").read_text()

def test_fine(system, password):
    assert system.is_up()

def test_it_dies(system):
    system.process.kill()
    system.process.wait()

def test_fine_again(system, password):
    assert system.is_up()
    assert (system.data / "home-password").read_text() == password
""",
    )
    assert "3 passed, 1 error" in output, output
    assert "ERROR at teardown of test_it_dies" in output
    assert "the system that tests share ended with -9" in output


def test_a_fixture_that_fails_is_set_up_again(tmp_path: Path) -> None:
    output = run(
        tmp_path,
        """
import pytest

asked = []

@pytest.fixture(scope="session")
def shared():
    asked.append(1)
    assert len(asked) > 1
    yield len(asked)

@pytest.fixture(scope="module")
def above(shared):
    return shared

@pytest.mark.parametrize("number", range(3))
def test_it(number, above):
    assert above == 2
""",
    )
    assert "2 passed, 1 error" in output, output
