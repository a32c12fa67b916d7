"""The state of a player, as in its JSON (docs/protocol.md, "The state")."""

from __future__ import annotations

from typing import Literal, TypedDict


class Item(TypedDict, total=False):
    """One entry of a queue; `added_by` is missing unless a known device added it."""

    id: str
    title: str
    source: str
    poster: str | None
    duration: float | None
    added_by: str


class Queue(TypedDict, total=False):
    """The queue; `index` is None if the loaded medium is not in it."""

    index: int | None
    items: list[Item]


class Track(TypedDict, total=False):
    """Subtitles or a sound track."""

    id: str
    label: str
    language: str | None


class Tracks(TypedDict, total=False):
    """The tracks of one kind, and the active one."""

    active: str | None
    tracks: list[Track]


class Subtitles(Tracks, total=False):
    """The subtitles; `size` is in percent of the usual size, `delay` in seconds."""

    size: float
    delay: float


class Stream(TypedDict, total=False):
    """How the loaded medium reaches the player; `speed` is that of the conversion, 1 real time."""

    kind: Literal["direct", "remux", "transcode"]
    reason: str
    speed: float | None
    codec: str


class Chapter(TypedDict, total=False):
    """A chapter of the loaded medium; `title` may be empty, `start` is in seconds."""

    title: str
    start: float


class Problem(TypedDict, total=False):
    """A playback error; `reason` details a ``media_error``."""

    code: str
    message: str
    reason: str


class Skipped(TypedDict, total=False):
    """An item of the queue that could not be played when its turn came."""

    source: str
    title: str
    error: Problem


class Played(TypedDict, total=False):
    """One entry of the history; `at` is Unix time."""

    source: str
    title: str
    poster: str | None
    position: float
    duration: float | None
    at: float


class History(TypedDict, total=False):
    """What was played, and the sources of what was played to its end, the latest first."""

    items: list[Played]
    watched: list[str]


class Playable(TypedDict, total=False):
    """Whether a browser plays each requested MIME type, in order."""

    playable: list[bool]


class State(TypedDict, total=False):
    """The state of a player; it may contain further fields."""

    version: int
    seq: int
    name: str
    playing: bool
    buffering: bool
    ended: bool
    position: float
    reported_at: float
    duration: float | None
    rate: float
    volume: float
    muted: bool
    title: str | None
    source: str | None
    artist: str | None
    album: str | None
    kind: Literal["video", "audio", "image"] | None
    poster: str | None
    queue: Queue
    repeat: Literal["off", "one", "all"]
    shuffle: bool
    subtitles: Subtitles
    audio: Tracks
    stream: Stream | None
    chapters: list[Chapter]
    fullscreen: bool
    sleep_at: float | None
    gesture_required: bool
    error: Problem | None
    skipped: Skipped | None
    can: list[str]
