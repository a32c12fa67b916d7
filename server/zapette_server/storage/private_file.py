"""Small files that only their owner reads, written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def write(file: Path, text: str, *, sync: bool = True) -> None:
    """Put `text` in the place of what `file` holds, mode 0600.

    Args:
        file: where; its folder is there.
        text: all of it, written as UTF-8.
        sync: whether to wait for the disk, so that a power cut takes nothing of it.

    Raises:
        OSError: it cannot be written; the file is as it was.
    """
    descriptor, draft = tempfile.mkstemp(dir=file.parent)  # mode 0600
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            if sync:
                os.fsync(stream.fileno())
        Path(draft).replace(file)
    except OSError:
        Path(draft).unlink(missing_ok=True)
        raise
