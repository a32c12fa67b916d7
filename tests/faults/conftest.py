"""A disk of a test's own takes the right to mount, which a namespace gives to everybody."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.faults.disk import may_mount
from tests.namespaces import alone
from zapette_server.places import ROOT


@pytest.fixture
def own_disk() -> None:
    """Say that a test needs a disk of its own."""


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a test on a disk of its own in a namespace, where this process may mount none."""
    if "own_disk" not in pyfuncitem.fixturenames or may_mount():
        return None
    inner = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", pyfuncitem.nodeid]
    done = subprocess.run(
        [*alone("mount"), *inner], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"in a namespace of its own:\n{done.stdout}\n{done.stderr}"
    return True
