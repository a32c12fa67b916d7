"""Whether a file is still the one that it was: a file that only grew is."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

_EDGE: Final = 64 << 10


@dataclass(frozen=True, slots=True)
class Identity:
    """A file at one moment.

    Attributes:
        device: the number of its file system.
        node: its number there.
        modified: when its content was last changed, in nanoseconds.
        size: in bytes.
        edges: a digest of its beginning and its end.
    """

    device: int
    node: int
    modified: int
    size: int
    edges: bytes

    @classmethod
    def of(cls, file: Path) -> Self:
        """Return the identity of a file."""
        status = file.stat()
        edges = _edges(file, status.st_size)
        return cls(status.st_dev, status.st_ino, status.st_mtime_ns, status.st_size, edges)

    def is_same(self, file: Path) -> bool:
        """Return whether a file is unchanged."""
        status = file.stat()
        now = (status.st_dev, status.st_ino, status.st_mtime_ns, status.st_size)
        return now == (self.device, self.node, self.modified, self.size)

    def has_grown(self, file: Path) -> bool:
        """Return whether a file has only become longer, as one that is being recorded."""
        status = file.stat()
        return (
            (status.st_dev, status.st_ino) == (self.device, self.node)
            and status.st_size > self.size
            and _edges(file, self.size) == self.edges
        )


def _edges(file: Path, size: int) -> bytes:
    with file.open("rb") as stream:
        digest = hashlib.sha256(stream.read(min(_EDGE, size)))
        stream.seek(max(0, size - _EDGE))
        digest.update(stream.read(min(_EDGE, size)))
    return digest.digest()
