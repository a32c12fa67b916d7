"""The subtitle files of the films in a folder of the library, from the disk."""

from __future__ import annotations

import os
from collections.abc import Collection
from functools import lru_cache
from io import BytesIO
from pathlib import Path, PurePosixPath
from posixpath import basename, splitext
from typing import Final

from zapette_webapp.library.folder import paths
from zapette_webapp.library.folder.media_folder import MediaFolder
from zapette_webapp.media import media_types
from zapette_webapp.media.subtitles import subtitle_files, vobsub
from zapette_webapp.media.subtitles.subtitle_files import Subtitle
from zapette_webapp.media.subtitles.vobsub import Pair
from zapette_webapp.subtitle_formats import sami
from zapette_webapp.subtitle_formats.sami import Language

_HEAD: Final = 16 << 10
_LARGEST_PAIR: Final = 4 << 20
_MOST_PAIRS: Final = 4096


def subtitle(media_folder: MediaFolder, path: str) -> Subtitle:
    """Return the meaning of the name of the subtitles at `path`, given the films next to them."""
    folder = path.rpartition("/")[0]
    if folder.rpartition("/")[2].lower() in subtitle_files.FOLDERS:
        folder = folder.rpartition("/")[0]
    found = media_folder.find_folder(folder)
    try:
        names = os.listdir(found) if found else []  # noqa: PTH208 - may hold 20,000 names
    except OSError:
        names = []
    films = {subtitle_files.key(stem(paths.from_disk(it))) for it in names if media_types.kind(it)}
    return subtitle_files.named(path, subtitle_files.owner(stem(path), films) or "")


def subtitles_of(
    media_folder: MediaFolder, media: list[str], texts: list[str]
) -> dict[str, list[Subtitle]]:
    """Return the subtitles of each of `media`; some may have none."""
    films: dict[str, list[str]] = {}
    for medium in media:
        films.setdefault(subtitle_files.key(stem(medium)), []).append(medium)
    found: dict[str, list[Subtitle]] = {}
    for text in sorted(texts):
        film = subtitle_files.owner(stem(text), films)
        owners = films[film] if film is not None else _only(media, text)
        named = subtitle_files.named(text, film or "")
        several = [named]
        if owners and media_types.suffix(text) in media_types.SEVERAL:
            several = subtitle_files.several(named, _languages_in(media_folder, text))
        elif owners and media_types.suffix(text) == media_types.PAIR:
            several = subtitle_files.of_pair(named, index_of_pair(media_folder, text).tracks)
        for medium in owners:
            found.setdefault(medium, []).extend(several)
    return found


def _languages_in(media_folder: MediaFolder, path: str) -> list[Language]:
    file = media_folder.find(path)
    try:
        with file.open("rb") if file else BytesIO() as stream:
            beginning = stream.read(_HEAD)
    except OSError:
        return []
    # the names that matter are ASCII; decoding each file of a folder would take long
    return sami.languages(beginning.replace(b"\0", b"").decode("utf-8", "replace"))


def index_of_pair(media_folder: MediaFolder, path: str) -> Pair:
    """Return what the index of a VobSub says; no tracks if it cannot be read."""
    file = media_folder.find(path)
    if file is None:
        return Pair((), (0, 0))
    try:
        status = file.stat()
    except OSError:
        return Pair((), (0, 0))
    return _read_pair(file, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=_MOST_PAIRS)
def _read_pair(file: Path, _mtime_ns: int, size: int) -> Pair:
    # each scan of the folder asks
    if size > _LARGEST_PAIR:
        return Pair((), (0, 0))
    try:
        return vobsub.read(file.read_text("utf-8", "replace"))
    except OSError:
        return Pair((), (0, 0))


def stands_for_itself(name: str, names: Collection[str]) -> bool:
    """Return whether a file is subtitles: the two files of a VobSub are so by their index."""
    stem, end = splitext(name.lower())
    if end == media_types.PAIR:
        return f"{stem}.sub" in names
    return end != ".sub" or f"{stem}{media_types.PAIR}" not in names


def _only(media: list[str], text: str) -> list[str]:
    """Return the medium if it is the only one: all subtitles in a subfolder belong to it."""
    parent = PurePosixPath(text).parent.name.lower()
    return media if len(media) == 1 and parent in subtitle_files.FOLDERS else []


def stem(path: str) -> str:
    """Return the name of a file without its ending."""
    return splitext(basename(path))[0]


def texts_in(media_folder: MediaFolder, path: str) -> list[str]:
    """Return the paths of the subtitle files in the folder at `path`."""
    folder = media_folder.find_folder(path)
    if folder is None:
        return []
    with os.scandir(folder) as entries:
        found = [(it, f"{path}/{paths.from_disk(it.name)}") for it in entries]
    names = {it.name.lower() for it, _ in found}
    return [
        here
        for entry, here in found
        if stands_for_itself(entry.name, names)
        and media_types.suffix(here) in media_types.SUBTITLES
        and not entry.name.startswith(".")
        and (not entry.is_symlink() or media_folder.find(here) is not None)
    ]
