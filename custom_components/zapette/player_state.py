"""The state of a player, read from its JSON; no I/O."""

import math
import mimetypes
import re
from dataclasses import dataclass, field
from typing import Any, Final, Self
from urllib.parse import urlsplit

from homeassistant.util.json import json_loads_object

MOST_TRACKS: Final = 100
"""The most tracks of one kind of a player, whose state may name any number of them."""

_UNSEEN: Final = re.compile("[\\0-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""What no name of a player has: control characters, and what turns the direction of text."""

_BLANK: Final = re.compile(
    "[\\s\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200d\u2060-\u206f\u2800\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff]*"
)
"""Nothing but what joins characters or takes room, and shows nothing by itself."""


@dataclass(frozen=True, slots=True)
class Track:
    """A subtitle or audio track."""

    id: str
    label: str


@dataclass(frozen=True, slots=True)
class Tracks:
    """The tracks of one kind, and which one is active; labels differ from each other.

    Attributes:
        active: the id of the active one.
        tracks: all of them.
        delay: seconds by which subtitles are later.
    """

    active: str | None = None
    tracks: tuple[Track, ...] = ()
    delay: float = 0.0

    @classmethod
    def of(cls, data: Any) -> Self:
        """Return what a state says of one kind of track."""
        if not isinstance(data, dict) or not isinstance(data.get("tracks"), list):
            return cls()
        labelled: dict[str, str] = {}
        for track in data["tracks"][:MOST_TRACKS]:
            if not isinstance(track, dict) or "id" not in track:
                continue
            label = str(track.get("label") or track.get("language") or track["id"])
            while label in labelled:
                label += " ·"
            labelled[label] = str(track["id"])
        active = data.get("active")
        return cls(
            None if active is None else str(active),
            tuple(Track(track_id, label) for label, track_id in labelled.items()),
            _number(data, "delay") or 0.0,
        )


@dataclass(frozen=True, slots=True)
class Queue:
    """The queue; the index is None if the loaded medium is not in it."""

    index: int | None = None
    items: tuple[dict[str, Any], ...] = ()

    @classmethod
    def of(cls, data: Any) -> Self:
        """Return what a state says of the queue."""
        if not isinstance(data, dict) or not isinstance(data.get("items"), list):
            return cls()
        index = data.get("index")
        return cls(
            index if isinstance(index, int) else None,
            tuple(item for item in data["items"] if isinstance(item, dict)),
        )


@dataclass(frozen=True, slots=True)
class PlayerState:
    """What a player does; times in seconds, volume 0 to 100."""

    version: int = 1
    seq: int = 0
    name: str = ""
    playing: bool = False
    buffering: bool = False
    ended: bool = False
    position: float = 0.0
    reported_at: float | None = None
    duration: float | None = None
    rate: float = 1.0
    volume: float | None = None
    muted: bool = False
    title: str | None = None
    source: str | None = None
    artist: str | None = None
    album: str | None = None
    kind: str | None = None
    poster: str | None = None
    queue: Queue = Queue()
    repeat: str = "off"
    shuffle: bool = False
    subtitles: Tracks = Tracks()
    audio: Tracks = Tracks()
    stream: dict[str, Any] | None = None
    chapters: tuple[dict[str, Any], ...] = ()
    fullscreen: bool = False
    sleep_at: float | None = None
    gesture_required: bool = False
    error: str | None = None
    skipped: dict[str, Any] | None = None
    can: frozenset[str] = field(default_factory=frozenset)

    @property
    def is_music(self) -> bool:
        """Whether what is loaded is a song: the player, its name, or an artist or album say so."""
        if self.kind is not None:
            return self.kind == "audio"
        kind = mimetypes.guess_type(urlsplit(self.source or "").path)[0] or ""
        if kind.startswith(("audio/", "video/")):
            return kind.startswith("audio/")
        return self.artist is not None or self.album is not None

    @property
    def sources(self) -> set[str]:
        """What is loaded, and what is in the queue."""
        queued = {it["source"] for it in self.queue.items if isinstance(it.get("source"), str)}
        return queued | ({self.source} if self.source else set())

    @classmethod
    def of(cls, data: dict[str, Any]) -> Self:
        """Return the state in a JSON object; what is missing or strange has its default."""
        error = _object(data, "error")
        return cls(
            version=int(_number(data, "version") or 1),
            seq=int(_number(data, "seq") or 0),
            name=_plain_name(_text(data, "name") or ""),
            playing=data.get("playing") is True,
            buffering=data.get("buffering") is True,
            ended=data.get("ended") is True,
            position=_number(data, "position") or 0.0,
            reported_at=_number(data, "reported_at"),
            duration=_number(data, "duration"),
            rate=_number(data, "rate") or 1.0,
            volume=_number(data, "volume"),
            muted=data.get("muted") is True,
            title=_text(data, "title"),
            source=_text(data, "source"),
            artist=_text(data, "artist"),
            album=_text(data, "album"),
            kind=_text(data, "kind"),
            poster=_text(data, "poster"),
            queue=Queue.of(data.get("queue")),
            repeat=_text(data, "repeat") or "off",
            shuffle=data.get("shuffle") is True,
            subtitles=Tracks.of(data.get("subtitles")),
            audio=Tracks.of(data.get("audio")),
            stream=_object(data, "stream"),
            chapters=_objects(data, "chapters"),
            fullscreen=data.get("fullscreen") is True,
            sleep_at=_number(data, "sleep_at"),
            gesture_required=data.get("gesture_required") is True,
            error=str(error.get("message", "")) if error else None,
            skipped=_object(data, "skipped"),
            can=_texts(data, "can"),
        )


def read_object(payload: str | bytes | bytearray) -> dict[str, Any]:
    """Return the JSON object in a payload, an empty one if there is none."""
    try:
        return dict(json_loads_object(payload)) if payload else {}
    except ValueError:
        return {}


def _object(data: dict[str, Any], key: str) -> dict[str, Any] | None:
    value = data.get(key)
    return value if isinstance(value, dict) else None


def _objects(data: dict[str, Any], key: str) -> tuple[dict[str, Any], ...]:
    value = data.get(key)
    return tuple(it for it in value if isinstance(it, dict)) if isinstance(value, list) else ()


def _plain_name(text: str) -> str:
    plain = _UNSEEN.sub("", text).strip()
    return "" if _BLANK.fullmatch(plain) else plain


def _text(data: dict[str, Any], key: str) -> str | None:
    value = data.get(key)
    return value if isinstance(value, str) and value else None


def _number(data: dict[str, Any], key: str) -> float | None:
    value = data.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _texts(data: dict[str, Any], key: str) -> frozenset[str]:
    value = data.get(key)
    listed = value if isinstance(value, list) else []
    return frozenset(it for it in listed if isinstance(it, str))
