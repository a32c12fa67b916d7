"""Prints the conformance tables; `make docs` keeps them.

The document follows from the statements, the tests and the known differences alone: a run that
differs from them fails. Printing it therefore runs no test.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from tests.conformance.outside import section
from tests.conformance.servers import KINDS
from tests.conformance.statements.catalogue import (
    Difference,
    Proof,
    Statement,
    differences,
    proofs,
    statements,
)
from tests.conformance.wire.encodings import Version

NAMES = {Version.V311: "MQTT 3.1.1", Version.V5: "MQTT 5.0"}
INTRODUCTION = """\
# Conformance

Each numbered normative statement of MQTT 3.1.1 and MQTT 5.0 (OASIS), in our words, with the tests
that prove it for a server. `make docs` writes this page; the [summary](../../docs/conformance.md)
describes the tests.

**yes**: every test of the row passes. A number: a test of the row fails on that server, as
explained under [Differences](#differences). A statement without a test gives the reason instead.
"""


def render() -> str:
    """Return the document."""
    known, tests = differences(), proofs()
    notes = Notes(known)
    sections = [INTRODUCTION, totals(tests)]
    sections += [_statements(version, tests, notes) for version in Version]
    sections += [_beyond(tests, notes), notes.render(), section.render()]
    return "\n".join(sections)


class Notes:
    """Numbers the differences, those with the same reason together."""

    def __init__(self, known: list[Difference]) -> None:
        self._known = known
        self._reasons = list(dict.fromkeys((entry.server, entry.reason) for entry in known))

    def result(self, kind: str, versions: list[Version], tests: list[Proof]) -> str:
        """Return the cell for one server: "yes", or the numbers of the differences."""
        names = {proof.name for proof in tests}
        numbers = {
            self._reasons.index((entry.server, entry.reason)) + 1
            for entry in self._known
            if entry.server == kind
            and entry.test in names
            and any(entry.touches(version) for version in versions)
        }
        links = [f"[{number}](#difference-{number})" for number in sorted(numbers)]
        return ", ".join(links) or "yes"

    def render(self) -> str:
        lines = ["## Differences\n", "| | server | what it does | tests |", "|---|---|---|---|"]
        for number, (server, reason) in enumerate(self._reasons, 1):
            names = dict.fromkeys(
                _case(entry)
                for entry in self._known
                if (entry.server, entry.reason) == (server, reason)
            )
            anchor = f'<a id="difference-{number}"></a>{number}'
            lines.append(f"| {anchor} | {server} | {reason} | {', '.join(names)} |")
        return "\n".join(lines) + "\n"


def _case(entry: Difference) -> str:
    return f"`{entry.test}`" + (f" ({', '.join(entry.only)})" if entry.only else "")


def totals(tests: list[Proof]) -> str:
    """Return the table of how many statements each standard has, and how many are proven."""
    lines = ["| | statements | proven | without a test |", "|---|---|---|---|"]
    for version in Version:
        listed = statements(version)
        exempt = sum(bool(statement.exempt) for statement in listed)
        row = f"| {NAMES[version]} | {len(listed)} | {len(listed) - exempt} | {exempt} |"
        lines.append(row)
    return "\n".join(lines) + f"\n\nThere are {len(tests)} tests, most with several cases.\n"


def _statements(version: Version, tests: list[Proof], notes: Notes) -> str:
    header = f"| statement | in short | tests | {' | '.join(KINDS)} |"
    lines = [f"## {NAMES[version]}\n", header, "|---" * (3 + len(KINDS)) + "|"]
    return "\n".join([*lines, *_rows(version, tests, notes)]) + "\n"


def _rows(version: Version, tests: list[Proof], notes: Notes) -> Iterator[str]:
    for statement in statements(version):
        proving = [
            proof for proof in tests if statement.number in proof.statements.get(version, ())
        ]
        yield _row(version, statement, proving, notes)


def _row(version: Version, statement: Statement, proving: list[Proof], notes: Notes) -> str:
    head = f"| MQTT-{statement.number} | {statement.summary} |"
    if statement.exempt:
        return f"{head} {statement.exempt} |" + " - |" * len(KINDS)
    cells = [notes.result(kind, [version], proving) for kind in KINDS]
    return f"{head} {', '.join(map(_link, proving))} | {' | '.join(cells)} |"


def _link(proof: Proof) -> str:
    return f"[{proof.name.removeprefix('test_')}](../../tests/conformance/{proof.file})"


def _beyond(tests: list[Proof], notes: Notes) -> str:
    lines = [
        "## Beyond the numbers\n",
        "Behaviour that no numbered statement requires, or only one version does.\n",
        f"| test | what it shows | version | {' | '.join(KINDS)} |",
        "|---" * (3 + len(KINDS)) + "|",
    ]
    for proof in tests:
        versions = [version for version, numbers in proof.statements.items() if not numbers]
        if versions:
            label = ", ".join(NAMES[version].removeprefix("MQTT ") for version in versions)
            cells = " | ".join(notes.result(kind, versions, [proof]) for kind in KINDS)
            lines.append(f"| {_link(proof)} | {proof.summary} | {label} | {cells} |")
    return "\n".join(lines) + "\n"


def main() -> int:
    """Print the document."""
    sys.stdout.write(render())
    return 0


if __name__ == "__main__":
    sys.exit(main())
