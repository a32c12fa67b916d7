"""One run of ffmpeg that writes to a pipe, with limits, and that ends with this process."""

from __future__ import annotations

import logging
import os
import selectors
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Final

from zapette_webapp.errors import ToolMissing, ToolTooLong
from zapette_webapp.media import launcher
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
    """A running ffmpeg; one thread starts it, reads all of it and ends it.

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
        stdout, stderr = self._process.stdout, self._process.stderr
        if stdout is None or stderr is None:
            return
        with selectors.DefaultSelector() as selector:
            selector.register(stdout, selectors.EVENT_READ)
            selector.register(stderr, selectors.EVENT_READ)
            deadline = time.monotonic() + SILENCE
            while selector.get_map():
                ready = selector.select(max(0.0, deadline - time.monotonic()))
                if not ready:
                    raise ToolTooLong
                for key, _ in ready:
                    received = os.read(key.fd, _CHUNK)
                    if not received:
                        selector.unregister(key.fileobj)
                    elif key.fileobj is stderr:
                        self._words = (self._words + received)[-_MOST_WORDS:]
                    else:
                        yield received
                        deadline = time.monotonic() + SILENCE

    def wait(self) -> int:
        """Wait for its end, and return its exit code; negative for a signal.

        Only the thread that started it calls this, once.
        """
        if hasattr(os, "waitid"):
            # until it is reaped no other process gets its id
            os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOWAIT)
        with self._guard:
            self._ended = True
            code = self._process.wait()
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()
        return code

    def kill(self) -> None:
        """End it and all that it started; any thread may ask for this."""
        with self._guard:
            if self._ended:
                return
            try:
                os.killpg(self._process.pid, signal.SIGKILL)
            except AttributeError:  # pragma: no cover - Windows has no groups
                self._process.kill()
            except ProcessLookupError:
                pass
