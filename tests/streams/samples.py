"""Small films, made with ffmpeg."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Final

SECONDS: Final = 9
"""The seconds of each film."""

PICTURE: Final = ("-f", "lavfi", "-i", f"testsrc=duration={SECONDS}:size=192x108:rate=25")
SOUND: Final = ("-f", "lavfi", "-i", f"sine=duration={SECONDS}:sample_rate=48000")
H264: Final = (
    *("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-bf", "2", "-g", "50"),
)
HEVC: Final = (
    *("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none:keyint=50"),
)


def ffmpeg(*arguments: str) -> None:
    """Run ffmpeg; fail if it does."""
    subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-y", *arguments], check=True, timeout=100)


def film(target: Path, *options: str) -> Path:
    """Make a film with the test picture and a tone."""
    ffmpeg(*PICTURE, *SOUND, *options, str(target))
    return target
