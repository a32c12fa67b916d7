"""Commands that set limits before a program begins."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from typing import Final

_SHELL: Final = shutil.which("sh")
_NICE: Final = shutil.which("nice")


def limited(
    command: Sequence[str], *, memory: int, niceness: int, cpu: int | None = None
) -> list[str]:
    """Return a command that runs another one within limits; it can write neither file nor core.

    A shell sets them and becomes the program, because with threads, Python must not run between
    fork and exec, and what is set from outside comes too late for the beginning of the program.
    Without a shell, on Windows, nothing is limited. What a system does not know (macOS: memory) or
    allow is left out.

    Args:
        command: the program and its arguments.
        memory: bytes of address space.
        niceness: added to that of this process.
        cpu: seconds of CPU time, if they are limited.
    """
    if _SHELL is None or _NICE is None:  # pragma: no cover - not on Windows
        return list(command)
    limits = f"ulimit -c 0; ulimit -f 0; ulimit -v {memory >> 10}"
    if cpu is not None:
        # the soft limit sends a signal that says why, the hard limit kills
        limits += f"; ulimit -S -t {cpu}; ulimit -H -t {cpu + 2}"
    script = f'{{ {limits}; }} 2>/dev/null; exec "$@"'
    return [_SHELL, "-c", script, "sh", _NICE, "-n", str(niceness), *command]
