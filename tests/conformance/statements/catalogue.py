"""The statements of both standards, the tests that prove them, and the differences known."""

from __future__ import annotations

import importlib
import inspect
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conformance.wire.encodings import Version

FOLDER = Path(__file__).parent
TESTS = FOLDER.parent
FILES = {Version.V311: "mqtt-3.1.1.toml", Version.V5: "mqtt-5.toml"}
LABELS = {Version.V311: "v311", Version.V5: "v5"}


@dataclass(frozen=True)
class Statement:
    """A numbered statement; `exempt` says why it has no test, and is empty if it needs one."""

    number: str
    summary: str
    exempt: str


@dataclass(frozen=True)
class Proof:
    """A test: `statements` has the numbers it proves, for each version it runs on."""

    file: str
    name: str
    summary: str
    statements: dict[Version, tuple[str, ...]]


@dataclass(frozen=True)
class Difference:
    """A test that a server does not pass; `only` narrows it to ids of its parameters."""

    server: str
    test: str
    reason: str
    only: tuple[str, ...] = ()

    def applies(self, server: str, test: str, parameters: set[str]) -> bool:
        return (server, test) == (self.server, self.test) and parameters.issuperset(self.only)

    def touches(self, version: Version) -> bool:
        """Say whether it concerns that version at all."""
        others = {label for key, label in LABELS.items() if key is not version}
        return others.isdisjoint(self.only)


def statements(version: Version) -> list[Statement]:
    """Read the statements of one standard, in its order."""
    data = tomllib.loads((FOLDER / FILES[version]).read_text())
    exempt = data["exempt"]
    return [Statement(key, text, exempt.get(key, "")) for key, text in data["summaries"].items()]


def differences() -> list[Difference]:
    data = tomllib.loads((FOLDER / "differences.toml").read_text())
    return [
        Difference(server, entry["test"], entry["reason"], tuple(entry.get("only", ())))
        for server, entries in data.items()
        for entry in entries
    ]


def proofs() -> list[Proof]:
    """Find every test that is marked with what it proves, in the order of the files."""
    return [proof for path in modules() for proof in _proofs_of(path)]


def modules() -> list[Path]:
    """Return the files with tests of a server."""
    found = TESTS.glob("*/test_*.py")
    return sorted((it for it in found if it.parent.name != "outside"), key=lambda it: it.name)


def _proofs_of(path: Path) -> Iterator[Proof]:
    file = path.relative_to(TESTS)
    module = importlib.import_module(f"tests.conformance.{file.parent}.{path.stem}")
    for name, function in vars(module).items():
        if not name.startswith("test_") or not inspect.isfunction(function):
            continue
        for mark in getattr(function, "pytestmark", ()):
            if mark.name == "proves":
                yield Proof(str(file), name, inspect.getdoc(function) or "", proven(mark))


def proven(mark: pytest.Mark) -> dict[Version, tuple[str, ...]]:
    """Return the numbers that `pytest.mark.proves` was given, for each version it names."""
    return {
        version: tuple(mark.kwargs[label].split())
        for version, label in LABELS.items()
        if label in mark.kwargs
    }
