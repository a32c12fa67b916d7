"""Photos from phones: recognised by their contents, and converted if browsers do not show them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from zapette_webapp.errors import NotMedia
from zapette_webapp.media import ffmpeg_program
from zapette_webapp.media.tools import QUIET, Limits, Tool

LIMITS: Final = Limits(cpu=20, wall=60.0, memory=1 << 30, output=32 << 20, waiting=2, niceness=5)
"""The limits of one photo; each that waits has a thread of the server, which has 16."""

MOST_PIXELS: Final = 64 << 20
"""The largest photo, in pixels."""

_HEAD: Final = 32
# first bytes, extension, demuxer
_SHOWN: Final = (
    (0, b"\xff\xd8\xff", ".jpg", "jpeg_pipe"),
    (0, b"\x89PNG\r\n\x1a\n", ".png", "png_pipe"),
    (8, b"WEBP", ".webp", "webp_pipe"),
)
_AVIF: Final = b"ftypavif"


class Photos:
    """Checks and converts one photo at a time; safe for several threads."""

    def __init__(self) -> None:
        command = ffmpeg_program.command("-nostdin", *QUIET)
        self.tool = Tool(command, LIMITS, name="photos")

    def accept(self, file: Path) -> str | None:
        """Return the extension of a photo, which may be converted in place; None if it is none.

        Raises:
            NotMedia: it is a photo that cannot be shown.
            ToolBusy: other photos are being read.
            OSError: it cannot be written.
        """
        with file.open("rb") as stream:
            head = stream.read(_HEAD)
        for place, mark, end, demuxer in _SHOWN:
            if head.startswith(mark, place):
                self._check(file, demuxer)
                return end
        if head.startswith(_AVIF, 4):
            self._convert(file)
            return ".jpg"
        return None

    def _check(self, file: Path, demuxer: str) -> None:
        if self.tool.present and self._run(file, demuxer, "-f", "null", "-") is None:
            raise NotMedia("unreadable")

    def _convert(self, file: Path) -> None:
        picture = self._run(file, "mov", "-q:v", "2", "-f", "mjpeg", "-")
        if not picture:
            raise NotMedia("unknown_format")
        draft = file.with_name(f"{file.name}.draft")
        draft.write_bytes(picture)
        draft.replace(file)

    def _run(self, file: Path, demuxer: str, *how: str) -> bytes | None:
        finished = self.tool.run(
            *("-threads", "1", "-xerror", "-max_pixels", str(MOST_PIXELS)),
            *("-f", demuxer, "-i", f"file:{file}", "-map", "0:v:0", "-frames:v", "1", *how),
        )
        return finished.output if finished.code == 0 else None
