"""A program that calls, or one that is called: a process that is told what to do line by line."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from bench.broker_load import launch
from bench.broker_load.process import ProcessError, running_time
from bench.broker_load.servers.server import ROOT

_PATIENCE: Final = 60.0
_LONGEST_LINE: Final = 64 * 2**20


class Party:
    """One program on one core.

    Args:
        python: the interpreter of its environment.
        arguments: of the interpreter.
        core: the number of the core.
        log: the file that gets what it says to the standard error.
    """

    def __init__(self, python: Path, arguments: Sequence[str], core: int, log: Path) -> None:
        self._command = [sys.executable, launch.__file__, str(core), str(python), *arguments]
        self._log = log
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it, and return once it is ready.

        Raises:
            ProcessError: it is not.
        """
        with self._log.open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                cwd=ROOT,
                env=os.environ | {"PYTHONPATH": str(ROOT)},
                limit=_LONGEST_LINE,
            )
        await self._hear()

    async def tell(self, order: dict[str, Any]) -> dict[str, Any]:
        """Give an order, and return what came of it.

        Raises:
            ProcessError: it has ended, or says nothing for too long.
        """
        assert self._running.stdin is not None
        self._running.stdin.write(json.dumps(order).encode() + b"\n")
        return await self._hear()

    def cpu(self) -> float:
        """Return how long its threads have run so far, in seconds."""
        return running_time(self._running.pid)[0]

    async def stop(self) -> None:
        """End it."""
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        # what it was sent is read to the end, or the event loop keeps the pipe
        await self._process.communicate()

    @property
    def _running(self) -> asyncio.subprocess.Process:
        if self._process is None:
            raise RuntimeError("the party was not started")
        return self._process

    async def _hear(self) -> dict[str, Any]:
        assert self._running.stdout is not None
        try:
            line = await asyncio.wait_for(self._running.stdout.readline(), _PATIENCE)
        except TimeoutError:
            line = b""
        if not line:
            said = self._log.read_text(errors="replace")[-2000:]
            raise ProcessError(f"a party does not answer: {' '.join(self._command[3:6])}: {said}")
        answer: dict[str, Any] = json.loads(line)
        return answer
