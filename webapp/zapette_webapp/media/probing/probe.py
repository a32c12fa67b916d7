"""The content of a medium, which a program of its own reads with limits."""

from __future__ import annotations

import json
import math
import re
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from zapette_webapp.errors import ToolError, ToolTooLong, ToolTooMuch, Unplayable
from zapette_webapp.media import media_types
from zapette_webapp.media.probing import codecs, contents, flaws
from zapette_webapp.media.probing.codecs import Track
from zapette_webapp.media.probing.contents import Chapter, Font, InsideSubtitle
from zapette_webapp.media.titles import titled
from zapette_webapp.media.tools import Limits, Tool

LIMITS: Final = Limits(cpu=20, wall=60.0, memory=768 << 20, output=4 << 20)
"""The limits for reading one medium."""

_MOST_TRACKS: Final = 32
_DURATION: Final = re.compile(r"(\d{1,4}):(\d\d):(\d\d(?:\.\d+)?)")
_MISSED: Final = 0.5  # seconds without a track that a browser waits for


@dataclass(frozen=True, slots=True)
class Probe:
    """The content of a medium.

    Attributes:
        duration: seconds; None if the file does not say.
        type: its type with codecs, for ``canPlayType``.
        tracks: its video and audio tracks, in order.
        width: of the picture, in pixels.
        height: of the picture, in pixels.
        has_cover: whether there is a picture in an audio file.
        title: its title tag.
        artist: its artist tag.
        album: its album tag.
        demuxer: what ffmpeg calls its container (``-f``): ``matroska``.
        start: the time of its beginning, in seconds: streams of a broadcast begin anywhere.
        bitrate: of the whole file, in bits per second; None if the file does not say.
        subtitles: its subtitle tracks, in order.
        fonts: the fonts for them.
        chapters: its chapters, by their starts.
        keyframes: where its picture can be cut, in seconds on the clock of the file, in order; None
            if it was not asked for, or its index does not say it.
        cut_off: whether the file is not whole, and can be played up to there.
        begins_within_group: whether its first picture needs a keyframe from before its beginning;
            False if its keyframes were not asked for.
        partial: the numbers, among all streams, of tracks that begin later than the film or end
            earlier, as far as the file says it.
    """

    duration: float | None
    type: str
    tracks: list[Track]
    width: int | None = None
    height: int | None = None
    has_cover: bool = False
    title: str | None = None
    artist: str | None = None
    album: str | None = None
    demuxer: str = ""
    start: float = 0.0
    bitrate: int | None = None
    subtitles: list[InsideSubtitle] = field(default_factory=list)
    fonts: list[Font] = field(default_factory=list)
    chapters: list[Chapter] = field(default_factory=list)
    keyframes: list[float] | None = None
    cut_off: bool = False
    begins_within_group: bool = False
    partial: frozenset[int] = frozenset()

    @property
    def video(self) -> Track | None:
        """The first picture that moves; None in music."""
        return next((it for it in self.tracks if it.kind == "video"), None)

    @property
    def sounds(self) -> list[Track]:
        """The audio tracks, in order."""
        return [it for it in self.tracks if it.kind == "audio"]


class Prober:
    """Reads media, few at the same time, in programs of their own.

    That is `zapette_webapp.media.probing.inspection`, which needs no ffmpeg. Its runs wait
    for each other: have one of your own if you cannot wait.

    Args:
        name: of its runs in the metrics.
        niceness: of its runs, from 0 to 19: less where somebody waits for them.
        waiting: how many runs may wait; more are refused.
        at_once: how many run at the same time.
    """

    def __init__(
        self,
        name: str = "inspection",
        niceness: int = 19,
        waiting: int = LIMITS.waiting,
        at_once: int = 1,
    ) -> None:
        command = [sys.executable, "-P", "-m", "zapette_webapp.media.probing.inspection"]
        limits = replace(LIMITS, niceness=niceness, waiting=waiting, at_once=at_once)
        self.tool = Tool(command, limits, name=name)

    def stop(self) -> None:
        """End the current run."""
        self.tool.stop()

    def probe(self, file: Path) -> Probe | None:
        """Return the content of `file`; None if it cannot, or must not, be read or played."""
        try:
            return self.examine(file)
        except (Unplayable, ToolError):
            return None

    def examine(self, file: Path, *, cut: bool = False) -> Probe:
        """Return the content of `file`.

        Args:
            file: the medium.
            cut: whether its keyframes are needed. They come from the index of the file, so that
                the film is not read: an MP4 or Matroska file of hours takes less than a second.

        Raises:
            Unplayable: it cannot be played, and why.
            ToolMissing: it was not read, since this has been stopped.
            ToolBusy: too many files are waiting; try again in a moment.
        """
        demuxer, container = opened_as(file)
        if demuxer is None:
            raise Unplayable(flaws.UNKNOWN)
        if _is_empty(file):
            raise Unplayable(flaws.EMPTY)
        try:
            finished = self.tool.run("film" if cut else "content", str(file.absolute()), demuxer)
        except (ToolTooLong, ToolTooMuch):
            raise Unplayable(flaws.UNREADABLE) from None
        if finished.code != 0:
            raise Unplayable(flaws.UNREADABLE)
        return read(container, finished.output)


