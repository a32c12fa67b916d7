"""The folder in which the scripts look for a broker, with a command of ours in its place."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.conformance.outside.scripts import ROOT
from tests.programs.ports import free_port, listens
from tests.waiting import HANG_TIMEOUT, eventually

STAND_IN: Final = (sys.executable, "-m", "tests.conformance.outside.stand_in")

_BROKER: Final = """\
#!/bin/bash
# Started as the owner of the files, mosquitto has to be told to stay who it is.
given=("$@")
for number in "${{!given[@]}}"; do
  if [[ ${{given[number]}} == -c ]]; then
    file=${{given[number + 1]}}
    {{ echo "user $(id -un)"; cat "$file"; }} >"$file.own" || exit
    given[number + 1]=$file.own
  fi
done
PYTHONPATH={root} exec {command} "${{given[@]}}"
"""
_VALGRIND: Final = """\
#!/bin/bash
# No valgrind: it runs what it is given.
while [[ $1 == -* ]]; do shift; done
exec "$@"
"""


def make(folder: Path, command: Sequence[str]) -> Path:
    """Put a command where the scripts start ``src/mosquitto``, and return the folder."""
    _write(
        folder / "src" / "mosquitto",
        _BROKER.format(command=shlex.join(command), root=shlex.quote(str(ROOT))),
    )
    _write(folder / "bin" / "valgrind", _VALGRIND)
    return folder


def _write(program: Path, text: str) -> None:
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(text)
    program.chmod(0o755)


def check(folder: Path) -> None:
    """Start the broker once, as the scripts do: they would each wait for it in vain.

    Raises:
        RuntimeError: it does not listen; with what it printed.
    """
    port = free_port()
    log = folder / "check.txt"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [folder / "src" / "mosquitto", "-v", "-p", str(port)], stdout=output, stderr=output
        )
    try:
        eventually(lambda: listens(port) or process.poll() is not None, "it listens", 30)
        if process.poll() is not None:
            raise RuntimeError(f"the broker does not start:\n{log.read_text(errors='replace')}")
    finally:
        process.terminate()
        process.wait(HANG_TIMEOUT)
