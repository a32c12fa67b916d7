"""The media folder: what is in it, and its files with byte ranges."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from flask import Blueprint, Response, abort, send_file
from werkzeug.security import safe_join

# The system's table has some of these wrong (.ts is not a translation, .srt is text).
TYPES: Final = {
    ".webm": "video/webm",
    ".mp4": "video/mp4",
    ".m4v": "video/mp4",
    ".mov": "video/quicktime",
    ".mkv": "video/x-matroska",
    ".ogv": "video/ogg",
    ".ts": "video/mp2t",
    ".mp3": "audio/mpeg",
    ".m4a": "audio/mp4",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
    ".flac": "audio/flac",
    ".wav": "audio/wav",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".vtt": "text/vtt",
    ".srt": "application/x-subrip",
}
_PLAYABLE: Final = ("video/", "audio/")


@dataclass(frozen=True, slots=True)
class Library:
    """The files in one folder that may be played; nothing outside it, whatever links point there.

    Attributes:
        folder: the media folder; need not exist.
    """

    folder: Path

    def first(self) -> str:
        """Return the library path of the first medium at the top of the folder, or an empty one."""
        try:
            files = sorted(self.folder.iterdir())
        except OSError:
            return ""
        names = (
            file.name for file in files if TYPES.get(file.suffix.lower(), "").startswith(_PLAYABLE)
        )
        return next((f"media/{name}" for name in names if self.find(name) is not None), "")

    def find(self, path: str) -> Path | None:
        """Return the file at a library path; None if there is none that may be served."""
        joined = safe_join(str(self.folder), path)
        if joined is None or "\0" in path or any(part.startswith(".") for part in path.split("/")):
            return None
        file = Path(joined)
        try:
            inside = file.resolve(strict=True).is_relative_to(self.folder.resolve(strict=True))
        except (OSError, RuntimeError):
            return None
        return file if inside and file.is_file() and file.suffix.lower() in TYPES else None


def blueprint(library: Library) -> Blueprint:
    """Return the route of ``/media``, which answers ranges (206, 416, If-Range)."""
    media = Blueprint("media", __name__)

    @media.get("/media/<path:path>")
    def medium(path: str) -> Response:
        file = library.find(path)
        if file is None:
            abort(404, description="there is no such medium in the library")
        return send_file(file, mimetype=TYPES[file.suffix.lower()], conditional=True, max_age=0)

    return media
