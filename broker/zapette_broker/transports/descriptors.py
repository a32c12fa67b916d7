"""How many files and sockets this process may have open."""

from __future__ import annotations

import sys
from types import ModuleType

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
    return sys.maxsize if most == resource.RLIM_INFINITY else int(most)
