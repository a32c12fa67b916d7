"""HLS playlists (RFC 8216): the whole film at once; no I/O."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from zapette_webapp.streams.planning.timeline import Timeline


@dataclass(frozen=True, slots=True)
class SoundTrack:
    """A sound track in a master playlist.

    Attributes:
        number: its number among the sound tracks, from 0.
        name: the text for people.
        codec: what a browser calls it.
        bitrate: bits per second.
        channels: how many.
        language: ISO 639 code; None if unknown.
        default: whether it is played first.
    """

    number: int
    name: str
    codec: str
    bitrate: int
    channels: int
    language: str | None = None
    default: bool = False


@dataclass(frozen=True, slots=True)
class PictureTrack:
    """The picture in a master playlist.

    Attributes:
        codec: what a browser calls it.
        bitrate: bits per second.
        size: its width and height, in pixels.
        frame_rate: frames per second.
    """

    codec: str
    bitrate: int
    size: tuple[int, int]
    frame_rate: float


def master(picture: PictureTrack | None, sounds: Sequence[SoundTrack], query: str = "") -> str:
    """Return the master playlist of a film.

    Args:
        picture: the picture, if there is one.
        sounds: the sound tracks.
        query: what follows each address, with its question mark.
    """
    lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS"]
    lines += [_media(it, query) for it in sounds]
    heard = next((it for it in sounds if it.default), sounds[0] if sounds else None)
    codecs = ([picture.codec] if picture else []) + sorted({it.codec for it in sounds})
    bitrate = (picture.bitrate if picture else 0) + max((it.bitrate for it in sounds), default=0)
    attributes = [f"BANDWIDTH={max(1, bitrate)}", f'CODECS="{",".join(codecs)}"']
    if picture is not None:
        attributes.append(f"RESOLUTION={picture.size[0]}x{picture.size[1]}")
        attributes.append(f"FRAME-RATE={picture.frame_rate:.3f}")
    if sounds:
        attributes.append('AUDIO="audio"')
    lines.append(f"#EXT-X-STREAM-INF:{','.join(attributes)}")
    first = "video" if picture is not None or heard is None else f"audio-{heard.number}"
    lines.append(f"{first}.m3u8{query}")
    return "\n".join(lines) + "\n"


def media(name: str, timeline: Timeline, query: str = "", *, independent: bool = True) -> str:
    """Return the playlist of one rendition, with all its parts.

    Args:
        name: the beginning of its addresses: ``video``.
        timeline: its parts.
        query: what follows each address, with its question mark.
        independent: whether each part can be decoded without those before.
    """
    longest = max(timeline.length(it) for it in range(len(timeline)))
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        f"#EXT-X-TARGETDURATION:{math.ceil(longest)}",
        "#EXT-X-MEDIA-SEQUENCE:0",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        *(["#EXT-X-INDEPENDENT-SEGMENTS"] if independent else []),
        f'#EXT-X-MAP:URI="{name}-init.mp4{query}"',
        *_parts(name, timeline, query),
        "#EXT-X-ENDLIST",
    ]
    return "\n".join(lines) + "\n"


def _parts(name: str, timeline: Timeline, query: str) -> Iterator[str]:
    for index in range(len(timeline)):
        yield f"#EXTINF:{timeline.length(index):.6f},"
        yield f"{name}-{index}.m4s{query}"


def _media(track: SoundTrack, query: str) -> str:
    attributes = ["TYPE=AUDIO", 'GROUP-ID="audio"', f'NAME="{_quotable(track.name)}"']
    if track.language:
        attributes.append(f'LANGUAGE="{_quotable(track.language)}"')
    attributes.append(f"DEFAULT={'YES' if track.default else 'NO'}")
    attributes.append("AUTOSELECT=YES")
    attributes.append(f'CHANNELS="{track.channels}"')
    attributes.append(f'URI="audio-{track.number}.m3u8{query}"')
    return f"#EXT-X-MEDIA:{','.join(attributes)}"


def _quotable(text: str) -> str:
    """Return text that a quoted string may contain (RFC 8216, 4.2)."""
    return "".join(it if it.isprintable() else " " for it in text.replace('"', "'"))
