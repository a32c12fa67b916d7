"""Prints the reference of the Python library, made from the docstrings; `make docs` keeps it."""

from __future__ import annotations

import importlib
import inspect
import re
import sys
from collections.abc import Iterator
from typing import Any, Final

SUBJECTS: Final = (
    ("Applications", "zapette.client.application", ["Application"]),
    ("Events", "zapette.client.handlers", ["Event"]),
    ("Players", "zapette.client.players.player", ["Player"]),
    ("Players and states", "zapette.client.players.players", ["Players", "KnownPlayer"]),
    ("Services", "zapette.client.service", ["Service"]),
    ("What arguments may be", "zapette.client.calls.arguments", ["Range", "Length"]),
    ("Time-outs", "zapette.mqtt.dialing", ["Timing"]),
    ("The client below", "zapette.client.client", ["Client"]),
)
"""The public classes, by heading."""

_HEAD: Final = """\
# Reference of the Python library

`make docs` writes this page from the docstrings. Start with
[Python programs](../../docs/python.md). `AsyncPlayer` has the methods of `Player` as coroutines.
"""


def main() -> int:
    """Print the document."""
    sys.stdout.write(document())
    return 0


def document() -> str:
    """Return the whole reference, in Markdown."""
    parts = [_HEAD]
    for heading, module, names in SUBJECTS:
        parts.append(f"## {heading}\n")
        for name in names:
            parts += _class(module, getattr(importlib.import_module(module), name))
    parts.append("## Errors\n")
    parts.append(_text(importlib.import_module("zapette.errors").__doc__ or ""))
    return "\n".join(parts)


def _class(module: str, subject: type) -> Iterator[str]:
    yield f"### `{subject.__name__}`\n"
    yield f"`from {_home(module, subject)} import {subject.__name__}`\n"
    yield _text(subject.__doc__ or "")
    initialiser = vars(subject).get("__init__")
    if initialiser is not None and initialiser.__doc__:
        yield f"**`{subject.__name__}{_signature(initialiser)}`**\n"
        yield _text(initialiser.__doc__)
    for name, member in _members(subject):
        if isinstance(member, property):
            yield f"**`{name}`**: {_text(member.__doc__ or '')}"
        elif inspect.isfunction(member):
            begin = "await " if inspect.iscoroutinefunction(member) else ""
            yield f"**`{begin}{name}{_signature(member)}`**\n"
            yield _text(member.__doc__ or "")


def _members(subject: type) -> Iterator[tuple[str, Any]]:
    """Yield what a class and its bases within the package have that is public, in that order."""
    seen: set[str] = set()
    for each in (kind for kind in subject.__mro__ if kind.__module__.startswith("zapette.")):
        for name, member in vars(each).items():
            if not name.startswith("_") and name not in seen and member.__doc__:
                seen.add(name)
                yield name, member


def _home(module: str, subject: type) -> str:
    package = importlib.import_module("zapette")
    return "zapette" if subject.__name__ in package.__all__ else module


def _signature(function: Any) -> str:
    signature = inspect.signature(function)
    parameters = [each for name, each in signature.parameters.items() if name != "self"]
    text = str(signature.replace(parameters=parameters))
    # with postponed evaluation annotations are texts already, and shown in quotes
    return re.sub(r"'([^']+)'", r"\1", text).removesuffix(" -> None")


def _text(docstring: str) -> str:
    """Return a docstring as Markdown: its sections as lists, its literals in single backquotes."""
    lines = []
    section = False
    for line in inspect.cleandoc(docstring).replace("``", "`").splitlines():
        if re.fullmatch(r"(Args|Raises|Attributes):", line):
            section = True
            lines.append({"Args:": "Takes", "Raises:": "Raises", "Attributes:": "Has"}[line] + "\n")
        elif section and (match := re.fullmatch(r"    (\w+): (.*)", line)):
            lines.append(f"- `{match[1]}`: {match[2]}")
        elif section and line.startswith("        "):
            lines.append(f"  {line.strip()}")
        elif line == "::":
            # the blank line after it opens the block
            section = False
            lines.pop()
        else:
            section = section and line.startswith("    ")
            lines.append(line)
    return "\n".join(lines).strip() + "\n"


if __name__ == "__main__":
    sys.exit(main())
