"""Namespaces of Linux: a network or mounts of a test's own, without being root."""

from __future__ import annotations

import os
import subprocess

import pytest

from tests.inner_pytest import run_pytest

_INSIDE = "TESTS_NAMESPACES"

_WHAT_TO_DO = """`{command}` does not work here, and the test needs it ({error}).
Let users have namespaces: sysctl user.max_user_namespaces=10000, and where the system has them
kernel.unprivileged_userns_clone=1 and kernel.apparmor_restrict_unprivileged_userns=0"""


def alone(*kinds: str) -> list[str]:
    """Return what is put before a command to run it as root of namespaces of these kinds.

    Fail, with what to do, where there are none: a test that is left out has not passed.
    """
    command = ["unshare", "--user", "--map-root-user", *(f"--{kind}" for kind in kinds)]
    try:
        done = subprocess.run([*command, "true"], capture_output=True, text=True, check=False)
        error = done.stderr.strip() if done.returncode else ""
    except OSError as missing:
        error = str(missing)
    if error:
        pytest.fail(_WHAT_TO_DO.format(command=" ".join(command), error=error), pytrace=False)
    return command


def rerun_in(request: pytest.FixtureRequest, *kinds: str) -> bool:
    """Run a test in namespaces of its own; return false in there, where it has to go on."""
    if os.environ.get(_INSIDE) == ",".join(kinds):
        return False
    inside = {_INSIDE: ",".join(kinds)}
    done = run_pytest(request.node.nodeid, within=alone(*kinds), settings=inside)
    assert done.returncode == 0, f"in namespaces of its own:\n{done.stdout}\n{done.stderr}"
    return True
