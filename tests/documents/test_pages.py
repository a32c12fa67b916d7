"""The documents: links lead somewhere, tables are whole, and lines have at most 100 characters."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scripts.reference import document
from tests.documents.blocks import DOCUMENTS, broken_links
from zapette_server.paths import ROOT

PAGES = sorted({*ROOT.glob("*.md"), *ROOT.glob("*/README.md"), *DOCUMENTS.glob("**/*.md")})

_CODE = re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL)
_TABLE = re.compile(r"^(?:\|.*(?:\n|\Z))+", re.MULTILINE)
_BAR = re.compile(r"(?<!\\)\|")


@pytest.mark.parametrize("page", PAGES, ids=lambda it: str(it.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    assert broken_links(page.read_text(encoding="utf-8"), page) == []


def test_links_of_the_reference_lead_somewhere() -> None:
    assert broken_links(document(), ROOT / "build/docs/reference.md") == []


def test_a_broken_link_is_noticed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A `b`, c\n[1](#a-b-c) [2](page.md) [3](#b) [4](no.md) [5](page.md#a)\n")
    assert broken_links(page.read_text(), page) == ["#b", "no.md", "page.md#a"]


@pytest.mark.parametrize("page", PAGES, ids=lambda it: str(it.relative_to(ROOT)))
def test_tables_are_whole(page: Path) -> None:
    """Rows belong to a table with a head, and have as many cells as it."""
    tables = _TABLE.findall(_prose(page))
    assert [each for each in tables if not _is_whole(each)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda it: str(it.relative_to(ROOT)))
def test_lines_have_at_most_100_characters(page: Path) -> None:
    """Code and rows of tables cannot break."""
    lines = [each for each in _prose(page).splitlines() if not each.startswith("|")]
    assert [each for each in lines if len(each) > 100] == []


def _prose(page: Path) -> str:
    return _CODE.sub("", page.read_text(encoding="utf-8"))


def _is_whole(table: str) -> bool:
    rows = table.splitlines()
    has_head = len(rows) > 1 and re.fullmatch(r"\|[ :|-]+\|", rows[1])
    return bool(has_head) and len({len(_BAR.findall(each)) for each in rows}) == 1
