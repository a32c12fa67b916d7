"""Names of players (docs/protocol.md, "Procedures"); no I/O."""

from __future__ import annotations

import re
from typing import Final

_UNSEEN: Final = re.compile("[\\0-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""Control characters, line breaks, and what turns the direction of text around."""


def plain_name(text: str) -> str:
    """Return the name that a text stands for; empty if nothing of it can be seen."""
    return _UNSEEN.sub("", text).strip()
