"""The checker of shapes refuses what is not of the type."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.shapes import assert_type

TRACK = {"id": "fr", "label": "Français", "language": None}


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (1, "text"), (True, "number"), (float("nan"), "number"), (1.5, "whole number"),
        (-1, "whole number"), (1, "boolean"), (None, "text"), ("x", "one of off, one, all"),
        (["a", 1], "list of text"), ("a", "list of text"), ([], "track"),
        (TRACK | {"id": 1}, "track"), (TRACK | {"more": 1}, "track"), ({"id": "fr"}, "track"),
        ({"active": None, "tracks": [{}]}, "tracks"),
    ],
)  # fmt: skip
def test_refused(value: Any, words: str) -> None:
    with pytest.raises(AssertionError):
        assert_type(value, words)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("", "text"), (1.5, "number"), (0, "whole number"), (False, "boolean"),
        (None, "text or null"), ("one", "one of off, one, all"), ([], "list of text"),
        ({"active": None, "tracks": [TRACK]}, "tracks"),
        ({"code": "x", "message": ""}, "error"),
        ({"code": "x", "message": "", "reason": "network"}, "error"),
    ],
)  # fmt: skip
def test_taken(value: Any, words: str) -> None:
    assert_type(value, words)
