"""The script that plays sequences of packets from files, each a case of its own.

It ends, as if all were well, at the first case in which a broker goes on where it should close. So
it is run from a copy, and after such an end once more without that case, which has failed.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from tests.conformance.outside.scripts import Script, run

NAME: Final = "msg_sequence_test.py"

_FAILURE: Final = re.compile(r"^(?:\x1b\[\d+m)?(.+? failed: .*?)(?:\x1b\[0m)?$", re.MULTILINE)
_DONE: Final = re.compile(r"^\d+ tests total$", re.MULTILINE)


@dataclass(frozen=True)
class Cases:
    """How many cases there are, and the failed ones, each as ``NAME failed: HOW``."""

    total: int
    failed: tuple[str, ...]


def play(script: Script, build_root: Path, time_limit: float) -> Cases:
    """Run all cases.

    Raises:
        RuntimeError: the script ends otherwise than described above; with what it printed.
    """
    with tempfile.TemporaryDirectory(prefix="outside-") as folder:
        copy = Path(folder, "test")
        shutil.copytree(
            script.path.parents[1],
            copy,
            ignore=lambda _, names: list(filter(_is_not_needed, names)),
        )
        here = replace(script, path=copy / script.path.parent.name / script.name)
        data = here.path.parent / "data"
        total = _count(data)
        ended: list[str] = []
        while True:
            text = run(here, build_root, time_limit, attempts=1).output
            failed = _FAILURE.findall(text)
            if _DONE.search(text):
                return Cases(total, (*ended, *failed))
            if not failed or not failed[-1].endswith("timed out"):
                raise RuntimeError(f"{NAME} ended early:\n{text[-4000:]}")
            ended.append(failed[-1])
            _leave_out(data, failed[-1].partition(" failed: ")[0])


def _is_not_needed(name: str) -> bool:
    """Tell whether it is neither Python nor cases, nor a folder of these."""
    return not name.endswith((".py", ".json")) and name not in ("broker", "data")


def _count(data: Path) -> int:
    groups = [group for file in data.glob("*.json") for group in json.loads(file.read_text())]
    return sum(len(group["tests"]) for group in groups if not group.get("disable"))


def _leave_out(data: Path, name: str) -> None:
    """Remove the case of that name: the names of its group and its own."""
    for file in data.glob("*.json"):
        groups = json.loads(file.read_text())
        for group in groups:
            group["tests"] = [
                case for case in group["tests"] if f"{group['group']} {case['name']}" != name
            ]
        file.write_text(json.dumps(groups))
