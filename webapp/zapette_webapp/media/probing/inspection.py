"""``python -m zapette_webapp.media.probing.inspection FACT FILE [DEMUXER]``: writes it, as JSON.

The fact is ``content``, or ``film`` with the keyframes of its index as well.

It opens `FILE` itself and hands libav the open file, and then takes from itself the right to open
anything else: whatever a medium says, no other file is read and no address is reached. The names in
the report are those of ffprobe. `zapette_webapp.media.probing.probe` runs it with limits.
"""

from __future__ import annotations

import itertools
import json
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import IO, Any, Final

import av

# PyAV imports these when it first meets subtitles, but by then nothing can be opened any more.
import av.subtitles.codeccontext
import av.subtitles.stream
from av.audio.codeccontext import AudioCodecContext
from av.codec.context import CodecContext
from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from zapette_webapp.media.probing import durations, flaws, wholeness
from zapette_webapp.media.probing.keyframes import begins_within_group, keyframes
from zapette_webapp.media.type_table import DEMUXERS

try:
    import resource
except ImportError:  # pragma: no cover - not on Windows
    resource = None  # type: ignore[assignment]

FILM: Final = "film"

MOST_STREAMS: Final = 64
MOST_CHAPTERS: Final = 500
MOST_READ: Final = 256 << 20
"""The most bytes that are read of a file: the indexes of the largest films have some 100 MiB."""

LONGEST_TEXT: Final = 400
"""The most characters of one tag."""

TRANSFERS: Final = {16: "smpte2084", 18: "arib-std-b67"}
"""ffmpeg's names of the transfers of a high dynamic range, by their numbers (ITU-T H.273)."""

_URL: Final = "file:medium"
_FIELD_ORDERS: Final = {1: "progressive", 2: "tt", 3: "bb", 4: "tb", 5: "bt"}
_MOV: Final = "mov"
_PLAYED: Final = frozenset({"video", "audio"})
_MOST_PACKETS: Final = 2000
_MOST_DECODED: Final = 32
# Containers that name no other file: what libav finds in a file by itself is one of these.
_FORMATS: Final = ",".join(sorted(set(DEMUXERS.values())))


def main() -> int:
    """Write the fact on the file that the command names."""
    fact, path, *named = sys.argv[1:]
    demuxer = named[0] if named else None
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - unbuffered
        open_no_more(file.fileno())
        sys.stdout.write(json.dumps(content_of(file, demuxer, is_cut=fact == FILM)))
    return 0


def content_of(file: IO[bytes], demuxer: str | None, *, is_cut: bool) -> dict[str, Any]:
    """Return the report on an open file, as this container or else as what libav finds in it.

    If it is to be cut, the report has its keyframes, or None if no index tells them.
    """
    head = file.read(flaws.HEAD)
    if not head:
        return {"flaw": flaws.EMPTY}
    for each in (demuxer, None) if demuxer else (None,):
        file.seek(0)
        try:
            with opened(file, each) as container:
                report = report_on(container)
                _add_duration(report, container, file)
                if is_cut:
                    report["keyframes"] = _keyframes(container)
                    report["begins_within_group"] = begins_within_group(container)
            report["cut_off"] = wholeness.is_cut_off(file)
        except (av.FFmpegError, OSError, ValueError):
            continue
        if any(it["codec_name"] for it in report["streams"] if it["codec_type"] in _PLAYED):
            return report | {"flaw": flaws.ENCRYPTED} if flaws.is_encrypted(head) else report
    return {"flaw": flaws.of_file(file)}


class Portion:
    """An open file of which only so much is read; then it is at its end.

    libav reads on and on in files that are endless, or empty but for their beginning.
    """

    def __init__(self, file: IO[bytes], most: int = MOST_READ) -> None:
        self._file = file
        self._left = most
        self.seek = file.seek
        self.tell = file.tell

    def read(self, size: int) -> bytes:
        """Return at most `size` bytes from where the file is."""
        part = self._file.read(min(size, self._left))
        self._left -= len(part)
        return part


def opened(file: IO[bytes], demuxer: str | None, most: int = MOST_READ) -> InputContainer:
    """Return the container in an open file, which is the only one that libav gets.

    It reads at most `most` bytes of it.
    """

    def give(url: str, _flags: int, _options: dict[str, str]) -> Portion:
        if url != _URL:
            raise PermissionError(url)
        return Portion(file, most)

    return av.open(
        _URL,
        "r",
        format=demuxer,
        options={"protocol_whitelist": "file", "format_whitelist": _FORMATS},
        metadata_errors="replace",
        io_open=give,
    )


def report_on(container: InputContainer) -> dict[str, Any]:
    """Return the facts of a container."""
    streams = [_stream(it) for it in list(container.streams)[:MOST_STREAMS]]
    return {
        "flaw": _look_inside(container, streams),
        "format": {
            "format_name": container.format.name,
            "duration": container.duration / 1e6 if container.duration is not None else None,
            "start_time": container.start_time / 1e6 if container.start_time is not None else None,
            "bit_rate": container.bit_rate or None,
            "tags": _tags(container.metadata),
        },
        "streams": streams,
        "chapters": list(_chapters(container)),
    }


