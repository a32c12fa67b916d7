"""The frame rates of conversions; no I/O."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Final

# Rates that people film at; a measured average is rounded to the next one.
_RATES: Final = (
    Fraction(24000, 1001), Fraction(24), Fraction(25), Fraction(30000, 1001), Fraction(30),
    Fraction(48), Fraction(50), Fraction(60000, 1001), Fraction(60),
)  # fmt: skip
_NEAR: Final = Fraction(1, 2000)
_ROUGHLY: Final = Fraction(1, 20)
_USUAL: Final = Fraction(25)
_LEAST: Final = Fraction(20)


def converted(average: float | None) -> Fraction:
    """Return the frames per second of a conversion, one of the usual rates where it is near one.

    Args:
        average: of the film; None if the file does not say.
    """
    if not average:
        return _USUAL
    given = Fraction(average).limit_denominator(100_000)
    for most in (_NEAR, _ROUGHLY):
        best = min(_RATES, key=lambda it: abs(it - given))
        if abs(best - given) <= most * given:
            return best
    # frames that come at any time need more of them than the average
    given *= max(1, math.ceil(_LEAST / given))
    return min(given.limit_denominator(1001), _RATES[-1])
