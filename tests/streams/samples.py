"""Small films, made with ffmpeg: every two seconds a flash and a beep begin together."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from tests.samples.ffmpeg import ffmpeg

SECONDS: Final = 9
"""The seconds of each film."""

EVERY: Final = 2.0
"""The seconds from one flash to the next; the first is at 1.4 s, within a part of any rendition."""

_SIGNAL: Final = f"between(mod(t+0.6\\,{EVERY})\\,0\\,0.2)"
_FLASH: Final = f"drawbox=c=white:t=fill:enable='{_SIGNAL}'"
_BEEP: Final = f"aevalsrc='{_SIGNAL}*sin(2*PI*1000*t)/2:d={SECONDS}:s=48000"
PICTURE: Final = (
    *("-f", "lavfi", "-i", f"color=c=0x202020:d={SECONDS}:s=192x108:r=25,{_FLASH},format=yuv420p"),
)
SOUND: Final = ("-f", "lavfi", "-i", f"{_BEEP}'")
_X264: Final = ("-c:v", "libx264", "-preset", "ultrafast", "-bf", "2")
_X265: Final = ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none")
_VFR: Final = "select='between(mod(t\\,2)\\,1.3\\,1.7)+not(mod(n\\,3))'"

FILMS: Final[dict[str, tuple[str, ...]]] = {
    "h264.mkv": (*_X264, "-g", "50", "-c:a", "ac3"),
    "h264.mp4": (*_X264, "-g", "50", "-c:a", "aac"),
    "h264.ts": (*_X264, "-g", "50", "-c:a", "aac"),
    "long groups.ts": (*_X264, "-g", "225", "-sc_threshold", "0", "-c:a", "ac3"),
    "dts.mkv": (*_X264, "-g", "50", "-c:a", "dca", "-strict", "-2", "-ac", "6"),
    "hevc.mkv": (*_X265, "-c:a", "aac"),
    "hevc 10 bit.mp4": (*_X265, "-pix_fmt", "yuv420p10le", "-tag:v", "hvc1", "-c:a", "eac3"),
    "hdr.mkv": (
        *("-c:v", "libx265", "-preset", "ultrafast", "-pix_fmt", "yuv420p10le"),
        *("-x265-params", "log-level=none:transfer=smpte2084", "-color_trc", "smpte2084"),
        *("-c:a", "aac"),
    ),
    "vfr.mp4": ("-vf", _VFR, "-fps_mode", "vfr", *_X265, "-c:a", "aac"),
    "xvid.avi": ("-c:v", "mpeg4", "-tag:v", "XVID", "-bf", "2", "-c:a", "mp3"),
    "mpeg2.ts": ("-c:v", "mpeg2video", "-c:a", "mp2"),
    # at a bitrate of a disc: each pack of 2 KiB has a time
    "mpeg2.vob": (
        *("-vf", "noise=alls=20:allf=t", "-c:v", "mpeg2video", "-b:v", "2000k"),
        *("-c:a", "ac3", "-f", "vob"),
    ),
    "interlaced.mpg": (
        *("-c:v", "mpeg2video", "-flags", "+ilme+ildct", "-top", "1", "-c:a", "mp2"),
    ),
    "windows.wmv": ("-c:v", "wmv2", "-c:a", "wmav2"),
    "flash.flv": ("-c:v", "flv", "-c:a", "mp3", "-ar", "44100"),
    "indexed.flv": (
        *("-c:v", "flv", "-c:a", "mp3", "-ar", "44100", "-flvflags", "add_keyframe_index"),
    ),
}
"""The films by their names, each with ffmpeg's arguments for it."""


RAW: Final[dict[str, tuple[str, ...]]] = {
    "raw.h264": ("-map", "0", *_X264, "-g", "50"),
    "raw.hevc": ("-map", "0", *_X265),
    "raw.aac": ("-map", "1", "-c:a", "aac", "-ac", "2"),
}
"""Pictures or sounds and nothing else, not even times."""


def film(target: Path, *options: str) -> Path:
    """Make a film."""
    ffmpeg(*PICTURE, *SOUND, *options, str(target))
    return target


def changing(target: Path) -> Path:
    """Make a film whose picture has another size later, and whose sound more channels."""
    # later than 0, so that ffmpeg does not move the first one
    first = ("-t", "4", "-output_ts_offset", "1", "-ac", "2")
    second = ("-ss", "4", "-output_ts_offset", "5", "-ac", "6", "-s", "128x72")
    piece = target.with_suffix(".piece.ts")
    with target.open("wb") as whole:
        for options in (first, second):
            whole.write(film(piece, *_X264, "-g", "50", "-c:a", "ac3", *options).read_bytes())
    piece.unlink()
    return target


def partly_silent(target: Path, codec: str) -> Path:
    """Make a film whose sound begins later than the picture, and ends earlier."""
    late = ("-ss", "2.5", "-t", "4", "-output_ts_offset", "2.5")
    piece = film(target.with_suffix(".piece.mkv"), "-vn", "-c:a", codec, *late)
    sound = ("-copyts", "-i", str(piece), "-map", "0:v", "-map", "1:a", "-c:a", "copy")
    ffmpeg(*PICTURE, *sound, *_X264, "-g", "50", str(target))
    piece.unlink()
    return target
