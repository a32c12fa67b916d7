"""What one of several web sides does for all of them: it, or another one if it ends."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Final

from zapette_broker.storage.store_errors import StoreError
from zapette_server.storage.tables.leases import Leases
from zapette_server.supervisor import Supervisor

log = logging.getLogger("zapette.web")

LEASE: Final = 5.0
"""Seconds after which another web side takes over from one that has died."""

INTERVAL: Final = 1.0
"""Seconds between two renewals."""

_NAME: Final = "server"


class Duty:
    """Begins something in one process of those that share a database, and ends it there.

    A process that cannot reach the database continues. If another process can reach it and takes
    over, the broker ends the earlier connection, because both use the same client id
    (docs/decisions/0100-several-web-sides.md).

    Args:
        leases: of the database.
        begin: called when this process is the one.
        end: called when it no longer is.
    """

    def __init__(
        self, leases: Leases, begin: Callable[[], object], end: Callable[[], object]
    ) -> None:
        self._leases = leases
        self._begin = begin
        self._end = end
        self._replaced = threading.Event()
        self._stopping = threading.Event()
        #: Whether this process is the one.
        self.is_on = False
        #: Keeps the thread running.
        self.supervisor = Supervisor(log)

    def start(self, *, alone: bool = False) -> None:
        """Take the lease as soon as it is free, and keep it; if `alone`, begin without one."""
        if alone:
            self.turn_on()
        else:
            self.supervisor.thread("duty", self._run)

    def stop(self) -> None:
        """End, and let another process take over at once."""
        self.supervisor.stop()
        self._stopping.set()
        self.supervisor.stop(LEASE)
        if self.is_on:
            self.turn_off()
            try:
                self._leases.release(_NAME)
            except StoreError as error:
                log.debug("the lease ends by itself: %s", error)

    def give_way(self) -> None:
        """End soon: another client has taken over the client id."""
        self._replaced.set()

    def look(self) -> None:
        """Take or renew the lease, and begin or end."""
        if self._replaced.is_set():
            self._replaced.clear()
            if self.is_on:
                self.turn_off()
        try:
            is_ours = self._leases.take(_NAME, LEASE)
        except StoreError as error:
            log.debug("the lease cannot be renewed: %s", error)
            return
        if is_ours and not self.is_on:
            log.info("this web side now answers for all")
            self.turn_on()
        elif not is_ours and self.is_on:
            self.turn_off()

    def turn_on(self) -> None:
        """Begin."""
        self.is_on = True
        self._begin()

    def turn_off(self) -> None:
        """End."""
        log.debug("this web side no longer answers for all")
        self.is_on = False
        self._end()

    def _run(self) -> None:
        while True:
            self.look()
            if self._stopping.wait(INTERVAL):
                return
