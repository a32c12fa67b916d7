"""A process that the manager keeps running."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import Final

from zapette_server.settings.settings import Settings
from zapette_server.settings.sources import to_environment
from zapette_server.supervisor import FIRST_DELAY, LONGEST_DELAY, STEADY

log = logging.getLogger("zapette.manager")

FATAL: Final = 2
"""The exit code of a part that a restart would not help."""

DAMAGED: Final = 65
"""The exit code of a part that found a damaged store (EX_DATAERR of sysexits.h)."""


@dataclass(slots=True)
class Part:
    """A process that is restarted when it ends.

    Attributes:
        name: the subcommand that runs it.
        settings: what it is started with.
        process: the running process; None while it waits to be started again.
    """

    name: str
    settings: Settings
    process: subprocess.Popen[bytes] | None = None
    delay: float = FIRST_DELAY
    started_at: float = 0.0
    start_at: float = field(default=0.0)
    renewing: bool = False

    def start(self) -> None:
        """Start the process, which ends itself when this one ends."""
        self.started_at = time.monotonic()
        self.process = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-P", "-m", "zapette_cli", self.name, "--exit-with-parent"],
            env=environment(self.settings),
            stdin=subprocess.PIPE,
            # Ctrl-C reaches the whole process group; only the manager handles it
            start_new_session=True,
        )

    def look(self, now: float) -> int | None:
        """Start the process if it is due; return its exit code if it has just died."""
        if self.process is None:
            if now >= self.start_at:
                self.start()
            return None
        code = self.process.poll()
        if code is None:
            return None
        self._close()
        if self.renewing:
            self.renewing = False
            self.start_at = now
            return None
        if now - self.started_at > STEADY:
            self.delay = FIRST_DELAY
        if code == FATAL:
            log.error(
                "the %s ended (%s), and starting it again would not help", self.name, _cause(code)
            )
            return code
        self.start_at = now + self.delay
        log.error("the %s died (%s); restarting in %.1f s", self.name, _cause(code), self.delay)
        self.delay = min(self.delay * 2, LONGEST_DELAY)
        return code

    def renew(self) -> None:
        """End the process and restart it at once."""
        log.info("the code of the %s has changed: restarting it", self.name)
        self.start_at = 0.0
        if self.process is not None:
            self.renewing = True
            self.process.terminate()

    def stop(self, deadline: float) -> None:
        """Wait until the process ends as requested; kill it at `deadline`."""
        if self.process is None:
            return
        try:
            self.process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            log.warning("the %s did not stop in time and was killed", self.name)
            self.process.kill()
            self.process.wait()
        self._close()

    def _close(self) -> None:
        if self.process is not None and self.process.stdin is not None:
            self.process.stdin.close()
        self.process = None


def environment(settings: Settings) -> dict[str, str]:
    """Return environment variables that give another process the same settings."""
    inherited = {name: value for name, value in os.environ.items() if "ZAPETTE_" not in name}
    return inherited | to_environment(settings) | {"ZAPETTE_CONFIG": os.devnull}


def _cause(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"
