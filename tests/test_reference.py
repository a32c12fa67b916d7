"""docs/reference.md is current, and docs/command-line.md names every command."""

from __future__ import annotations

import re

from scripts.reference import FILE, document
from tests.documents import DOCUMENTS
from zapette.cli import main


def test_the_reference_is_current() -> None:
    assert FILE.read_text(encoding="utf-8") == document(), "python -m scripts.reference writes it"


def test_every_command_is_in_its_document() -> None:
    text = (DOCUMENTS / "command-line.md").read_text()
    named = set(re.findall(r"^\| `([a-z]+)", text, re.MULTILINE))
    assert named == set(main.commands)
