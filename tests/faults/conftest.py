"""A disk of a test's own takes the right to mount, which a namespace gives to everybody."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.faults.disk import may_mount
from zapette.config import ROOT

_ALONE = ["unshare", "--user", "--map-root-user", "--mount"]
_WHAT_TO_DO = """the test needs a disk of its own, and may mount none here. Run it as root, or let
users have namespaces: sysctl user.max_user_namespaces=10000, and where the system has them
kernel.unprivileged_userns_clone=1 and kernel.apparmor_restrict_unprivileged_userns=0"""


@pytest.fixture
def own_disk() -> None:
    """Say that a test needs a disk of its own."""


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a test on a disk of its own in a namespace, where this process may mount none."""
    if "own_disk" not in pyfuncitem.fixturenames or may_mount():
        return None
    if subprocess.run([*_ALONE, "true"], check=False).returncode:
        pytest.fail(_WHAT_TO_DO, pytrace=False)
    inner = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", pyfuncitem.nodeid]
    done = subprocess.run([*_ALONE, *inner], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"in a namespace of its own:\n{done.stdout}\n{done.stderr}"
    return True
