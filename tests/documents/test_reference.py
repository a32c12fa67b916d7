"""Documents that say what the code says: the reference, the command, the program in the README."""

from __future__ import annotations

import re
from importlib import import_module
from inspect import getattr_static
from typing import Any

import pytest

import zapette
from scripts.reference import SUBJECTS, document
from scripts.reference import main as print_reference
from tests.documents.blocks import DOCUMENTS, blocks
from zapette_cli.program import main
from zapette_server.paths import ROOT


def public(subject: type) -> dict[str, str]:
    """Return the docstrings of the public members that `subject` has from this package."""
    own = [kind for kind in subject.__mro__ if kind.__module__.startswith("zapette.")]
    return {
        name: docstring
        for name in {name for kind in own for name in vars(kind) if not name.startswith("_")}
        if (docstring := getattr_static(subject, name).__doc__)
    }


def test_the_reference_has_all_that_a_program_uses(capsys: pytest.CaptureFixture[str]) -> None:
    """`make docs` writes each public name, with its docstring, and the errors."""
    assert print_reference() == 0
    printed = capsys.readouterr().out
    assert printed == document()
    for name in zapette.__all__:
        assert f"`{name}`" in printed or f"─ {name} " in printed
    for _, module, names in SUBJECTS:
        for subject in (getattr(import_module(module), name) for name in names):
            assert f"### `{subject.__name__}`\n" in printed
            for name, docstring in public(subject).items():
                assert re.search(rf"\*\*`(await )?{name}\b", printed)
                assert docstring.partition("\n")[0].replace("``", "`") in printed
    assert "ZapetteError\n" in printed


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
