"""A sheet of small pictures, in the planes of YUV 4:2:0 with the full range; no I/O."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

COLUMNS: Final = 10
ROWS: Final = 20
COUNT: Final = COLUMNS * ROWS
"""The number of tiles: a seek bar on a phone has hardly more places to point at."""

WIDTH: Final = 160
HEIGHT: Final = 90
"""The size of a tile, in pixels; a picture of another shape is centred on black."""

_PASSES: Final = (0, 4, 2, 6, 1, 5, 3, 7)


@dataclass(frozen=True, slots=True)
class Plane:
    """One component of a picture, without padding.

    Attributes:
        width: in samples.
        content: its rows.
    """

    width: int
    content: bytes

    @property
    def height(self) -> int:
        """The number of rows."""
        return len(self.content) // self.width

    def turned(self, degrees: int) -> Plane:
        """Return it turned to the left by a multiple of 90 degrees."""
        plane = self
        for _ in range(degrees // 90 % 4):
            columns = (plane.content[it :: plane.width] for it in reversed(range(plane.width)))
            plane = Plane(plane.height, b"".join(columns))
        return plane


class Sheet:
    """The tiles, in rows: each stands for the same part of a film."""

    def __init__(self) -> None:
        self._planes = [
            bytearray(black * (COLUMNS * WIDTH // scale) * (ROWS * HEIGHT // scale))
            for black, scale in ((b"\0", 1), (b"\x80", 2), (b"\x80", 2))
        ]
        self._drawn: dict[int, list[Plane]] = {}

    @property
    def is_empty(self) -> bool:
        """Whether it has no picture."""
        return not self._drawn

    def draw(self, number: int, planes: list[Plane]) -> None:
        """Draw the tile with this number, from 0."""
        self._drawn[number] = planes
        for sheet, plane, scale in zip(self._planes, planes, (1, 2, 2), strict=True):
            stride = COLUMNS * WIDTH // scale
            left = number % COLUMNS * WIDTH // scale + (WIDTH // scale - plane.width) // 2
            top = number // COLUMNS * HEIGHT // scale + (HEIGHT // scale - plane.height) // 2
            for row in range(plane.height):
                start = (top + row) * stride + left
                line = plane.content[row * plane.width : (row + 1) * plane.width]
                sheet[start : start + plane.width] = line

    def fill(self) -> None:
        """Draw each tile that is missing like the one before it, or the first there is."""
        last = self._drawn[min(self._drawn)]
        for number in range(COUNT):
            if number in self._drawn:
                last = self._drawn[number]
            else:
                self.draw(number, last)

    def planes(self) -> list[bytes]:
        """Return the rows of each component."""
        return [bytes(it) for it in self._planes]


def order() -> Iterator[int]:
    """Go through the tiles so that they lie far apart at first: there may be no time for all."""
    for first in _PASSES:
        yield from range(first, COUNT, len(_PASSES))


def fitting(width: int, height: int) -> tuple[int, int]:
    """Return the size, in even numbers, of a picture of this shape that fits into a tile."""
    scale = min(WIDTH / width, HEIGHT / height)
    return tuple(max(2, round(it * scale / 2) * 2) for it in (width, height))  # type: ignore[return-value]
