"""Titles that files and web pages give; no I/O."""

from __future__ import annotations

from typing import Any

from zapette.protocol.ranges import LONGEST_TITLE


def titled(value: Any) -> str | None:
    """Return a text on one line and not too long; None if it says nothing."""
    if not isinstance(value, str):
        return None
    printable = "".join(it if it.isprintable() else " " for it in value)
    return " ".join(printable.split())[:LONGEST_TITLE] or None