def is_given_out(file: Path) -> bool:
    """Return whether the system lets a file be read: its disk is there, and the rights suffice."""
    try:
        with file.open("rb", buffering=0) as stream:
            stream.read(1)
    except OSError:
        return False
    return True


def _is_empty(file: Path) -> bool:
    try:
        return file.stat().st_size == 0
    except OSError:
        return False


def opened_as(file: Path) -> tuple[str | None, str]:
    """Return the name of a medium's container for ffmpeg, and its type for browsers.

    The container is None if the medium must not be opened.
    """
    if not media_types.may_open(file.name):
        return None, media_types.container(file.name)
    try:
        with file.open("rb") as stream:
            beginning = stream.read(media_types.BEGINNING)
    except OSError:
        beginning = b""
    real = media_types.real_type(file.name, beginning)
    return media_types.demuxer_of(real), media_types.asked_as(real)


def read(container: str, report: bytes) -> Probe:
    """Return the content from the `report` on a medium.

    Args:
        container: the type that the file seems to have.
        report: the output of `zapette_webapp.media.probing.inspection`.

    Raises:
        Unplayable: the report gives a reason why it cannot be played, or nothing to play.
    """
    try:
        content = json.loads(report)
    except ValueError:
        raise Unplayable(flaws.UNREADABLE) from None
    if not isinstance(content, dict):
        raise Unplayable(flaws.UNREADABLE)
    if content.get("flaw") in flaws.FLAWS:
        raise Unplayable(content["flaw"])
    streams = content.get("streams", [])
    tracks = [it for it in map(codecs.track, streams) if it is not None][:_MOST_TRACKS]
    if not tracks:
        raise Unplayable(flaws.UNKNOWN)
    # The first video track that is not a cover.
    shape = next((it for it in tracks if it.kind == "video"), None)
    form = content.get("format", {})
    tags = {key.lower(): value for key, value in (form.get("tags") or {}).items()}
    demuxer = str(form.get("format_name", "")).partition(",")[0]
    if demuxer != media_types.demuxer_of(container):
        # what it seemed to be was wrong
        container = media_types.opened_by(demuxer, "video" if shape else "audio")
    return Probe(
        duration=_seconds(form.get("duration")),
        type=codecs.content_type(container, tracks),
        tracks=tracks,
        width=shape.width if shape else None,
        height=shape.height if shape else None,
        has_cover=any((it.get("disposition") or {}).get("attached_pic") for it in streams),
        title=titled(tags.get("title")),
        artist=titled(tags.get("artist")),
        album=titled(tags.get("album")),
        demuxer=demuxer,
        start=_start(form.get("start_time")),
        bitrate=form.get("bit_rate"),
        subtitles=contents.subtitles(streams),
        fonts=contents.fonts(streams),
        chapters=contents.chapters(content.get("chapters", [])),
        keyframes=_times(content.get("keyframes")),
        cut_off=content.get("cut_off") is True,
        begins_within_group=content.get("begins_within_group") is True,
        partial=frozenset(it["index"] for it in streams if _is_partial(it, form)),
    )


def _is_partial(stream: dict[str, Any], form: dict[str, Any]) -> bool:
    film, begins = _start(form.get("start_time")), _start(stream.get("start_time"))
    whole = _seconds(form.get("duration"))
    lasts = _seconds(stream.get("duration")) or _tagged_duration(stream.get("tags") or {})
    is_late = stream.get("start_time") is not None and begins - film > _MISSED
    return is_late or bool(whole and lasts and film + whole - (begins + lasts) > _MISSED)


def _tagged_duration(tags: dict[str, str]) -> float | None:
    """Return the seconds that a tag of Matroska says: ``01:45:09.021000000``."""
    found = _DURATION.fullmatch(tags.get("DURATION", ""))
    if found is None:
        return None
    hours, minutes, seconds = map(float, found.groups())
    return _seconds(hours * 3600 + minutes * 60 + seconds)


def _seconds(value: Any) -> float | None:
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        return None
    return round(seconds, 3) if math.isfinite(seconds) and seconds > 0 else None


def _times(value: Any) -> list[float] | None:
    if not isinstance(value, list) or not all(isinstance(it, float) for it in value):
        return None
    return value or None


def _start(value: Any) -> float:
    return round(value, 6) if isinstance(value, float) and math.isfinite(value) else 0.0
