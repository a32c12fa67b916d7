"""What a browser does with a stream: takes its parts in any order, and decodes them."""

from __future__ import annotations

import array
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import quote

import av
from av.container import InputContainer

from tests.programs.system import Answer, System
from zapette_webapp.streams.making.mp4 import Fragment, Splitter

LOUD = 3000
PARTS = re.compile(r"^#EXTINF:([\d.]+),\n([^#\s]+\.m4s.*)$", re.MULTILINE)


def asked(system: System, path: str, headers: dict[str, str] | None = None) -> Answer:
    """Return an answer that must be a good one."""
    answer = system.get(f"streams/{quote(path, safe='/?=&')}", headers)
    assert answer.status == 200, answer.body
    return answer


@dataclass(frozen=True)
class Track:
    """One rendition of a stream.

    Attributes:
        init: its initialization segment.
        parts: its parts, in order.
        lengths: the seconds of each, by the playlist.
    """

    init: bytes
    parts: Sequence[bytes]
    lengths: Sequence[float]

    @cached_property
    def fragments(self) -> list[list[Fragment]]:
        """The fragments of each part."""
        splitter = self._splitter()
        return [list(splitter.feed(it)) for it in self.parts]

    @cached_property
    def timescale(self) -> int:
        return self._splitter().timescale

    @property
    def bounds(self) -> list[tuple[float, float]]:
        """When each part begins and ends, in seconds."""
        scale = self.timescale
        return [(each[0].start / scale, each[-1].end / scale) for each in self.fragments]

    def _splitter(self) -> Splitter:
        splitter = Splitter()
        assert list(splitter.feed(self.init)) == []
        return splitter

    def starts(self, parts: Iterable[int]) -> list[float]:
        """Decode some parts; return when the signal begins in them, in seconds."""
        chosen = list(parts)
        content = self.init + b"".join(self.parts[it] for it in chosen)
        first = self.fragments[chosen[0]][0].shown / self.timescale
        found: list[float] = []
        was_on, shift = True, None
        mixer = av.AudioResampler("s16", "mono")
        with av.open(io.BytesIO(content), format="mp4") as container:
            assert isinstance(container, InputContainer)
            stream = container.streams[0]
            for frame in container.decode(stream):
                assert isinstance(frame, av.VideoFrame | av.AudioFrame)
                assert frame.time is not None
                # libav moves what has frames out of order, browsers do not
                shift = frame.time - first if shift is None else shift
                at = frame.time - shift
                if isinstance(frame, av.VideoFrame):
                    lines = bytes(frame.reformat(format="gray").planes[0])
                    is_on = sum(lines[::97]) > 128 * len(lines[::97])
                    if is_on and not was_on:
                        found.append(at)
                    was_on = is_on
                else:
                    (mono,) = mixer.resample(frame)
                    samples = array.array("h", bytes(mono.planes[0])[: 2 * mono.samples])
                    loud = next((at for at, it in enumerate(samples) if abs(it) > LOUD), None)
                    if loud is not None and not was_on:
                        found.append(at + loud / frame.sample_rate)
                    was_on = loud is not None
        return found


def taken(system: System, stream: str, track: str, first: Sequence[int] = ()) -> Track:
    """Take all parts of a rendition, those of `first` before the others."""
    playlist = asked(system, f"{stream}/{track}.m3u8").body.decode()
    assert playlist.endswith("#EXT-X-ENDLIST\n")
    listed = PARTS.findall(playlist)
    count = len(listed)
    ahead = [it % count for it in first]
    order = dict.fromkeys([*ahead, *range(count)])
    init = asked(system, f"{stream}/{track}-init.mp4").body
    parts = {it: asked(system, f"{stream}/{listed[it][1]}").body for it in order}
    return Track(init, [parts[it] for it in range(count)], [float(it) for it, _ in listed])
