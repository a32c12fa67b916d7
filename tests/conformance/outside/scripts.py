"""The scripts of the suite: which there are, and how each goes on brokers of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.conformance.outside.stand_in import NOTES
from tests.programs.ports import free_ports

ROOT: Final = Path(__file__).parents[3]
PERSISTENCE: Final = "tests.conformance.outside.persistence"

PASSED: Final = "passed"
FAILED: Final = "failed"
APART: Final = "apart"


@dataclass(frozen=True)
class Script:
    """A script of the suite: how many ports it takes, and whether it wants a store."""

    path: Path
    ports: int
    persists: bool = False

    @property
    def name(self) -> str:
        return self.path.name


@dataclass(frozen=True)
class Result:
    """How a script went on a broker.

    Attributes:
        verdict: `PASSED`, `FAILED` or `APART`.
        reason: why it is apart.
        output: what it and its brokers printed.
    """

    verdict: str
    reason: str = ""
    output: str = ""


def listed(suite: Path) -> list[Script]:
    """Return the scripts that the suite itself would run, in its order."""
    show = "import json, test; print(json.dumps(test.tests))"
    found = subprocess.run(
        [sys.executable, "-B", "-c", show], cwd=suite, check=True, capture_output=True, text=True
    )
    return [
        Script(suite / Path(name).name, ports, bool(more))
        for ports, name, *more in json.loads(found.stdout)
    ]


def run(script: Script, build_root: Path, time_limit: float, attempts: int = 3) -> Result:
    """Run a script until it passes, at most so often: some are about seconds.

    The suite's own runner makes six attempts.
    """
    result = Result(FAILED)
    for _ in range(attempts):
        result = _attempt(script, build_root, time_limit)
        if result.verdict != FAILED:
            break
    return result


def _attempt(script: Script, build_root: Path, time_limit: float) -> Result:
    command = [sys.executable, "-B", str(script.path)]
    command += [PERSISTENCE] * script.persists
    command += map(str, free_ports(script.ports))
    with tempfile.TemporaryDirectory(prefix="outside-") as folder:
        notes, printed = Path(folder, "notes"), Path(folder, "printed")
        environment = os.environ | {
            "BUILD_ROOT": str(build_root),
            "PATH": f"{build_root / 'bin'}:{os.environ['PATH']}",
            # The suite gives a broker 2 s to start, and 20 if it runs under this.
            "MOSQ_USE_VALGRIND": "1",
            "PYTHONPATH": str(ROOT),
            NOTES: str(notes),
        }
        with printed.open("wb") as output:
            process = subprocess.Popen(
                command,
                cwd=folder,
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            status: int | None = None
            try:
                with suppress(subprocess.TimeoutExpired):
                    status = process.wait(time_limit)
            finally:
                _end_group(process)
        text = printed.read_text(errors="replace")
        missing = sorted(set(notes.read_text().split())) if notes.exists() else []
    if missing:
        return Result(APART, f"settings of Mosquitto: {', '.join(missing)}", text)
    if status is None:
        text += f"not done within {time_limit:g} s\n"
    return Result(PASSED if status == 0 else FAILED, output=text)


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """End whatever a script has left running."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
