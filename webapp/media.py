"""The library over HTTP: what is in it, and its files, small pictures and subtitles."""

from __future__ import annotations

import threading
from collections import OrderedDict
from http import HTTPStatus
from pathlib import Path
from typing import Final

from flask import Blueprint, Response, jsonify, request, send_file
from werkzeug.wsgi import wrap_file

from webapp import languages, media_types, paths, subtitles
from webapp.catalogue import NotInLibrary
from webapp.librarian import Librarian
from webapp.library import Library
from webapp.paths import LibraryPath
from webapp.problems import Problem
from zapette.errors import InvalidArgument

_A_YEAR: Final = 365 * 24 * 3600
_MOST_REMEMBERED: Final = 32
_PARAMETERS: Final = frozenset({"path", "search", "offset", "limit", "order"})


def blueprint(librarian: Librarian) -> Blueprint:
    """Return ``/api/library``, ``/media``, ``/thumbnails`` and ``/subtitles``.

    ``/media`` answers ranges (206, 416, If-Range).
    """
    media = Blueprint("media", __name__)
    media.record_once(lambda it: it.app.url_map.converters.update(library_path=LibraryPath))
    library, catalogue = librarian.library, librarian.catalogue
    converter = Converter()

    @media.errorhandler(InvalidArgument)
    def refuse(error: InvalidArgument) -> Response:
        if isinstance(error, NotInLibrary):
            return Problem(HTTPStatus.NOT_FOUND, "not_found", str(error)).response()
        return Problem(HTTPStatus.BAD_REQUEST, "invalid_request", str(error)).response()

    @media.get("/api/library")
    def contents() -> Response:
        given = request.args
        unknown = sorted(given.keys() - _PARAMETERS)
        if unknown:
            raise InvalidArgument(
                f"{unknown[0][:40]}: there is no such parameter; there are "
                f"{', '.join(sorted(_PARAMETERS))}"
            )
        response = jsonify(
            catalogue.answer(
                given.get("path", ""),
                given.get("search", ""),
                _number("offset", 0),
                _number("limit", 100),
                given.get("order", "name"),
            )
        )
        response.headers["Cache-Control"] = "no-cache"
        response.add_etag()
        response.make_conditional(request)
        return response

    @media.get("/media/<library_path:path>")
    def medium(path: str) -> Response:
        file = _found(library, path)
        kind = media_types.TYPES[media_types.suffix(path)]
        status = file.stat()
        # tag and name are not werkzeug's own, which it cannot make of every name
        answer = send_file(
            file,
            mimetype=kind,
            download_name=paths.printable(path.rpartition("/")[2]),
            conditional=True,
            etag=f"{status.st_mtime_ns:x}-{status.st_size:x}",
            max_age=0,
        )
        return _unblocked(answer, file)

    @media.get("/thumbnails/<library_path:path>")
    def thumbnail(path: str) -> Response:
        picture = librarian.thumbnails.get(_found(library, path))
        if picture.pending:
            detail = "the picture is being made; ask again in a moment"
            raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", detail, retry_after=1)
        if picture.file is None:
            raise _missing("there is no picture of this medium")
        response = send_file(picture.file, mimetype="image/jpeg", conditional=True, max_age=0)
        if "v" in request.args:
            response.headers["Cache-Control"] = f"public, max-age={_A_YEAR}, immutable"
        return response

    @media.get("/subtitles/<library_path:path>")
    def subtitle(path: str) -> Response:
        file = _found(library, path)
        if file.suffix.lower() not in media_types.SUBTITLES:
            raise _missing("these are no subtitles")
        response = Response(converter.webvtt(file), mimetype="text/vtt")
        response.headers["Cache-Control"] = "no-cache"
        response.add_etag()
        response.make_conditional(request)
        return response

    return media


class Converter:
    """Converts subtitles one file at a time, and remembers the last ones."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._remembered: OrderedDict[tuple[Path, int, int], str] = OrderedDict()

    def webvtt(self, file: Path) -> str:
        """Return the subtitles in `file` as WebVTT.

        Raises:
            Problem: the file is too large, or holds none.
        """
        status = file.stat()
        if status.st_size > subtitles.LARGEST:
            raise _unconvertible(f"the file is larger than {subtitles.LARGEST >> 20} MiB")
        key = (file, status.st_mtime_ns, status.st_size)
        with self._lock:
            if key not in self._remembered:
                self._remembered[key] = _convert(file)
            self._remembered.move_to_end(key)
            if len(self._remembered) > _MOST_REMEMBERED:
                self._remembered.popitem(last=False)
            return self._remembered[key]


def _convert(file: Path) -> str:
    words = file.stem.replace("_", ".").split(".")
    language = next((it for word in reversed(words) if (it := languages.code(word))), None)
    try:
        text = subtitles.decode(file.read_bytes(), language)
        return subtitles.to_webvtt(text, file.suffix.lower())
    except ValueError as error:
        raise _unconvertible(str(error)) from error


def _found(library: Library, path: str) -> Path:
    file = library.find(path)
    if file is None:
        raise _missing("there is no such medium in the library")
    return file


def _number(name: str, default: int) -> int:
    text = request.args.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise InvalidArgument(f"{name}: a whole number is needed")
    return int(text)


def _missing(detail: str) -> Problem:
    return Problem(HTTPStatus.NOT_FOUND, "not_found", detail)


def _unconvertible(detail: str) -> Problem:
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "media_error", detail)


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
