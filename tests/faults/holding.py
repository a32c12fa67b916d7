"""A store that another process holds, as a backup or a virus scanner does."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.waiting import HANG_TIMEOUT

# All locks of a write-ahead log (https://sqlite.org/walformat.html, 2.2.1.1), or those of the file
# where nobody has the log open: SQLite's locks are the process's, so it takes another one.
_HOLDER = """
import fcntl, sys, time
from pathlib import Path
path = Path(sys.argv[1])
shm = path.with_name(path.name + "-shm")
file, start, length = (shm, 120, 8) if shm.exists() else (path, 0x40000000, 512)
with file.open("r+b") as stream:
    while True:
        try:
            fcntl.lockf(stream, fcntl.LOCK_EX | fcntl.LOCK_NB, length, start)
            break
        except OSError:
            time.sleep(0.001)
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def held(store: Path) -> Iterator[None]:
    """Keep everybody from reading and writing the SQLite file `store` while the block runs."""
    with subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(store)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdin is not None
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        try:
            yield
        finally:
            holder.stdin.close()
            holder.wait(HANG_TIMEOUT)
