"""Subtitles as pictures next to a film (VobSub), in a file from which ffmpeg draws them."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from pathlib import Path
from typing import Final

from zapette_webapp.errors import InvalidRequest, NotFound, Unconvertible
from zapette_webapp.library.folder import film_subtitles, listing
from zapette_webapp.library.folder.media_folder import MediaFolder
from zapette_webapp.media import ffmpeg_program
from zapette_webapp.media.disk_cache import DiskCache
from zapette_webapp.media.long_readings import output
from zapette_webapp.media.subtitles.subtitle_files import Subtitle as Track
from zapette_webapp.media.tools import Limits, Tool
from zapette_webapp.streams.planning.facts import ExternalFile, Subtitle

BUDGET: Final = 64 << 20
"""The size limit of the files, in bytes: those of some ten films."""

LIMITS: Final = Limits(cpu=60, wall=90.0, memory=1 << 30, output=32 << 20, waiting=4)
"""The limits for making one file."""

_REMEMBERED: Final = 100
_OPTIONS: Final = ("-nostdin", "-v", "error", "-max_alloc", str(256 << 20), "-copyts")
# Without it, the file would begin with the first picture, and ffmpeg would count from there.
_SILENCE: Final = ("-f", "lavfi", "-i", "anullsrc=d=0.1")


class VobSubFiles:
    """Makes a file of each track; safe for several threads.

    ffmpeg clears a picture of VobSub only when it reads a frame of the film from the same file.
    Subtitles of broadcasts (DVB) say themselves when they end.

    Args:
        folder: where the files are; they can be made again.
    """

    def __init__(self, folder: Path) -> None:
        self._cache = DiskCache(folder, BUDGET)
        self.tool = Tool(ffmpeg_program.command(*_OPTIONS), LIMITS, name="subtitle_pictures")
        self._lock = threading.Lock()
        self._known: OrderedDict[str, list[Track]] = OrderedDict()

    def start(self) -> None:
        """Prepare the folder."""
        self._cache.start()

    def stop(self) -> None:
        """End what runs, and refuse more."""
        self.tool.stop()

    def read(self, media_folder: MediaFolder, film: str, number: int, *, again: bool) -> Subtitle:
        """Return a track next to a film.

        Args:
            media_folder: the library.
            film: its path in the library.
            number: of the track among those of all VobSub files next to the film, from 0.
            again: whether to look again which there are: somebody begins to watch it.

        Raises:
            NotFound: there is no such track.
            ToolBusy: others are being read.
            InvalidRequest: it cannot be read.
        """
        found = self._tracks(media_folder, film, again=again)
        if number >= len(found):
            raise NotFound(f"there is no subtitle track {number} next to this medium")
        index = media_folder.get(found[number].path)
        pictures = next((it for it in _pictures_of(index) if it.is_file()), None)
        if pictures is None or pictures.is_symlink():
            raise NotFound("the pictures of these subtitles are missing")
        size = film_subtitles.index_of_pair(media_folder, found[number].path).size
        file = self._file(index, pictures, found[number].number or 0)
        return Subtitle(0, "dvd_subtitle", is_picture=True, external=ExternalFile(file, size))

    def _tracks(self, media_folder: MediaFolder, film: str, *, again: bool) -> list[Track]:
        with self._lock:
            known = self._known.get(film)
        if known is None or again:
            # a folder may be large, and each part of a stream is asked for
            known = listing.pairs(media_folder, film)
            with self._lock:
                self._known[film] = known
                while len(self._known) > _REMEMBERED:
                    self._known.popitem(last=False)
        return known

    def _file(self, index: Path, pictures: Path, track: int) -> Path:
        name = f"{_identity(index, pictures)}-{track}.mks"
        found = self._cache.find(name)
        if found is not None:
            return found
        options = (
            *("-protocol_whitelist", "file,pipe", "-f", "vobsub", "-sub_name", f"file:{pictures}"),
            *("-i", f"file:{index}", *_SILENCE, "-map", f"0:{track}", "-map", "1:a"),
            *("-c:s", "dvb_subtitle", "-c:a", "pcm_s16le", "-f", "matroska", "pipe:1"),
        )
        try:
            return self._cache.put(name, output(self.tool.run, options, pictures))
        except Unconvertible as error:
            raise InvalidRequest(f"plan: the subtitles next to the film: {error}") from None


def _pictures_of(index: Path) -> list[Path]:
    return [index.with_suffix(it) for it in (".sub", ".SUB", ".Sub")]


def _identity(*files: Path) -> str:
    status = [(it, it.stat()) for it in files]
    what = "\0".join(f"{it}\0{found.st_mtime_ns}\0{found.st_size}" for it, found in status)
    return hashlib.sha256(what.encode("utf-8", "surrogateescape")).hexdigest()[:16]
