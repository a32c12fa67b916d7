"""Runs the tests that Paho's makers wrote for MQTT 5, client and broker together, on our broker.

``python -m tests.conformance.outside.paho``: the source distribution of the release of Paho that is
installed here comes from the package index, with pip. Its tests import a reference broker, which is
not in it; they find ours under that name (`reference`). Ends as pytest does.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Final

from tests.conformance.outside.scripts import ROOT

TESTS: Final = "tests/test_mqttv5.py"
APART: Final = {
    "Test::test_subscribe_failure": "a topic that only the reference broker refuses to everybody",
}


def fetch(folder: Path) -> Path:
    """Return the folder with Paho's sources, fetching them unless they are there.

    Raises:
        subprocess.CalledProcessError: pip could not, and said why.
    """
    release = version("paho-mqtt")
    tree = folder / f"paho-{release}"
    if not (tree / TESTS).exists():
        tree.mkdir(parents=True, exist_ok=True)
        pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "download"]
        subprocess.run(
            [*pip, "--no-deps", "--no-binary", ":all:", "--dest", tree, f"paho-mqtt=={release}"],
            check=True,
        )
        (archive,) = tree.glob("*.tar.gz")
        subprocess.run(
            ["tar", "--extract", "--strip-components=1", "-f", archive, "-C", tree], check=True
        )
    return tree


def run(tree: Path, options: Sequence[str]) -> int:
    """Run the tests of `tree`; return pytest's status."""
    own = [str(ROOT / "tests" / "conformance" / "outside" / "reference"), str(ROOT)]
    left_out = [f"--deselect={TESTS}::{name}" for name in APART]
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-c", os.devnull]
    return subprocess.run(
        [*command, f"--rootdir={tree}", "-W", "ignore", *left_out, *options, TESTS],
        cwd=tree,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(own), "PYTHONDONTWRITEBYTECODE": "1"},
    ).returncode


def main(arguments: Sequence[str] | None = None) -> int:
    """Fetch and run; options that are not known here go to pytest."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.conformance.outside.paho", description=__doc__
    )
    parser.add_argument(
        "--folder", type=Path, default=ROOT / ".outside", help="for what is fetched (.outside)"
    )
    known, options = parser.parse_known_args(arguments)
    return run(fetch(known.folder.absolute()), options)


if __name__ == "__main__":
    sys.exit(main())