def _keyframes(container: InputContainer) -> list[float] | None:
    with suppress(av.FFmpegError, OSError, ValueError):
        return keyframes(container)
    return None


def _add_duration(report: dict[str, Any], container: InputContainer, file: IO[bytes]) -> None:
    """Find out how long a medium is that does not say it, and its bitrate from that."""
    form, name = report["format"], container.format.name
    size = os.fstat(file.fileno()).st_size
    if name in durations.RAW:
        form["duration"] = durations.of_packets(container, size, MOST_READ)
        for stream in report["streams"]:
            stream["duration"] = form["duration"]
    elif form["duration"] is None and name.startswith("matroska"):
        form["duration"] = durations.of_matroska(file)
    if form["duration"] and not form["bit_rate"]:
        form["bit_rate"] = int(size * 8 / form["duration"])


def _stream(stream: Stream) -> dict[str, Any]:
    context = _context(stream)
    facts: dict[str, Any] = {
        "index": stream.index,
        "codec_type": stream.type,
        "codec_name": _codec_name(stream),
        "disposition": {it.name: 1 for it in stream.disposition if it.name},
        "tags": _tags(stream.metadata),
        "start_time": _seconds(stream, stream.start_time),
        "duration": _seconds(stream, stream.duration),
    }
    if context is not None:
        facts |= {
            "codec_tag": _codec_tag(context),
            "profile": stream.profile,
            "level": context.level,
        }
    if isinstance(context, VideoCodecContext):
        facts |= _picture(context)
        facts["aspect"] = _aspect(stream)
        facts["frame_rate"] = float(rate) if (rate := stream.average_rate) else None
        facts["bit_rate"] = context.bit_rate or None
    elif isinstance(context, AudioCodecContext):
        facts |= {
            "channels": context.channels,
            "sample_rate": context.sample_rate,
            "bit_rate": context.bit_rate or None,
        }
    return facts


def _seconds(stream: Stream, ticks: int | None) -> float | None:
    return None if ticks is None or stream.time_base is None else float(ticks * stream.time_base)


def _context(stream: Stream) -> CodecContext | None:
    # whatever PyAV's annotations say: None for data, attachments and unknown codecs
    return stream.codec_context


def _codec_name(stream: Stream) -> str | None:
    context = _context(stream)
    return str(context.codec.canonical_name) if context is not None else None


def _codec_tag(context: CodecContext) -> str:
    """Return the letters by which a container calls a codec; empty for a number, as in M2TS."""
    try:
        return context.codec_tag.strip("\0")
    except UnicodeDecodeError:
        return ""


def _aspect(stream: Stream) -> float | None:
    ratio = stream.display_aspect_ratio if isinstance(stream, VideoStream) else None
    return float(ratio) if ratio else None


def _picture(context: VideoCodecContext) -> dict[str, Any]:
    return {
        "width": context.width,
        "height": context.height,
        "pix_fmt": context.pix_fmt,
        "bit_depth": context.format.components[0].bits if context.format else None,
        "color_transfer": TRANSFERS.get(context.color_trc),
        "field_order": _FIELD_ORDERS.get(context.field_order),
    }


def _look_inside(container: InputContainer, streams: list[dict[str, Any]]) -> str | None:
    """Return the flaw that the first packet shows; add the rotation, which a picture shows."""
    first = next(iter([*container.streams.video, *container.streams.audio]), None)
    if first is None or first.index >= len(streams):
        return None
    if flaws.is_protected_tag(streams[first.index].get("codec_tag", "")):
        return flaws.ENCRYPTED
    is_mov = _MOV in container.format.name
    for number, packet in enumerate(container.demux()):
        if packet.stream_index == first.index:
            if packet.has_sidedata("encryption_info"):
                return flaws.ENCRYPTED
            if packet.size == 0 or (is_mov and packet.is_corrupt):
                return flaws.CUT_OFF
            if is_mov and isinstance(first, VideoStream):
                streams[first.index]["rotation"] = _rotation(container, first, packet)
            return None
        if number > _MOST_PACKETS:
            return None
    return flaws.CUT_OFF


def _rotation(container: InputContainer, video: VideoStream, first: Packet[Any]) -> int:
    video.thread_count = 1
    packets = itertools.chain([first], container.demux(video))
    with suppress(av.FFmpegError, MemoryError):
        for packet in itertools.islice(packets, _MOST_DECODED):
            for frame in video.decode(packet):
                return int(frame.rotation) % 360
    return 0


def _chapters(container: InputContainer) -> Iterator[dict[str, Any]]:
    for chapter in container.chapters()[:MOST_CHAPTERS]:
        if chapter["time_base"]:
            yield {
                "start": float(chapter["start"] * chapter["time_base"]),
                "end": float(chapter["end"] * chapter["time_base"]),
                "tags": _tags(chapter["metadata"]),
            }


def _tags(tags: dict[str, str]) -> dict[str, str]:
    return {key[:40]: value[:LONGEST_TEXT] for key, value in list(tags.items())[:40]}


def open_no_more(highest: int) -> None:
    """Take from this process the right to open anything but what is open, up to this number."""
    with suppress(AttributeError, OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 1, highest + 1))


if __name__ == "__main__":
    sys.exit(main())
