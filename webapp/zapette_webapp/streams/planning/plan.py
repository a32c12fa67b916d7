"""What a stream makes of a medium, as its address says: ``h264.720-aac``; no I/O.

The page decides it, in ``static/media/delivery/decision.js``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from zapette_webapp.errors import InvalidRequest

Video = Literal["copy", "h264", "none"]
Audio = Literal["copy", "aac", "none"]

HEIGHTS: Final = range(120, 4321)
"""The heights, in lines, that a plan may ask for."""

# How addresses name a track to draw into the picture: in the film, or in files next to it.
_INSIDE: Final = "burn"
_EXTERNAL: Final = "beside"
_VIDEO: Final = re.compile(
    r"(?P<video>copy|none|h264)(?:\.(?P<height>[1-9]\d{2,3}))?"
    rf"(?:\.(?P<place>{_INSIDE}|{_EXTERNAL})(?P<burn>0|[1-9]\d?))?"
)
_AUDIO: Final = frozenset({"copy", "aac", "none"})
_FORM: Final = (
    "plan: <video>-<audio> is needed, with the video copy, none, h264, h264.<height> or "
    "h264.burn<track> or h264.beside<track> (both: h264.720.burn1), and the audio copy, aac or none"
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What becomes of the picture and of the sounds.

    Attributes:
        video: ``copy`` as it is, ``h264`` converted, ``none`` left out.
        audio: ``copy`` as they are, ``aac`` converted to stereo where needed, ``none`` left out.
        height: the most lines of a converted picture; None for the setting's.
        burn: the number of the subtitle track drawn into the picture, from 0; None for none.
        is_external: whether that is a track next to the film, and not one inside it.
    """

    video: Video
    audio: Audio
    height: int | None = None
    burn: int | None = None
    is_external: bool = False

    def __str__(self) -> str:
        height = "" if self.height is None else f".{self.height}"
        place = _EXTERNAL if self.is_external else _INSIDE
        burn = "" if self.burn is None else f".{place}{self.burn}"
        return f"{self.video}{height}{burn}-{self.audio}"


def parse(text: str) -> Plan:
    """Return the plan that an address names.

    Raises:
        InvalidRequest: there is no such plan; the message says which there are.
    """
    video, _, audio = text.partition("-")
    found = _VIDEO.fullmatch(video)
    if found is None or audio not in _AUDIO:
        raise InvalidRequest(_FORM)
    height = None if found["height"] is None else int(found["height"])
    burn = None if found["burn"] is None else int(found["burn"])
    if found["video"] != "h264" and (height is not None or burn is not None):
        raise InvalidRequest("plan: only h264 has a height or subtitles in the picture")
    if height is not None and height not in HEIGHTS:
        raise InvalidRequest(f"plan: a height from {HEIGHTS[0]} to {HEIGHTS[-1]} is needed")
    if found["video"] == "none" and audio == "none":
        raise InvalidRequest("plan: either a picture or sound is needed")
    is_external = found["place"] == _EXTERNAL
    return Plan(_video(found["video"]), _audio(audio), height, burn, is_external)


def _video(text: str) -> Video:
    return "copy" if text == "copy" else "h264" if text == "h264" else "none"


def _audio(text: str) -> Audio:
    return "copy" if text == "copy" else "aac" if text == "aac" else "none"
