"""The streams over HTTP: playlists and parts of films."""

from __future__ import annotations

import re
from typing import Final

from flask import Blueprint, Response, request, send_file

from zapette_webapp import problem_details
from zapette_webapp.errors import NotFound
from zapette_webapp.http import requests
from zapette_webapp.http.responses.security_headers import no_store
from zapette_webapp.library.folder.media_folder import MediaFolder
from zapette_webapp.streams import viewers
from zapette_webapp.streams.converter import StreamConverter
from zapette_webapp.streams.planning import plan, playlists

MASTER: Final = "master.m3u8"
"""The name of a master playlist."""

_VERSION: Final = "v"
_AT: Final = "at"
_HEARD: Final = "sound"
_PLAYLIST: Final = "application/vnd.apple.mpegurl"
_PICTURE: Final = "video/mp4"
_SOUND: Final = "audio/mp4"
_NAME: Final = re.compile(
    r"(?P<track>video|audio-(?P<number>\d{1,2}))"
    r"(?P<kind>\.m3u8|-init\.mp4|-(?P<index>\d{1,6})\.m4s)"
)


def blueprint(converter: StreamConverter, media_folder: MediaFolder) -> Blueprint:
    """Return ``/streams/<path>/<plan>/…`` (docs/library-api.md)."""
    routes = Blueprint("streams", __name__)
    problem_details.tolerate_lost_media(routes)

    @routes.get("/streams/<library_path:path>/<given>/<name>")
    def stream(path: str, given: str, name: str) -> Response:
        is_master = name == MASTER
        made = converter.recipes(media_folder, path, plan.parse(given), again=is_master)
        version = request.args.get(_VERSION, made.source.version)
        if version != made.source.version and not is_master:
            raise NotFound("the file has been replaced; load its master playlist again")
        query = _query(made.source.version)
        if is_master:
            playlist = playlists.master(*made.recipes.tracks(), query)
            made.check_room(_viewer())
            if (at := requests.seconds(_AT)) is not None:
                made.begin(at, request.args.get(_HEARD, "0"), _viewer())
            return _text(playlist)
        found = _NAME.fullmatch(name)
        if found is None:
            raise NotFound("a stream has no such file")
        number = None if found["number"] is None else int(found["number"])
        rendition = made.rendition(number)
        kind = _PICTURE if number is None else _SOUND
        if found["kind"] == ".m3u8":
            independent = number is not None or made.recipes.is_independent
            text = playlists.media(
                found["track"], rendition.timeline, query, independent=independent
            )
            return _text(text)
        if found["index"] is None:
            return no_store(Response(made.init(rendition, _viewer()), mimetype=kind))
        index = int(found["index"])
        if index >= len(rendition.timeline):
            raise NotFound("the film is shorter")
        served = made.part(rendition, index, _viewer())
        response = no_store(send_file(served.file, mimetype=kind, conditional=False, etag=False))
        if served.speed is not None:
            response.headers["Zapette-Speed"] = f"{served.speed:.1f}"
        if served.is_past:
            response.headers["Zapette-Past"] = "1"
        return response

    return routes


def _query(version: str) -> str:
    """Return what follows each address in a playlist: what was given, and the version."""
    return "?" + "&".join([*_given(), f"{_VERSION}={version}"])


def _given() -> list[str]:
    given = [it for it in request.query_string.decode("latin-1").split("&") if it]
    return [it for it in given if it.partition("=")[0] not in {_VERSION, _AT, _HEARD}]


def _viewer() -> str:
    return viewers.viewer(
        request.remote_addr or "", request.headers.get("User-Agent", ""), _given()
    )


def _text(playlist: str) -> Response:
    # the film may be replaced at any time
    return no_store(Response(playlist, mimetype=_PLAYLIST))
