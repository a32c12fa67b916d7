"""Which topics the bridge has put on the home's broker, kept over restarts.

Others may have retained messages there too; only what is in the ledger is ever cleared.
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
        file: where it is kept; made when there is something to keep.
        where: which broker and prefix it is about: what was put elsewhere is forgotten.
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
        """Note that something was put on `topic`; on the disk before it is there."""
        if topic not in self._topics:
            self._topics.add(topic)
            self._write()

    def remove(self, topic: str) -> None:
        """Note that nothing is left on `topic`."""
        if topic in self._topics:
            self._topics.remove(topic)
            self._write()

    def _read(self) -> set[str]:
        try:
            kept = json.loads(self._file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return set()
        except (OSError, ValueError) as error:
            # it only serves to tidy up, so the bridge does without
            log.warning("%s cannot be read and is begun anew: %s", self._file, error)
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
            log.warning("%s cannot be written: %s", self._file, error)
