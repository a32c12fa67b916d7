"""How many files and sockets this process may have open."""

from __future__ import annotations

import sys

if sys.platform != "win32":
    import resource


def allow_many_files() -> None:
    """Let the process have as many files as the system lets it, where systems count them."""
    if sys.platform == "win32":
        return
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
