"""The media folder: what is in it, and its files with byte ranges."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Final

from flask import Blueprint, Response, abort, request, send_file
from werkzeug.security import safe_join
from werkzeug.wsgi import wrap_file

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
        kind = TYPES[file.suffix.lower()]
        return _unblocked(send_file(file, mimetype=kind, conditional=True, max_age=0), file)

    return media


def _unblocked(response: Response, file: Path) -> Response:
    """Return a 206 whose file the server reads by itself, so that no thread waits for a viewer.

    waitress takes a wrapped file from where it stands, for as many bytes as Content-Length says;
    werkzeug wraps a range in an iterator, which would hold a thread while a player is paused.
    """
    if response.status_code != HTTPStatus.PARTIAL_CONTENT:
        return response
    start = response.content_range.start or 0
    response.close()
    stream = file.open("rb")
    stream.seek(start)
    response.response = wrap_file(request.environ, stream)
    return response
