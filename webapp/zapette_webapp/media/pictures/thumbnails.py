"""Thumbnails of media and posters, which ffmpeg makes."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from zapette_webapp.media import ffmpeg_program, media_types
from zapette_webapp.media.pictures.pictures import Pictures
from zapette_webapp.media.probing.probe import opened_as
from zapette_webapp.media.tools import QUIET, Limits, Tool
from zapette_webapp.streams.planning import tone_mapping

SIZE: Final = 480
"""The longer side of a picture, in pixels."""

BUDGET: Final = 256 << 20
"""The size limit of the folder, in bytes."""

LIMITS: Final = Limits(cpu=20, wall=60.0, memory=768 << 20, output=4 << 20)
"""The limits for making one picture."""

MOST_PIXELS: Final = 64 << 20
"""The largest picture that gets a thumbnail, in pixels: twice a frame in 8K."""

_LOOKS: Final = (30.0, 3.0, 0.0)
_MAGIC: Final = {b"\xff\xd8\xff": "jpeg_pipe", b"\x89PNG": "png_pipe", b"RIFF": "webp_pipe"}


class Thumbnails(Pictures):
    """Makes a thumbnail of a medium: a frame of a film, the cover of music, or a picture itself.

    Args:
        folder: the folder of the thumbnails; created if needed.
        budget: its size limit, in bytes.
    """

    def __init__(self, folder: Path, budget: int = BUDGET) -> None:
        command = ffmpeg_program.command("-nostdin", *QUIET)
        tool = Tool(command, LIMITS, name=ffmpeg_program.NAME)
        super().__init__(folder, budget, tool, "thumbnails", str(SIZE))

    def _is_drawn(self, file: Path) -> bool:
        return file.suffix.lower() in media_types.PICTURES or media_types.may_open(file.name)

    def _draw(self, file: Path, transfer: str | None) -> bytes | None:
        if file.suffix.lower() in media_types.PICTURES:
            return self._run_ffmpeg(file, _demuxer_of_picture(file), None)
        demuxer, _ = opened_as(file)
        if demuxer is None:
            return None
        if media_types.kind(file.name) == "audio":
            return self._run_ffmpeg(file, demuxer, None)
        for seconds in _LOOKS:
            picture = self._run_ffmpeg(file, demuxer, seconds, transfer)
            if picture:
                return picture
        return None

    def _run_ffmpeg(
        self, file: Path, demuxer: str | None, seconds: float | None, transfer: str | None = None
    ) -> bytes | None:
        if demuxer is None:
            return None
        place = () if seconds is None else ("-ss", str(seconds))
        fit = f"scale=w={SIZE}:h={SIZE}:force_original_aspect_ratio=decrease"
        light = f",{tone_mapping.filters(transfer, is_jpeg=True)}" if transfer else ""
        output = self.tool.output(
            *("-threads", "1", "-max_pixels", str(MOST_PIXELS), *place),
            *("-f", demuxer, "-i", f"file:{file}", "-map", "0:v:0", "-frames:v", "1"),
            *("-vf", f"{fit}{light},format=yuvj420p", "-q:v", "5", "-f", "mjpeg", "-"),
        )
        return output or None


def _demuxer_of_picture(file: Path) -> str | None:
    with file.open("rb") as stream:
        beginning = stream.read(4)
    return next((name for magic, name in _MAGIC.items() if beginning.startswith(magic)), None)
