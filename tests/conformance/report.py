"""Writes docs/conformance.md: ``python -m tests.conformance.report`` runs the tests first.

The document follows from the statements, the tests and the differences alone, for a run that does
not go as they say is red. So a test can compare it with them without running anything.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from tests.conformance.catalogue import (
    FOLDER,
    Difference,
    Proof,
    Statement,
    differences,
    proofs,
    statements,
)
from tests.conformance.outside import section
from tests.conformance.servers import KINDS
from tests.conformance.wire import Version

DOCUMENT = FOLDER.parents[1] / "docs" / "conformance.md"
DOCUMENT_TEST = "test_document.py::test_document_is_up_to_date"
NAMES = {Version.V311: "MQTT 3.1.1", Version.V5: "MQTT 5.0"}
INTRODUCTION = """\
# Conformance

Every numbered normative statement of MQTT 3.1.1 and of MQTT 5.0 (OASIS), in our words, with the
tests that prove it for a server. The tests are in `tests/conformance/`. They speak raw bytes over
TCP and WebSocket, with an encoder and a strict reader of their own, and run on our broker and, to
be sure of the tests, on mosquitto 2.0.11.

**yes** means that all the tests of the row pass, a number that one differs as explained under
[Differences](#differences). What has no test says why. Besides the tests of its row, every packet
that a server sends in any test is held against the rules for encodings, flags, identifiers, reason
codes and properties (`answers.py`, `ledger.py`).

Tests that others wrote are run as well: see [From outside](#from-outside).

This page is made by `python -m tests.conformance.report`; do not edit it.
"""


def render() -> str:
    """Return the document."""
    known, tests = differences(), proofs()
    notes = Notes(known)
    sections = [INTRODUCTION, _totals(tests)]
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


def _totals(tests: list[Proof]) -> str:
    lines = ["| | statements | proven | without a test |", "|---|---|---|---|"]
    for version in Version:
        listed = statements(version)
        exempt = sum(bool(statement.exempt) for statement in listed)
        row = f"| {NAMES[version]} | {len(listed)} | {len(listed) - exempt} | {exempt} |"
        lines.append(row)
    return (
        "\n".join(lines) + f"\n\nThere are {len(tests)} tests, most of them with several cases.\n"
    )


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
    return f"[{proof.name.removeprefix('test_')}](../tests/conformance/{proof.file})"


def _beyond(tests: list[Proof], notes: Notes) -> str:
    lines = [
        "## Beyond the numbers\n",
        "What no numbered statement says, or says for one version only, and matters as well.\n",
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
    """Run the tests and, if all went as recorded, write the document."""
    ignored = f"--deselect={FOLDER.relative_to(DOCUMENT.parents[1])}/{DOCUMENT_TEST}"
    status = pytest.main(["-q", "-r", "fE", ignored, str(FOLDER)])
    if status:
        sys.stderr.write("not written: mend the broker, or record the difference\n")
        return int(status)
    DOCUMENT.write_text(render())
    sys.stdout.write(f"{DOCUMENT.name} written\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
