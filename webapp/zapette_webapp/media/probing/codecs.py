"""Codecs of tracks by RFC 6381; no I/O."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from zapette.protocol.ranges import LONGEST_TITLE
from zapette_webapp.streams.planning import tone_mapping

_AVC: Final = {
    "Baseline": "4200",
    "Constrained Baseline": "42E0",
    "Main": "4D40",
    "Extended": "5800",
    "High": "6400",
    "High 10": "6E00",
    "High 4:2:2": "7A00",
    "High 4:4:4 Predictive": "F400",
}
_AAC: Final = {"LC": "mp4a.40.2", "HE-AAC": "mp4a.40.5", "HE-AACv2": "mp4a.40.29"}
_HEVC: Final = {"Main": "hvc1.1.6", "Main 10": "hvc1.2.4"}
_AV1: Final = {"Main": 0, "High": 1, "Professional": 2}

_STRINGS: Final = {
    "vp8": "vp8",
    "theora": "theora",
    "mpeg4": "mp4v.20.9",
    "mpeg2video": "mp4v.61",
    "mpeg1video": "mp4v.6A",
    "opus": "opus",
    "vorbis": "vorbis",
    "flac": "flac",
    "mp3": "mp3",
    "ac3": "ac-3",
    "eac3": "ec-3",
    "dts": "dtsc",
    "truehd": "mlpa",
    "alac": "alac",
}
_NAMES: Final = {
    "h264": "H.264",
    "hevc": "H.265",
    "av1": "AV1",
    "vp8": "VP8",
    "vp9": "VP9",
    "mpeg4": "MPEG-4",
    "mpeg2video": "MPEG-2",
    "mpeg1video": "MPEG-1",
    "theora": "Theora",
    "aac": "AAC",
    "mp3": "MP3",
    "opus": "Opus",
    "vorbis": "Vorbis",
    "flac": "FLAC",
    "ac3": "AC-3",
    "eac3": "E-AC-3",
    "dts": "DTS",
    "truehd": "TrueHD",
    "alac": "ALAC",
}
_DOLBY_VISION: Final = frozenset({"dvh1", "dvhe", "dvav", "dva1", "dav1"})
_FIELDS: Final = frozenset({"tt", "bb", "tb", "bt"})
_INTERNAL: Final = "aspect"
_OF_SOUNDS: Final = frozenset({"channels", "sample_rate", _INTERNAL})
_OF_PICTURES: Final = frozenset(
    {
        "width", "height", "frame_rate", "pix_fmt", "bit_depth", "hdr", "interlaced", "rotation",
        _INTERNAL,
    }
)  # fmt: skip
_DEPTH: Final = re.compile(r"(10|12|14|16)(?:le|be)$")


@dataclass(frozen=True, slots=True)
class Track:
    """One video or audio track.

    Attributes:
        kind: ``video`` or ``audio``.
        name: what people call its codec: ``H.264``.
        codec: what a browser calls it: ``avc1.64001F``; what it knows nothing of has the name
            that ffmpeg gives it.
        language: ISO 639 code; None if the medium does not say.
        title: what the medium calls the track.
        index: its number among all streams of the file, from 0.
        codec_name: what ffmpeg calls its codec: ``h264``.
        profile: what ffmpeg calls the codec's profile: ``High 10``.
        default: whether the medium says that it is to be played first.
        bitrate: bits per second; None if the medium does not say.
        channels: of a sound.
        sample_rate: of a sound, in hertz.
        width: of a picture, in pixels.
        height: of a picture, in pixels.
        frame_rate: pictures per second, on average.
        pix_fmt: what ffmpeg calls the format of a picture: ``yuv420p10le``.
        bit_depth: bits of one sample of a picture.
        hdr: ``pq`` (HDR10, Dolby Vision) or ``hlg`` for a high dynamic range; None for the usual.
        interlaced: whether a picture is made of two fields.
        rotation: degrees by which the picture is to be turned anticlockwise: 0, 90, 180 or 270.
        aspect: width to height of a picture as it is shown, before it is turned.
    """

    kind: str
    name: str
    codec: str
    language: str | None = None
    title: str | None = None
    index: int = 0
    codec_name: str = ""
    profile: str | None = None
    default: bool = False
    bitrate: int | None = None
    channels: int | None = None
    sample_rate: int | None = None
    width: int | None = None
    height: int | None = None
    frame_rate: float | None = None
    pix_fmt: str | None = None
    bit_depth: int | None = None
    hdr: str | None = None
    interlaced: bool = False
    rotation: int = 0
    aspect: float | None = None

    @property
    def shown(self) -> tuple[int, int]:
        """The width and height of a picture as people see it; 0 if the medium does not say."""
        width, height = self.width or 0, self.height or 0
        return (height, width) if self.rotation % 180 == 90 else (width, height)

    def describe(self) -> dict[str, Any]:
        """Return it as the library's answer has it: without what only the other kind has."""
        others = _OF_SOUNDS if self.kind == "video" else _OF_PICTURES
        return {name: value for name, value in asdict(self).items() if name not in others}


