"""Levels of H.264 (ITU-T H.264, table A-1), and what a converted picture is called; no I/O."""

from __future__ import annotations

import math
from typing import Final

# Level: the most macroblocks per second and per frame.
_LEVELS: Final = (
    (30, 40_500, 1_620),
    (31, 108_000, 3_600),
    (40, 245_760, 8_192),
    (42, 522_240, 8_704),
    (50, 589_824, 22_080),
    (51, 983_040, 36_864),
    (52, 2_073_600, 36_864),
)
_MACROBLOCK: Final = 16


def level(width: int, height: int, rate: float) -> int:
    """Return the least level for a picture, times ten: 40 for 1080 lines at 30 a second."""
    frame = math.ceil(width / _MACROBLOCK) * math.ceil(height / _MACROBLOCK)
    fitting = (it for it, second, most in _LEVELS if frame <= most and frame * rate <= second)
    return next(fitting, _LEVELS[-1][0])


def codec(of_level: int) -> str:
    """Return what a browser calls High profile at a level (RFC 6381)."""
    return f"avc1.6400{of_level:02X}"
