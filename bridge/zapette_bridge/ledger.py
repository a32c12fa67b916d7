"""The topics that the bridge retains on the home's broker, kept over restarts.

The bridge clears only topics in the ledger, because others retain messages there too.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path

from zapette_server.storage import private_file

log = logging.getLogger("zapette.bridge")


class Ledger:
    """A set of topics in a file of mode 0600.

    Args:
        file: the file, created with the first topic.
        where: the broker and prefix; a ledger of another broker or prefix is ignored.
    """

    def __init__(self, file: Path, where: str) -> None:
        self._file = file
        self._where = where
        self._topics = self._read()

    def __contains__(self, topic: str) -> bool:
        return topic in self._topics

    def topics(self) -> list[str]:
        """Return the topics."""
        return sorted(self._topics)

    def add(self, topic: str) -> None:
        """Add a topic; it is on disk when this returns."""
        if topic not in self._topics:
            self._topics.add(topic)
            self._write()

    def remove(self, topic: str) -> None:
        """Remove a topic."""
        if topic in self._topics:
            self._topics.remove(topic)
            self._write()

    def _read(self) -> set[str]:
        try:
            kept = json.loads(self._file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return set()
        except (OSError, ValueError) as error:
            # without it, only old topics stay on the home's broker
            log.warning("%s: cannot read, starting with an empty ledger: %s", self._file, error)
            return set()
        match kept:
            case {"where": str(where), "topics": list(topics)} if where == self._where:
                return {topic for topic in topics if isinstance(topic, str)}
        return set()

    def _write(self) -> None:
        text = json.dumps({"where": self._where, "topics": sorted(self._topics)}, indent=1)
        try:
            private_file.write(self._file, text, sync=False)
        except OSError as error:
            log.warning("%s: cannot write: %s", self._file, error)
