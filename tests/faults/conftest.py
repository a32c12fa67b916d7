"""A disk of a test's own takes the right to mount, which a namespace gives to everybody."""

from __future__ import annotations

import pytest

from tests.faults.disk import may_mount
from tests.inner_pytest import run_pytest
from tests.machines.namespaces import alone


@pytest.fixture
def own_disk() -> None:
    """Say that a test needs a disk of its own."""


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a test on a disk of its own in a namespace, where this process may mount none."""
    if "own_disk" not in pyfuncitem.fixturenames or may_mount():
        return None
    done = run_pytest(pyfuncitem.nodeid, within=alone("mount"))
    assert done.returncode == 0, f"in a namespace of its own:\n{done.stdout}\n{done.stderr}"
    return True
