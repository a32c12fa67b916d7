"""The state of a player as its JSON has it (docs/protocol.md, "The state")."""

from __future__ import annotations

from typing import Literal, TypedDict


class Item(TypedDict, total=False):
    """One entry of a queue."""

    id: str
    title: str
    source: str


class Queue(TypedDict, total=False):
    """What is played next."""

    index: int
    items: list[Item]


class Track(TypedDict, total=False):
    """Subtitles or a sound track."""

    id: str
    label: str
    language: str


class Tracks(TypedDict, total=False):
    """The tracks of one kind, and which is on."""

    active: str | None
    tracks: list[Track]


class State(TypedDict, total=False):
    """What a player reports; fields that are not known here are in it too."""

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
    title: str
    source: str
    poster: str | None
    queue: Queue
    repeat: Literal["off", "one", "all"]
    shuffle: bool
    subtitles: Tracks
    audio: Tracks
    fullscreen: bool
    sleep_at: float | None
    gesture_required: bool
    error: dict[str, str] | None
    can: list[str]
