"""A part of the browser's tests behind TLS, nginx and Caddy; ``TEST_FRONT=…`` runs all of them."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.fronts import FRONTS
from zapette_server.places import ROOT

PART = ("test_new_code.py", "test_remote_pairing.py")


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("front", FRONTS)
def test_pages_behind(front: str) -> None:
    files = [f"tests/browser/{name}" for name in PART]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *files],
        cwd=ROOT,
        env={**os.environ, "TEST_FRONT": front},
        capture_output=True,
        text=True,
        timeout=590,
    )
    assert done.returncode == 0, done.stdout[-8000:]
