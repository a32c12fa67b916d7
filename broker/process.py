"""What a process whose work is the broker asks of the system and of Python."""

from __future__ import annotations

import gc
import sys

if sys.platform != "win32":
    import resource

_OBJECTS = 10_000


def allow_many_files() -> None:
    """Let the process have as many files as the system lets it, where systems count them."""
    if sys.platform == "win32":
        return
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def collect_seldom() -> None:
    """Have Python look for cycles seldom, and never again among what is there now.

    The broker makes none on its way; each look goes through what thousands of clients hold, which
    is a tenth of the time that a connection takes.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_OBJECTS, 20, 20)
