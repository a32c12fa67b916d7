"""Pytest within a test, where that has to run in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from tempfile import TemporaryDirectory

from zapette_server.paths import ROOT


def run_pytest(
    *arguments: str,
    within: Sequence[str] = (),
    settings: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run pytest on `arguments`, below the command `within`, with further environment variables.

    It has a temporary folder of its own: of the common one, each pytest that ends removes what
    others left, and fails if another one is just doing that.
    """
    with TemporaryDirectory() as folder:
        options = ["-q", "-p", "no:cacheprovider", "--basetemp", f"{folder}/pytest"]
        return subprocess.run(
            [*within, sys.executable, "-m", "pytest", *options, *arguments],
            cwd=ROOT,
            env=os.environ | (settings or {}),
            capture_output=True,
            text=True,
        )
