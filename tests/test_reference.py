"""Documents that say what the code says: the reference, the command, the program in the README."""

from __future__ import annotations

import re
from typing import Any

import pytest

from scripts.reference import FILE, document
from tests.documents import DOCUMENTS, blocks
from zapette.cli import main
from zapette.config import ROOT


def test_the_reference_is_current() -> None:
    assert FILE.read_text(encoding="utf-8") == document(), "python -m scripts.reference writes it"


def test_every_command_is_in_its_document() -> None:
    text = (DOCUMENTS / "shell.md").read_text()
    named = set(re.findall(r"^\| `([a-z]+)", text, re.MULTILINE))
    assert named == set(main.commands)


def test_the_program_in_the_readme(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is run up to where it would connect: its hints, names and handlers are checked by then."""
    monkeypatch.setenv("ZAPETTE_URL", "mqtt://127.0.0.1:1")
    (program,) = [each for each in blocks(ROOT / "README.md") if each.language == "python"]
    assert program.text.endswith("app.run()\n")
    names: dict[str, Any] = {}
    exec(program.text.removesuffix("app.run()\n"), names)
    assert names["app"].name == "demo"
    assert names["add"](1, 2) == 3


def test_the_shell_in_the_readme_sets_what_it_uses() -> None:
    (shell,) = [
        each.text
        for each in blocks(ROOT / "README.md")
        if each.language == "sh" and "mosquitto" in each.text
    ]
    used = set(re.findall(r"\$([A-Z]+)", shell))
    assert used == {"NAME", "PASSWORD", "ID"}
    for name in used:
        before, _, _ = shell.partition(f"${name}")
        assert re.search(rf"\bread -r .*\b{name}\b", before), f"{name} is set before it is used"
