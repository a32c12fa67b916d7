"""Tells systemd how Zapette is (sd_notify(3)); elsewhere it does nothing."""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Callable, MutableMapping
from typing import Final

log = logging.getLogger("zapette.manager")

_MICRO: Final = 1_000_000
_PER_TIMEOUT: Final = 4


class Notifier:
    """Says that Zapette is ready or stops, and that it answers while it does.

    Args:
        environment: where systemd says how to reach it; what it says is removed from there.
        answers: whether the web side answers; it may wait for some seconds.
    """

    def __init__(self, environment: MutableMapping[str, str], answers: Callable[[], bool]) -> None:
        self._address = environment.pop("NOTIFY_SOCKET", "")
        timeout = int(environment.pop("WATCHDOG_USEC", "0")) / _MICRO
        # systemd names the process that it means
        mine = environment.pop("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        self._interval = timeout / _PER_TIMEOUT if mine else 0.0
        self._answers = answers
        self._stopping = threading.Event()

    def start(self) -> None:
        """Say from now on that it answers."""
        if self._address and self._interval:
            threading.Thread(target=self._watch, name="watchdog", daemon=True).start()

    def ready(self) -> None:
        """Say that everything is up."""
        self._send("READY=1")

    def stopping(self) -> None:
        """Say that it stops."""
        self._stopping.set()
        self._send("STOPPING=1")

    def _watch(self) -> None:
        while not self._stopping.wait(self._interval):
            if self._answers():
                # ready even if a part is not: a restart, in which nobody can watch, mends no disk
                self._send("READY=1\nWATCHDOG=1")
            else:
                log.warning("the web side does not answer")

    def _send(self, state: str) -> None:
        if not self._address:
            return
        address = self._address
        # "@" stands for the abstract namespace
        name = f"\0{address[1:]}" if address.startswith("@") else address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as link:
                link.sendto(state.encode(), name)
        except OSError as error:
            log.warning("cannot notify systemd of %s: %s", state, error.strerror)
