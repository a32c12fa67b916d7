"""The shape and the filters of a converted picture; no I/O."""

from __future__ import annotations

import math
from collections.abc import Container, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from zapette_webapp.media.probing.codecs import Track
from zapette_webapp.streams.planning import frame_rates, levels, timeline, tone_mapping
from zapette_webapp.streams.planning.facts import Subtitle

WIDEST: Final = 4096
"""The most columns of a converted picture."""

# Bits per second for 1080 lines; others need less or more by their size.
_BITRATE: Final = 8_000_000
_LINES: Final = 1080
_WIDE: Final = 16 / 9
_BROADCAST: Final = "mpeg2video"  # in it, a film may follow advertisements of another shape
_ALIKE: Final = 1.02  # how much wider or higher a picture is that has the same shape
_LONGEST_SHOWN: Final = 15.0  # seconds of one subtitle


@dataclass(frozen=True, slots=True)
class Shape:
    """A converted picture.

    Attributes:
        picture: what is converted.
        lines: its most lines.
    """

    picture: Track
    lines: int

    @property
    def size(self) -> tuple[int, int]:
        """The width and height in pixels, both even; pixels that are not square excepted."""
        width, height = self.picture.shown
        lines = max(2, min(self.lines, height) // 2 * 2)
        return max(2, min(WIDEST, round(width * lines / max(1, height) / 2) * 2)), lines

    @property
    def level(self) -> int:
        """Its level in H.264, times ten."""
        width, height = self.size
        # pixels that are not square make it wider
        wide = max(width, min(WIDEST, round(height * _WIDE)))
        return levels.level(wide, height, float(self.rate))

    @property
    def rate(self) -> Fraction:
        """Its frames per second."""
        return frame_rates.converted(self.picture.frame_rate)

    @property
    def bitrate(self) -> int:
        """Its most bits per second."""
        return max(500_000, round(_BITRATE * math.pow(self.size[1] / _LINES, 1.5)))


def graph(
    shape: Shape,
    start: float,
    end: float | None,
    subtitle: Subtitle | None,
    filters: Container[str],
) -> str:
    """Return the filter graph of a conversion, from the input to ``[out]``.

    Args:
        shape: the picture.
        start: where its first frame is, in seconds.
        end: where the film ends, in seconds; a shorter picture stands still until then. None to end
            with the picture.
        subtitle: pictures to draw into it.
        filters: the filters that ffmpeg has.
    """
    picture = shape.picture
    before = [f"fps=fps={shape.rate}:start_time={start:.6f}"]
    if picture.interlaced:
        before.append("bwdif=mode=send_frame" if "bwdif" in filters else "yadif=mode=send_frame")
    after = [*_shaped(shape), "format=yuv420p"]
    if end is not None:
        after.append(f"tpad=stop=-1:stop_mode=clone,trim=end={end + 1 / shape.rate:.6f}")
    source = f"[0:{picture.index}]"
    if subtitle is None:
        return f"{source}{','.join([*before, *after])}[out]"
    width, height = picture.shown
    is_disc = subtitle.codec_name == "dvd_subtitle"
    number = 0
    earlier = ""
    if subtitle.external is not None:
        # it is read from its beginning
        number, earlier = 1, f"trim=start={max(0.0, start - _LONGEST_SHOWN):.3f},"
    scaled = f"scale={width}:{height if is_disc else -1}"
    drawn = f"[{number}:{subtitle.index}]{earlier}{scaled}[drawn]"
    overlay = "overlay=x=(W-w)/2:y=H-h:eof_action=pass"
    return (
        f"{drawn};{source}{','.join(before)}[shown];[shown][drawn]"
        f"{','.join([overlay, *after])}[out]"
    )


def _shaped(shape: Shape) -> Iterator[str]:
    lines, aspect = f"trunc(min({shape.lines},ih)/2)*2", "dar"
    picture = shape.picture
    if picture.codec_name == _BROADCAST and picture.aspect and not picture.rotation:
        aspect = f"{picture.aspect:.6f}"
        yield _letterboxed(aspect)
    yield f"scale=w='min({WIDEST},round({lines}*{aspect}/2)*2)':h='{lines}',setsar=1"
    if picture.hdr is not None:
        yield tone_mapping.filters(picture.hdr)


def _letterboxed(aspect: str) -> str:
    """Return the filter that gives frames of another shape bars, until they have the first one's.

    The scaler has one size for all of a film, and would squeeze them.
    """
    wide = f"if(gt({aspect},dar*{_ALIKE}),round(ih*{aspect}/sar/2)*2,iw)"
    high = f"if(gt(dar,{aspect}*{_ALIKE}),round(iw*sar/{aspect}/2)*2,ih)"
    return f"pad=w='{wide}':h='{high}':x=(ow-iw)/2:y=(oh-ih)/2:eval=frame"


def frames(shape: Shape) -> int:
    """Return the frames of a part."""
    return timeline.frames_of_part(shape.rate)
