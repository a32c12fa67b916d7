"""How many files and sockets this process may have open."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Final

OTHER_FILES: Final = 200
"""Open files that are not connections: stores, files that are sent, pipes of programs."""

_OPEN_MAX: Final = 10_240
"""What macOS allows, which names no limit as the highest and refuses it."""

resource: ModuleType | None
try:
    import resource
except ImportError:  # Windows has none
    resource = None


def allow_many_files() -> None:
    """Raise the limit on open files as far as the system allows."""
    if resource is not None:
        now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        allowed = most if most != resource.RLIM_INFINITY else max(now, _OPEN_MAX)
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, most))


def most_connections(others: int = OTHER_FILES) -> int:
    """Return how many connections this process may have, so that other files can be opened.

    Args:
        others: how many of these there are; of few files, seven eighths are theirs.
    """
    if resource is None:
        return sys.maxsize
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    is_infinite = files == resource.RLIM_INFINITY
    return sys.maxsize if is_infinite else int(max(files - others, files // 8))
