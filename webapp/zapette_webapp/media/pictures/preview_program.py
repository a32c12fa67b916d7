"""``python -m zapette_webapp.media.pictures.preview_program FILE DEMUXER``: writes a sheet as JPEG.

It goes to each place of the film and decodes one keyframe there, so that a film of hours takes no
longer than a short one. Like `zapette_webapp.media.probing.inspection`, it opens nothing but the
file.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from typing import Final

import av
import av.filter

# PyAV imports these when they are first needed, but by then nothing can be opened any more.
import av.subtitles.codeccontext
import av.subtitles.stream
import av.video.reformatter
from av.codec.context import CodecContext
from av.container import InputContainer
from av.filter import Graph
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from zapette_webapp.media.pictures.sheet import (
    COLUMNS,
    COUNT,
    HEIGHT,
    ROWS,
    WIDTH,
    Plane,
    Sheet,
    fitting,
    order,
)
from zapette_webapp.media.probing.inspection import TRANSFERS, open_no_more, opened
from zapette_webapp.streams.planning import tone_mapping

MOST_READ: Final = 4 << 30
"""The most bytes that are read of a film."""

TIME: Final = 60.0
"""Seconds after which tiles that are missing look like those before them."""

_FORMAT: Final = "yuvj420p"
_QUALITY: Final = 6
_MOST_PACKETS: Final = 500


def main() -> int:
    """Write the sheet of the film that the command names; the status says whether it has one."""
    path, demuxer = sys.argv[1:]
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - unbuffered
        open_no_more(file.fileno())
        try:
            with opened(file, demuxer, MOST_READ) as container:
                sheet = sheet_of(container, time.monotonic() + TIME)
        except (av.FFmpegError, OSError, ValueError):
            return 1
    if sheet.is_empty:
        return 1
    sheet.fill()
    sys.stdout.buffer.write(_jpeg(sheet))
    return 0


def sheet_of(container: InputContainer, deadline: float) -> Sheet:
    """Return the tiles of a film, as many as there is time for."""
    sheet = Sheet()
    video = next(iter(container.streams.video), None)
    if video is None or not container.duration or video.codec_context is None:
        return sheet
    video.thread_count = 1
    drawn: dict[int | None, list[Plane]] = {}
    shrinker = Shrinker()
    start = container.start_time or 0
    for number in order():
        if time.monotonic() > deadline:
            break
        place = start + container.duration * (2 * number + 1) // (2 * COUNT)
        with suppress(av.FFmpegError, MemoryError):
            container.seek(place)
            packet = _keyframe(container, video)
            if packet is None:
                continue
            planes = drawn.get(packet.pts)
            if planes is None:
                planes = _planes(video, packet, shrinker)
            if planes is not None:
                sheet.draw(number, planes)
                drawn[packet.pts] = planes
    return sheet


def _keyframe(container: InputContainer, video: VideoStream) -> Packet[VideoStream] | None:
    for number, packet in enumerate(container.demux(video)):
        if packet.is_keyframe and packet.size:
            return packet
        if number > _MOST_PACKETS:
            break
    return None


class Shrinker:
    """Makes frames small, and shows a high dynamic range as the pages of a film do."""

    def __init__(self) -> None:
        self._graphs: dict[tuple[int, int, str, str], Graph] = {}

    def shrunk(self, frame: VideoFrame, width: int, height: int) -> VideoFrame:
        """Return a frame in a size, in the format of sheets."""
        transfer = tone_mapping.TRANSFERS.get(TRANSFERS.get(frame.color_trc, ""))
        if transfer is None:
            return frame.reformat(width=width, height=height, format=_FORMAT)
        small = frame.reformat(width=width, height=height)
        key = (width, height, small.format.name, transfer)
        graph = self._graphs.get(key)
        if graph is None:
            # its tables take longer than a frame
            graph = self._graphs[key] = _graph(small, transfer)
        graph.vpush(small)
        return graph.vpull()


def _graph(frame: VideoFrame, transfer: str) -> Graph:
    graph = Graph()
    graph.threads = 1
    last = graph.add_buffer(
        width=frame.width, height=frame.height, format=frame.format, time_base=Fraction(1, 1000)
    )
    for name, given in [*tone_mapping.steps(transfer, is_jpeg=True), ("buffersink", "")]:
        step = graph.add(name, given)
        last.link_to(step)
        last = step
    graph.configure()
    return graph


def _planes(
    video: VideoStream, packet: Packet[VideoStream], shrinker: Shrinker
) -> list[Plane] | None:
    context = video.codec_context
    # nothing follows: a decoder gives the picture at once, and is ready for another one then
    frame = next(iter([*context.decode(packet), *context.decode(None)]), None)
    context.flush_buffers()
    return list(_components(frame, video, shrinker)) if frame is not None else None


def _components(frame: VideoFrame, video: VideoStream, shrinker: Shrinker) -> Iterator[Plane]:
    aspect = video.sample_aspect_ratio or Fraction(1)
    width, height = max(1, round(frame.width * aspect)), frame.height
    turned = int(frame.rotation) % 360
    is_upright = turned % 180 == 0
    size = fitting(width, height) if is_upright else fitting(height, width)[::-1]
    small = shrinker.shrunk(frame, *size)
    for plane in small.planes:
        rows = bytes(plane)
        lines = (rows[it * plane.line_size :][: plane.width] for it in range(plane.height))
        yield Plane(plane.width, b"".join(lines)).turned(turned)


def _jpeg(sheet: Sheet) -> bytes:
    picture = VideoFrame(COLUMNS * WIDTH, ROWS * HEIGHT, _FORMAT)
    for plane, content in zip(picture.planes, sheet.planes(), strict=True):
        row = plane.width
        rows = (content[it * row :][:row] for it in range(plane.height))
        plane.update(b"".join(it.ljust(plane.line_size, b"\0") for it in rows))
    encoder = CodecContext.create("mjpeg", "w")
    assert isinstance(encoder, VideoCodecContext)  # noqa: S101 - the kind of encoder it is
    encoder.width, encoder.height, encoder.pix_fmt = picture.width, picture.height, _FORMAT
    encoder.time_base = Fraction(1)
    encoder.options = {"qmin": str(_QUALITY), "qmax": str(_QUALITY)}
    return b"".join(map(bytes, [*encoder.encode(picture), *encoder.encode(None)]))


if __name__ == "__main__":
    sys.exit(main())
