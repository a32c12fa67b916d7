"""The content of one folder of the library, from the disk."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from posixpath import basename
from typing import Final

from zapette_webapp.library.folder import paths
from zapette_webapp.library.folder.film_subtitles import (
    stands_for_itself,
    stem,
    subtitles_of,
    texts_in,
)
from zapette_webapp.library.folder.media_folder import MediaFolder
from zapette_webapp.media import media_types
from zapette_webapp.media.subtitles import subtitle_files
from zapette_webapp.media.subtitles.subtitle_files import Subtitle

_POSTERS: Final = ("poster", "folder", "cover")
_MENU: Final = re.compile(r"(?:VIDEO_TS|VTS_\d\d_0)\.VOB", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Poster:
    """A picture in the library that represents a film or a folder.

    Attributes:
        path: its path in the library.
        mtime_ns: its modification time, in Unix nanoseconds.
    """

    path: str
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class Medium:
    """A medium on the disk.

    Attributes:
        path: its path in the library.
        kind: ``video``, ``audio``, ``playlist`` or ``link``.
        size: bytes.
        mtime_ns: its modification time, in Unix nanoseconds.
        poster: its picture, if there is one.
        subtitles: its subtitle files.
    """

    path: str
    kind: str
    size: int
    mtime_ns: int
    poster: Poster | None = None
    subtitles: tuple[Subtitle, ...] = ()


@dataclass(frozen=True, slots=True)
class Listing:
    """One folder on the disk.

    Attributes:
        path: its path in the library; empty for the whole.
        mtime_ns: its modification time, in Unix nanoseconds.
        folders: the paths of its folders.
        media: its media.
        poster: its picture, if there is one.
    """

    path: str
    mtime_ns: int
    folders: list[str] = field(default_factory=list)
    media: list[Medium] = field(default_factory=list)
    poster: Poster | None = None


def read(media_folder: MediaFolder, path: str) -> Listing | None:
    """Return the content of the folder at `path`; None if it cannot be read.

    Hidden files are left out, and so are links out of the library or to a parent folder.
    """
    folder = media_folder.find_folder(path)
    if folder is None:
        return None
    try:
        # Before the names: a change while they are read is then noticed later.
        mtime_ns = folder.stat().st_mtime_ns
        with os.scandir(folder) as entries:
            found = [it for it in entries if not it.name.startswith(".")]
        return _sorted_out(media_folder, path, folder, mtime_ns, found)
    except OSError:
        return None


def _sorted_out(
    media_folder: MediaFolder, path: str, folder: Path, mtime_ns: int, found: list[os.DirEntry[str]]
) -> Listing:
    sorting = _Sorting(media_folder, path, folder, {it.name.lower() for it in found})
    for entry in found:
        # it may go at any moment, or be a link to itself: the others are there all the same
        with suppress(OSError):
            sorting.take(entry)
    return sorting.listing(mtime_ns)


class _Sorting:
    """The entries of a folder, by what they are."""

    def __init__(self, media_folder: MediaFolder, path: str, folder: Path, names: set[str]) -> None:
        self._media_folder = media_folder
        self._path = path
        self._folder = folder
        self._names = names
        self._folders: list[str] = []
        self._files: list[tuple[str, str, os.stat_result]] = []
        self._pictures: dict[str, Poster] = {}
        self._texts: list[str] = []

    def take(self, entry: os.DirEntry[str]) -> None:
        """Sort an entry in, unless it is nothing for the library."""
        name = paths.from_disk(entry.name)
        here = f"{self._path}/{name}" if self._path else name
        if entry.is_dir():
            self._take_folder(entry, here)
        elif self._is_wanted(entry, here):
            self._take_file(entry, here)

    def _take_folder(self, entry: os.DirEntry[str], here: str) -> None:
        if not entry.is_symlink() or _is_worth_following(
            self._media_folder, here, self._path, self._folder
        ):
            self._folders.append(here)
            if entry.name.lower() in subtitle_files.FOLDERS:
                self._texts += texts_in(self._media_folder, here)

    def _is_wanted(self, entry: os.DirEntry[str], here: str) -> bool:
        known = media_types.suffix(entry.name) in media_types.TYPES
        if not (known or media_types.is_unnamed(entry.name)) or not entry.is_file():
            return False
        if entry.is_symlink() and self._media_folder.find(here) is None:
            return False
        return not is_menu(here)

    def _take_file(self, entry: os.DirEntry[str], here: str) -> None:
        suffix = media_types.suffix(entry.name)
        if suffix in media_types.SUBTITLES:
            if stands_for_itself(entry.name, self._names):
                self._texts.append(here)
        elif suffix in media_types.PICTURES:
            key = subtitle_files.key(stem(here))
            self._pictures[key] = Poster(here, entry.stat().st_mtime_ns)
        elif kind := self._media_folder.recognition.kind(self._folder / entry.name, here):
            self._files.append((here, kind, entry.stat()))

    def listing(self, mtime_ns: int) -> Listing:
        """Return the content of the folder."""
        streams = any(
            media_types.suffix(it) == media_types.STREAM and kind == "video"
            for it, kind, _ in self._files
        )
        files = [it for it in self._files if not media_types.is_part(it[0], with_playlist=streams)]
        own = next((self._pictures[it] for it in _POSTERS if it in self._pictures), None)
        offered = subtitles_of(self._media_folder, [here for here, _, _ in files], self._texts)
        media = [
            Medium(
                path=here,
                kind=kind,
                size=status.st_size,
                mtime_ns=status.st_mtime_ns,
                poster=_poster_of(stem(here), self._pictures) or own,
                subtitles=tuple(offered.get(here, ())),
            )
            for here, kind, status in sorted(files)
        ]
        return Listing(self._path, mtime_ns, sorted(self._folders), media, own)


def is_menu(path: str) -> bool:
    """Return whether a file of a DVD's folder is a menu, rather than a part of a film."""
    return _MENU.fullmatch(basename(path)) is not None


def _poster_of(stem: str, pictures: dict[str, Poster]) -> Poster | None:
    name = subtitle_files.key(stem)
    return pictures.get(name) or pictures.get(f"{name}-poster") or pictures.get(f"{name}-thumb")


def pairs(media_folder: MediaFolder, path: str) -> list[Subtitle]:
    """Return the tracks of the VobSub files next to the film at `path`, in their order."""
    found = read(media_folder, path.rpartition("/")[0])
    return [
        it
        for medium in (found.media if found else [])
        if medium.path == path
        for it in medium.subtitles
        if media_types.suffix(it.path) == media_types.PAIR
    ]


def _is_worth_following(media_folder: MediaFolder, link: str, path: str, folder: Path) -> bool:
    """Return whether to follow the link at `link`, in the folder at `path`.

    Links to a parent folder are not followed, and neither are links behind another link.
    """
    real = media_folder.find_folder(link)
    if real is None or folder.is_relative_to(real):
        return False
    return folder == media_folder.folder.resolve() / (paths.to_disk(path) or "")
