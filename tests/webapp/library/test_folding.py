"""Text as it is searched: what any keyboard can write finds it."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.contract.vector_files import vectors
from zapette_webapp.library.folding import folded, searchable

VECTORS = vectors("folding")["folded"]


@pytest.mark.parametrize(("text", "expected"), VECTORS)
def test_vectors(text: str, expected: str) -> None:
    assert folded(text) == unicodedata.normalize("NFKD", expected)


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("Mädchen", "maedchen"),
        ("Ma\u0308dchen", "maedchen"),
        ("Ålesund", "aalesund"),
        ("Ørsted", "oersted"),
    ],
)
def test_letters_are_spelled_out(text: str, typed: str) -> None:
    assert typed in searchable(text)
    assert folded(text) in searchable(text)


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    once = folded(text)
    assert folded(once) == once


@given(st.text())
def test_the_form_of_accents_does_not_count(text: str) -> None:
    for form in ("NFC", "NFD"):
        assert folded(unicodedata.normalize(form, text)) == folded(text)


@given(st.text(st.characters(min_codepoint=0xC0, max_codepoint=0x17F, categories=["L"])))
def test_latin_letters_become_what_any_keyboard_has(text: str) -> None:
    assert folded(text).isascii()
