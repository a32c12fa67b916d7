"""Subtitles over HTTP: files next to films, and tracks and fonts inside them."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, request

from zapette_webapp.errors import InvalidRequest, NotSubtitles
from zapette_webapp.http import requests
from zapette_webapp.http.responses.conditional_response import conditional
from zapette_webapp.library.folder import film_subtitles
from zapette_webapp.library.library import Library
from zapette_webapp.media import media_types
from zapette_webapp.media.subtitles.conversion import Form
from zapette_webapp.media.subtitles.track_reader import Reading

_MOST: Final = 999
_TYPES: Final[dict[Form, str]] = {"webvtt": "text/vtt", "text": "text/x-ssa"}


def register(media: Blueprint, library: Library) -> None:
    """Add ``/subtitles`` to the library's routes."""

    @media.get("/subtitles/<library_path:path>")
    def subtitle(path: str) -> Response:
        file = library.media_folder.get(path)
        is_external = file.suffix.lower() in media_types.SUBTITLES
        if file.suffix.lower() == media_types.PAIR:
            raise NotSubtitles
        form = _form()
        if is_external:
            if form == "text" and file.suffix.lower() not in media_types.STYLED:
                raise InvalidRequest("format: only ASS and SSA can be sent as they are")
            language = film_subtitles.subtitle(library.media_folder, path).language
            text = library.converter.convert(file, language, form, number=_whole("track") or 0)
            return _answer(Reading(text), form)
        if (font := _whole("font")) is not None:
            content = library.track_reader.font(file, font)
            return _kept(Response(content, mimetype="font/sfnt"))
        if (track := _whole("track")) is None:
            raise NotSubtitles
        at = requests.seconds("at", 1e6)
        return _answer(library.track_reader.read(file, track, form, at), form)


def _answer(reading: Reading, form: Form) -> Response:
    response = Response(reading.text, mimetype=_TYPES[form])
    response.headers["Zapette-Fonts"] = str(reading.fonts)
    if reading.part is None:
        return _kept(response)
    first, last = reading.part
    response.headers["Zapette-Part"] = f"{first}-{last}"
    response.headers["Cache-Control"] = "no-store"
    return response


def _kept(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-cache"
    response.add_etag()
    return conditional(response)


def _form() -> Form:
    given = request.args.get("format", "webvtt")
    if given not in {"webvtt", "ass"}:
        raise InvalidRequest("format: one of webvtt, ass is needed")
    return "text" if given == "ass" else "webvtt"


def _whole(name: str) -> int | None:
    text = request.args.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 3):
        raise InvalidRequest(f"{name}: a whole number from 0 to {_MOST} is needed")
    return int(text)
