"""Virtual environments of programs that a benchmark compares with, made on their first use."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from bench.processes import ProcessError

_TIMEOUT: Final = 900.0
_CACHE: Final = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "zapette-bench"


class Environment:
    """The packages of ``bench/requirements-NAME.txt`` in an environment of their own."""

    def __init__(self, name: str) -> None:
        self.folder = _CACHE / name
        self._packages = Path(__file__).with_name(f"requirements-{name}.txt")

    def install(self) -> None:
        """Make it, unless it is there; ProcessError if that fails."""
        done = self.folder / "installed.txt"
        if done.exists() and done.read_bytes() == self._packages.read_bytes():
            return
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        pip = [f"{self.folder}/bin/pip", "install", "--quiet", "--requirement"]
        try:
            venv = [sys.executable, "-m", "venv", "--clear", str(self.folder)]
            subprocess.run(venv, check=True, timeout=_TIMEOUT)
            subprocess.run([*pip, str(self._packages)], check=True, timeout=_TIMEOUT)
        except subprocess.SubprocessError as error:
            raise ProcessError(str(error)) from error
        done.write_bytes(self._packages.read_bytes())
