"""How many files and sockets this process may have open."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Final

OTHER_FILES: Final = 200
"""Open files that are not connections: stores, files that are sent, pipes of programs."""

resource: ModuleType | None
try:
    import resource
except ImportError:  # Windows has none
    resource = None


def allow_many_files() -> int:
    """Raise the limit on open files as far as the system allows; return the limit."""
    if resource is None:
        return sys.maxsize
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return _number(most)


def most_connections(others: int = OTHER_FILES) -> int:
    """Return how many connections this process may have, so that other files can be opened.

    Args:
        others: how many of these there are; of few files, three quarters are theirs.
    """
    if resource is None:
        return sys.maxsize
    files = _number(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    return max(files - others, files // 4)


def _number(limit: int) -> int:
    is_infinite = resource is not None and limit == resource.RLIM_INFINITY
    return sys.maxsize if is_infinite else limit
