"""SECURITY.md names tests that exist."""

from __future__ import annotations

import re

import pytest

from zapette_server.paths import ROOT

TEXT = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/.]+(?:::\w+)?)`", TEXT)))


def test_each_attack_has_a_test() -> None:
    table = TEXT.partition("| attack |")[2]
    rows = [line for line in table.splitlines()[2:] if line.startswith("|")]
    assert len(rows) > 20
    assert all("`tests/" in row for row in rows)


@pytest.mark.parametrize("name", NAMED)
def test_it_is_there(name: str) -> None:
    path, _, test = name.partition("::")
    assert (ROOT / path).exists()
    if test:
        assert f"def {test}(" in (ROOT / path).read_text(encoding="utf-8")


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)#]+)", TEXT))
def test_its_links_lead_somewhere(link: str) -> None:
    assert (ROOT / link).exists()
