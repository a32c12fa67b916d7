"""docs/product.md names tests that there are."""

from __future__ import annotations

import re
from pathlib import Path

from zapette_server.paths import ROOT

NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def missing(text: str, root: Path) -> list[str]:
    """Return each test that `text` names and that is not below `root`."""
    return [
        f"{file}::{name}"
        for file, name in NAMED.findall(text)
        if not (root / file).is_file() or f"def {name}(" not in (root / file).read_text()
    ]


def test_each_complaint_is_answered_by_a_test() -> None:
    text = (ROOT / "docs/product.md").read_text()
    rows = [line for line in text.splitlines() if line.startswith("|")]
    # two tables, each with a head and a rule
    assert len(NAMED.findall(text)) == len(rows) - 4 > 30
    assert missing(text, ROOT) == []


def test_a_test_that_is_not_there_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/test_a.py").write_text("def test_b() -> None: ...\n")
    text = "`tests/test_a.py::test_b` `tests/test_a.py::test_c` `tests/test_d.py::test_b`"
    assert missing(text, tmp_path) == ["tests/test_a.py::test_c", "tests/test_d.py::test_b"]
