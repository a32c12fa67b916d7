"""Notices that this machine's addresses change."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Final

from zapette_server.supervisor import Supervisor
from zapette_webapp.network.network import Candidate

log = logging.getLogger("zapette.web")

PERIOD: Final = 2.0
"""Seconds between two looks, each of which takes about a millisecond."""

Change = Callable[[list[Candidate]], None]


class NetworkWatch:
    """Tells others when the addresses for phones change.

    Args:
        look: returns the addresses, best first.
        page: returns the address of the pages, for the log.
        period: seconds between two looks.
    """

    def __init__(
        self,
        look: Callable[[], list[Candidate]],
        page: Callable[[], str],
        period: float = PERIOD,
    ) -> None:
        self._look = look
        self._page = page
        self._period = period
        self._changes: list[Change] = []
        self._stopping = threading.Event()
        #: Keeps the thread running.
        self.supervisor = Supervisor(log)

    def on_first_and_change(self, act: Change) -> None:
        """Call `act` with the addresses at the start and after each change; before `start`."""
        self._changes.append(act)

    def start(self) -> None:
        """Begin to look."""
        self.supervisor.thread("network", self._run)

    def stop(self) -> None:
        """End."""
        self.supervisor.stop()
        self._stopping.set()
        self.supervisor.stop(1)

    def _run(self) -> None:
        known: list[Candidate] | None = None
        while not self._stopping.is_set():
            found = self._look()
            if found != known:
                if known is not None or not found:
                    self._log(found)
                known = found
                for act in self._changes:
                    act(found)
            self._stopping.wait(self._period)

    def _log(self, found: list[Candidate]) -> None:
        if found:
            log.info("other devices now reach the pages at %s", self._page())
        else:
            log.info("there is no network: other devices cannot reach the pages")
