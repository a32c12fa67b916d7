"""How many files and sockets this process may have open."""

from __future__ import annotations

import sys

if sys.platform != "win32":
    import resource


def allow_many_files() -> int:
    """Raise the limit on open files as far as the system allows; return the limit."""
    if sys.platform == "win32":
        return sys.maxsize
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return sys.maxsize if most == resource.RLIM_INFINITY else most
