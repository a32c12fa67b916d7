"""The library over HTTP: its entries, files, pictures and subtitles."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, jsonify, request, send_file

from zapette_webapp import problem_details
from zapette_webapp.errors import InvalidRequest, NoPicture, NotReady
from zapette_webapp.http.responses.conditional_response import conditional
from zapette_webapp.library import subtitle_routes
from zapette_webapp.library.folder import paths
from zapette_webapp.library.folder.paths import LibraryPath
from zapette_webapp.library.library import Library
from zapette_webapp.media.pictures.pictures import Picture

_A_YEAR: Final = 365 * 24 * 3600
_PARAMETERS: Final = frozenset({"path", "search", "offset", "limit", "order"})


def blueprint(library: Library) -> Blueprint:
    """Return ``/api/library``, ``/media``, ``/thumbnails``, ``/previews`` and ``/subtitles``.

    ``/media`` answers ranges (206, 416, If-Range).
    """
    media = Blueprint("media", __name__)
    media.record_once(lambda it: it.app.url_map.converters.update(library_path=LibraryPath))
    problem_details.tolerate_lost_media(media)
    media_folder, queries = library.media_folder, library.queries

    @media.get("/api/library")
    def contents() -> Response:
        given = request.args
        unknown = sorted(given.keys() - _PARAMETERS)
        if unknown:
            raise InvalidRequest(
                f"{unknown[0][:40]}: there is no such parameter; there are "
                f"{', '.join(sorted(_PARAMETERS))}"
            )
        response = jsonify(
            queries.answer(
                given.get("path", ""),
                given.get("search", ""),
                _number("offset", 0),
                _number("limit", 100),
                given.get("order", "name"),
            )
        )
        response.headers["Cache-Control"] = "no-cache"
        response.add_etag()
        return conditional(response)

    @media.get("/media/<library_path:path>")
    def medium(path: str) -> Response:
        file = media_folder.get(path)
        kind = media_folder.type_of(path, file)
        status = file.stat()
        # werkzeug cannot make the tag and the name for every file name.
        answer = send_file(
            file,
            mimetype=kind,
            download_name=paths.printable(path.rpartition("/")[2]),
            conditional=False,
            etag=f"{status.st_mtime_ns:x}-{status.st_size:x}",
            max_age=0,
        )
        return conditional(answer, file)

    @media.get("/thumbnails/<library_path:path>")
    def thumbnail(path: str) -> Response:
        picture = library.thumbnails.get(media_folder.get(path), library.transfer(path))
        response = _jpeg(picture)
        if "v" in request.args:
            response.headers["Cache-Control"] = f"private, max-age={_A_YEAR}, immutable"
        return conditional(response)

    @media.get("/previews/<library_path:path>")
    def previews(path: str) -> Response:
        return conditional(_jpeg(library.previews.get(media_folder.get(path))))

    subtitle_routes.register(media, library)
    return media


def _jpeg(picture: Picture) -> Response:
    if picture.pending:
        raise NotReady("the picture is being made")
    if picture.file is None:
        raise NoPicture
    return send_file(picture.file, mimetype="image/jpeg", conditional=False, max_age=0)


def _number(name: str, default: int) -> int:
    text = request.args.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise InvalidRequest(f"{name}: a whole number is needed")
    return int(text)
