"""Ranges of players' parameters that other parts share; no I/O."""

from __future__ import annotations

from typing import Final

VOLUME: Final = (0, 100)
"""The lowest and the highest volume."""

LONGEST_NAME: Final = 64
"""The longest name of a player, in characters."""

LONGEST_TITLE: Final = 200
"""The longest title of a medium, in characters."""