def track(stream: Mapping[str, Any]) -> Track | None:
    """Return the track that a stream of a report is; None for anything else in the file."""
    kind, name = stream.get("codec_type"), stream.get("codec_name")
    if kind not in {"video", "audio"} or not isinstance(name, str):
        return None
    disposition = stream.get("disposition") or {}
    if disposition.get("attached_pic"):
        return None
    profile = stream.get("profile")
    return Track(
        kind=kind,
        name=_NAMES.get(name, name.upper()),
        codec=_codec(name, stream),
        language=language(stream),
        title=title(stream),
        index=_whole(stream.get("index")) or 0,
        codec_name=name,
        profile=str(profile) if profile else None,
        default=bool(disposition.get("default")),
        bitrate=_bitrate(stream),
        channels=_whole(stream.get("channels")),
        sample_rate=_whole(stream.get("sample_rate")),
        width=_whole(stream.get("width")),
        height=_whole(stream.get("height")),
        frame_rate=_rate(stream.get("frame_rate")),
        pix_fmt=stream.get("pix_fmt"),
        bit_depth=_whole(stream.get("bit_depth")),
        hdr=_hdr(stream),
        interlaced=stream.get("field_order") in _FIELDS,
        rotation=stream.get("rotation") or 0,
        aspect=stream.get("aspect"),
    )


def language(stream: Mapping[str, Any]) -> str | None:
    """Return the ISO 639 code of a stream's language, if it has one."""
    found = str((stream.get("tags") or {}).get("language", "und"))[:16]
    return None if found == "und" else found


def title(stream: Mapping[str, Any]) -> str | None:
    """Return the title of a stream, if it has one."""
    tags = stream.get("tags") or {}
    found = tags.get("title") or tags.get("name")
    return str(found)[:LONGEST_TITLE] if found else None


def content_type(container: str, tracks: list[Track]) -> str:
    """Return `container` with the codecs of the first picture and the first sound.

    These are what a browser plays: ask ``canPlayType`` for it.
    """
    first = {it.kind: it.codec for it in reversed(tracks)}
    listed = [first[kind] for kind in ("video", "audio") if kind in first]
    return f'{container}; codecs="{", ".join(listed)}"' if listed else container


def _codec(name: str, stream: Mapping[str, Any]) -> str:
    profile = str(stream.get("profile", ""))
    level = stream.get("level")
    level = level if isinstance(level, int) and level >= 0 else 0
    depth = _depth(stream)
    if name == "h264":
        return f"avc1.{_AVC.get(profile, '6400')}{min(level or 31, 255):02X}"
    if name == "hevc":
        return f"{_HEVC.get(profile, 'hvc1.4.10')}.L{level or 93}.B0"
    if name == "vp9":
        number = int(profile[-1]) if profile[-1:].isdigit() else 0
        return f"vp09.{number:02}.{level or 10:02}.{depth:02}"
    if name == "av1":
        return f"av01.{_AV1.get(profile, 0)}.{level:02}M.{depth:02}"
    if name == "aac":
        return _AAC.get(profile, "mp4a.40.2")
    if name.startswith("pcm_"):
        return "1"
    return _STRINGS.get(name, name)


def _bitrate(stream: Mapping[str, Any]) -> int | None:
    # mkvmerge writes what it counted as a tag
    tags = stream.get("tags") or {}
    counted = next((it for key, it in tags.items() if key.upper().startswith("BPS")), None)
    if isinstance(counted, str) and counted.isdecimal():
        counted = int(counted)
    return _whole(stream.get("bit_rate")) or _whole(counted)


def _hdr(stream: Mapping[str, Any]) -> str | None:
    if stream.get("codec_tag") in _DOLBY_VISION:
        return "pq"
    return tone_mapping.TRANSFERS.get(str(stream.get("color_transfer")))


def _whole(value: Any) -> int | None:
    return value if type(value) is int and 0 <= value < 1 << 53 else None


def _rate(value: Any) -> float | None:
    return round(value, 3) if isinstance(value, float) and 0 < value < 1000 else None


def _depth(stream: Mapping[str, Any]) -> int:
    found = _DEPTH.search(str(stream.get("pix_fmt", "")))
    return int(found[1]) if found else 8
