"""What a test has started ends with it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.programs.processes import ending
from zapette_server.paths import ROOT

TESTS = """
import sys
from pathlib import Path
from tests.programs.system import System
print(System(Path(sys.argv[1])).start().process.pid, flush=True)
input()
"""


@pytest.mark.slow
def test_nothing_is_left_of_killed_tests(tmp_path: Path) -> None:
    command = [sys.executable, "-c", TESTS, str(tmp_path)]
    with ending(
        subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
    ) as tests:
        assert tests.stdout is not None
        system = psutil.Process(int(tests.stdout.readline()))
        started = [system, *system.children(recursive=True)]
        assert len(started) > 2
        tests.kill()
        _, left = psutil.wait_procs(started, timeout=30)
    for process in left:
        process.kill()
    assert left == []
