"""The conformance tables are complete, and the summary has their figures."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from tests.conformance.outside import section
from tests.conformance.servers import KINDS
from tests.conformance.statements.catalogue import (
    LABELS,
    TESTS,
    differences,
    modules,
    proofs,
    statements,
)
from tests.conformance.statements.report import main, render, totals
from tests.conformance.wire.encodings import Version
from tests.documents.blocks import DOCUMENTS, broken_links
from zapette_server.paths import ROOT

versions = pytest.mark.parametrize("standard", list(Version), ids=list(LABELS.values()))


@versions
def test_every_statement_has_a_test_or_a_reason(standard: Version) -> None:
    """A statement that can be tested is tested; one that cannot says why, and is not."""
    proven = {number for proof in proofs() for number in proof.statements.get(standard, ())}
    listed = statements(standard)
    assert proven == {statement.number for statement in listed if not statement.exempt}


@versions
def test_numbers_have_no_gaps(standard: Version) -> None:
    """Within a section the statements are numbered without gaps, but for one that 5.0 lacks."""
    sections: dict[str, list[int]] = {}
    for statement in statements(standard):
        section, _, number = statement.number.rpartition("-")
        sections.setdefault(section, []).append(int(number))
    for section, numbers in sections.items():
        first = 2 if (standard, section) == (Version.V5, "2.2.1") else 1
        assert numbers == list(range(first, first + len(numbers))), section


def test_every_test_says_what_it_proves() -> None:
    """No test of a server goes without a mark."""
    marked = {(proof.file, proof.name) for proof in proofs()}
    for path in modules():
        for name in re.findall(r"^def (test_\w+)", path.read_text(), re.MULTILINE):
            assert (str(path.relative_to(TESTS)), name) in marked


def test_names_are_unique() -> None:
    """A test is known by its name alone, and says in a line what it shows."""
    assert not [
        name for name, count in Counter(proof.name for proof in proofs()).items() if count > 1
    ]
    assert not [proof.name for proof in proofs() if "\n" in proof.summary or not proof.summary]


def test_differences_are_about_tests() -> None:
    """Every difference names a server and a test that there are, and our broker has none."""
    names = {proof.name for proof in proofs()}
    for entry in differences():
        assert entry.server in KINDS
        assert entry.server != "ours", f"our broker fails {entry.test}"
        assert entry.test in names


def test_the_tables_have_everything(capsys: pytest.CaptureFixture[str]) -> None:
    """`make docs` writes each statement, each test, each difference and the suites of others."""
    assert main() == 0
    printed = capsys.readouterr().out
    assert printed == render()
    for version in Version:
        for statement in statements(version):
            row = f"| MQTT-{statement.number} | {statement.summary} | {statement.exempt}"
            assert row in printed
    for proof in proofs():
        assert f"/{proof.file})" in printed
        assert f"[{proof.name.removeprefix('test_')}]" in printed
    for entry in differences():
        assert f"| {entry.server} | {entry.reason} |" in printed
    assert section.render() in printed
    assert broken_links(printed, ROOT / "build/docs/conformance.md") == []


def test_the_summary_has_the_figures() -> None:
    """The page written by hand has the totals of the tables, and those of the suites of others."""
    summary = (DOCUMENTS / "conformance.md").read_text()
    assert totals(proofs()) in summary
    assert "\n".join(section.figures()) in summary
