"""Takes subtitle tracks and fonts out of films, with ffmpeg, into a cache on the disk.

A long film takes a while to read. Meanwhile callers get the part near the place that they ask for.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from zapette_webapp.errors import NoFont, NoTrack, NotReady
from zapette_webapp.media import ffmpeg_program, languages
from zapette_webapp.media.disk_cache import DiskCache
from zapette_webapp.media.long_readings import LongReadings, output
from zapette_webapp.media.probing.contents import InsideSubtitle
from zapette_webapp.media.probing.probe import Probe, Prober
from zapette_webapp.media.subtitles import subtitle_tracks
from zapette_webapp.media.subtitles.conversion import Converter, Form
from zapette_webapp.media.tools import Limits, Tool

BUDGET: Final = 128 << 20
"""The size limit of the cache, in bytes."""

WHOLE: Final = Limits(cpu=300, wall=1200.0, memory=1 << 30, output=16 << 20, waiting=16)
"""The limits for reading a whole film for one track."""

PART: Final = Limits(cpu=10, wall=6.0, memory=1 << 30, output=32 << 20, waiting=4)
"""The limits for reading the part of a film near one place, or a font."""

LARGEST: Final = 16 << 20
"""The largest track that is converted, in bytes."""

_BEFORE: Final = 60
_AFTER: Final = 180
_STEP: Final = 60
_REMEMBERED: Final = 200
_OPTIONS: Final = (
    *("-nostdin", "-v", "error"),
    *("-max_alloc", str(256 << 20), "-protocol_whitelist", "file,pipe"),
)
_CUES: Final = (b"-->", b"Dialogue:")
_EMPTY: Final = "WEBVTT\n"


@dataclass(frozen=True, slots=True)
class Reading:
    """Subtitles from inside a film.

    Attributes:
        text: WebVTT, or ASS.
        fonts: how many fonts the film holds.
        part: the first and last second that `text` is about; None if it is the whole track.
    """

    text: str
    fonts: int = 0
    part: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Film:
    """A film as it is now.

    Attributes:
        file: its path.
        identity: another one if the file changes.
        probe: what is in it.
    """

    file: Path
    identity: str
    probe: Probe

    @property
    def input(self) -> tuple[str, ...]:
        """Return ffmpeg's options that read it."""
        demuxer = self.probe.demuxer
        return ("-f", demuxer, "-copyts", "-start_at_zero", "-i", f"file:{self.file}")


class TrackReader:
    """Reads subtitle tracks; safe for several threads.

    Args:
        cache: keeps what was read.
        converter: makes WebVTT of it.

    Attributes:
        whole: the readings of whole films.
    """

    def __init__(self, cache: DiskCache, converter: Converter) -> None:
        self._cache = cache
        self._converter = converter
        self._prober = Prober("subtitle_inspection", niceness=5)
        command = ffmpeg_program.command(*_OPTIONS)
        self.whole = LongReadings(Tool(command, WHOLE, name="subtitle_track"), cache)
        self._part = Tool(command, PART, name="subtitle_part")
        self._lock = threading.Lock()
        self._known: OrderedDict[str, Probe] = OrderedDict()

    @property
    def tools(self) -> tuple[Tool, ...]:
        """The programs that it runs."""
        return (self._prober.tool, self.whole.tool, self._part)

    def start(self) -> None:
        """Prepare the cache."""
        self._cache.start()

    def stop(self) -> None:
        """End all readings, and refuse others."""
        for tool in self.tools:
            tool.stop()

    def read(self, file: Path, number: int, form: Form, near: float | None = None) -> Reading:
        """Return a track of a film; the part near a place while the whole is being read.

        Args:
            file: a film.
            number: of the track, from 0, among the subtitle tracks.
            form: ``webvtt``, or ``text`` for ASS as it is.
            near: seconds; None for the whole only.

        Raises:
            NoTrack: the film has no such track, or none that can be had in this form.
            NotReady: it is being read; ask again in a moment.
            Unconvertible: it cannot be read.
        """
        film = self._look(file)
        track, fonts = self._track(film, number, form), len(film.probe.fonts)
        found = self.whole.read(_name(film, track), _options(film, track), file)
        if found is not None:
            return Reading(self._converted(found, track, form), fonts)
        if near is None:
            raise NotReady("the film is being read for its subtitles")
        start = max(0, int(near) // _STEP * _STEP - _BEFORE)
        part = (start, start + _BEFORE + _AFTER)
        found = self._read_part(film, track, part)
        return Reading(self._converted(found, track, form), fonts, part)

    def font(self, file: Path, number: int) -> bytes:
        """Return a font inside a film, by its number from 0 among the fonts.

        Raises:
            NoFont: the film has no such font.
            ToolBusy: too many are being read.
            Unconvertible: it cannot be read.
        """
        film = self._look(file)
        fonts = film.probe.fonts
        if number >= len(fonts):
            raise NoFont(len(fonts))
        name = f"{film.identity}-font-{number}"
        found = self._cache.find(name)
        if found is not None:
            return found.read_bytes()
        # ffmpeg writes the font, and then fails because there is no other output
        option = (f"-dump_attachment:t:{fonts[number].number}", "pipe:1")
        content = output(self._part.run, (*option, *film.input), file)
        self._cache.put(name, content)
        return content

    def _track(self, film: Film, number: int, form: Form) -> InsideSubtitle:
        if number >= len(film.probe.subtitles):
            raise NoTrack(f"the film has {len(film.probe.subtitles)} subtitle tracks")
        track = film.probe.subtitles[number]
        if not subtitle_tracks.is_text(track.codec_name):
            raise NoTrack("these subtitles are not text: the player shows them in the picture")
        if form == "text" and track.kind != "ass":
            raise NoTrack("these subtitles have no styles: ask for them without format=ass")
        return track

    def _look(self, file: Path) -> Film:
        identity = _identity(file)
        with self._lock:
            found = self._known.get(identity)
        if found is None:
            found = self._prober.probe(file)
            if found is None:
                raise NoTrack("this file cannot be read, or has nothing inside")
            with self._lock:
                self._known[identity] = found
                while len(self._known) > _REMEMBERED:
                    self._known.popitem(last=False)
        return Film(file, identity, found)

    def _read_part(self, film: Film, track: InsideSubtitle, part: tuple[int, int]) -> Path:
        start, end = part
        name = f"{_name(film, track)}-{start}"
        found = self._cache.find(name)
        if found is None:
            options = _options(film, track, ("-ss", str(start), "-to", str(end)))
            found = self._cache.put(name, output(self._part.run, options, film.file))
        return found

    def _converted(self, file: Path, track: InsideSubtitle, form: Form) -> str:
        content = file.read_bytes()
        if form == "webvtt" and not any(it in content for it in _CUES):
            return _EMPTY
        language = languages.code(track.language or "")
        return self._converter.convert(file, language, form, LARGEST)


def _options(film: Film, track: InsideSubtitle, place: tuple[str, ...] = ()) -> tuple[str, ...]:
    codec = track.codec_name
    what = ("-map", f"0:s:{track.number}", *subtitle_tracks.writing(codec), "-")
    return (*subtitle_tracks.reading(codec), *place, *film.input, *what)


def _name(film: Film, track: InsideSubtitle) -> str:
    return f"{film.identity}-{track.number}"


def _identity(film: Path) -> str:
    status = film.stat()
    what = f"{film}\0{status.st_mtime_ns}\0{status.st_size}"
    return hashlib.sha256(what.encode("utf-8", "surrogateescape")).hexdigest()[:40]
