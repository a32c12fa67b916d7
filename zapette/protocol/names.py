"""Names of players (docs/protocol.md, "Procedures"); no I/O."""

from __future__ import annotations

import re
from typing import Final

_UNSEEN: Final = re.compile("[\\0-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""Control characters, line breaks, and what turns the direction of text around."""

_BLANK: Final = re.compile(
    "[\\s\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200d\u2060-\u206f\u2800\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff]*"
)
"""Nothing but what joins characters or takes room, and shows nothing by itself."""


def plain_name(text: str) -> str:
    """Return the name that a text stands for; empty if nothing of it can be seen."""
    plain = _UNSEEN.sub("", text).strip()
    return "" if _BLANK.fullmatch(plain) else plain
