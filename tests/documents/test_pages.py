"""The documents: links lead to files and headings that exist, and lines have 100 characters."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scripts.reference import document
from tests.documents.blocks import DOCUMENTS, broken_links
from zapette_server.paths import ROOT

PAGES = sorted({*ROOT.glob("*.md"), *ROOT.glob("*/README.md"), *DOCUMENTS.glob("**/*.md")})


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
def test_lines_have_at_most_100_characters(page: Path) -> None:
    """Code and rows of tables cannot break."""
    text = re.sub(
        r"^ *```.*?^ *```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL
    )
    lines = [each for each in text.splitlines() if not each.startswith("|")]
    assert [each for each in lines if len(each) > 100] == []
