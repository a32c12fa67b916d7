"""One run of ffmpeg that writes to a pipe, with limits, and that ends with this process."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator, Sequence
from typing import Final

from zapette_webapp.errors import ToolMissing, ToolTooLong
from zapette_webapp.media import ending, launcher
from zapette_webapp.media.encoders import is_hardware

log = logging.getLogger("zapette.streams")

MEMORY: Final = 6 << 30
"""The address space of a conversion, in bytes: enough for 4K with a thread for each of 16 cores."""

NICENESS: Final = 10
"""The niceness of a conversion: the broker and the pages come first."""

SILENCE: Final = 60.0
"""Seconds without output after which ffmpeg counts as stuck."""

_MEMORY_OF_HARDWARE: Final = 1 << 40
_CHUNK: Final = 1 << 16
_MOST_WORDS: Final = 2000
# util-linux has it: the system itself then ends ffmpeg with the thread that started it
_SETPRIV: Final = shutil.which("setpriv")


class Process:
    """A running ffmpeg; one thread starts it, reads its output and ends it.

    If this process is killed, `setpriv` has the system kill ffmpeg; without it, ffmpeg ends when it
    next writes to the broken pipe.

    Raises:
        ToolMissing: it cannot be started.
    """

    def __init__(self, command: Sequence[str]) -> None:
        end_with_us = [_SETPRIV, "--pdeathsig", "KILL", "--"] if _SETPRIV else []
        memory = _MEMORY_OF_HARDWARE if is_hardware(command) else MEMORY
        try:
            self._process = subprocess.Popen(  # noqa: S603 - no shell, no option comes from a name
                launcher.limited([*end_with_us, *command], memory=memory, niceness=NICENESS),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
                env={"PATH": os.environ.get("PATH", ""), "MALLOC_ARENA_MAX": "4"},
            )
        except OSError as error:
            log.warning("cannot run %s: %s", command[0], error)
            raise ToolMissing from error
        self._words = b""
        self._guard = threading.Lock()
        self._ended = False
        self._errors = threading.Thread(target=self._read_errors, name="ffmpeg errors", daemon=True)
        try:
            self._errors.start()
        except RuntimeError as error:
            log.warning("cannot read the errors of %s: %s", command[0], error)
            with self._process:
                ending.kill(self._process)
            raise ToolMissing from error

    @property
    def pid(self) -> int:
        """The id of the process."""
        return self._process.pid

    @property
    def words(self) -> str:
        """The last that it wrote about errors."""
        return self._words.decode("utf-8", "replace").strip()

    def output(self) -> Iterator[bytes]:
        """Read its output, as it is asked for: what is not read makes it wait.

        Raises:
            ToolTooLong: it wrote nothing for `SILENCE` seconds while it was being read.
        """
        stdout = self._process.stdout
        if stdout is None:
            return
        with ending.Watchdog(SILENCE, self.kill) as watchdog:
            watchdog.begin()
            while received := os.read(stdout.fileno(), _CHUNK):
                watchdog.pause()
                yield received
                watchdog.begin()
            self._errors.join()
        if watchdog.has_acted:
            raise ToolTooLong

    def wait(self) -> int:
        """Wait for its end, and return its exit code; negative for a signal.

        Only the thread that started it calls this, once.
        """
        # until it is reaped no other process gets its id
        ending.await_end(self._process)
        with self._guard:
            self._ended = True
            code = self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        return code

    def kill(self) -> None:
        """End it and all that it started; any thread may ask for this."""
        with self._guard:
            if not self._ended:
                ending.kill(self._process)

    def _read_errors(self) -> None:
        stderr = self._process.stderr
        if stderr is None:
            return
        with stderr:
            while received := os.read(stderr.fileno(), _CHUNK):
                self._words = (self._words + received)[-_MOST_WORDS:]
