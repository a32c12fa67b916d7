"""Sheets of small pictures of films, one for each place on a seek bar, in a folder.

The program `preview_program` draws them; `sheet` says what is where.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from zapette_webapp.media import media_types
from zapette_webapp.media.pictures.pictures import Pictures
from zapette_webapp.media.probing.probe import opened_as
from zapette_webapp.media.tools import Limits, Tool

BUDGET: Final = 128 << 20
"""The size limit of the folder, in bytes: more than 100 films."""

LIMITS: Final = Limits(cpu=90, wall=120.0, memory=1 << 30, output=8 << 20)
"""The limits for making one sheet; the program itself stops sooner, with what it has."""

_PROGRAM: Final = "zapette_webapp.media.pictures.preview_program"


class PreviewSheets(Pictures):
    """Makes the sheet of a film that somebody watches (`zapette_webapp.media.pictures.sheet`).

    Args:
        folder: the folder of the sheets; created if needed.
    """

    def __init__(self, folder: Path) -> None:
        tool = Tool([sys.executable, "-P", "-m", _PROGRAM], LIMITS, name="previews")
        super().__init__(folder, BUDGET, tool, "previews", "sheet 2")

    def _is_drawn(self, file: Path) -> bool:
        return media_types.may_open(file.name) and media_types.kind(file.name) != "audio"

    def _draw(self, file: Path, transfer: str | None) -> bytes | None:
        del transfer  # which the program sees itself
        demuxer, _ = opened_as(file)
        return (demuxer and self.tool.output(str(file.absolute()), demuxer)) or None
