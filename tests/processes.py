"""Programs that a test starts and that end with it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import AnyStr


@contextmanager
def ending(process: subprocess.Popen[AnyStr]) -> Iterator[subprocess.Popen[AnyStr]]:
    """End `process` by SIGKILL where it still runs: leaving a Popen waits for ever."""
    with process:
        try:
            yield process
        finally:
            process.kill()
