"""Small real films of all kinds, made with ffmpeg."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

_SUBTITLES = "1\n00:00:00,000 --> 00:00:30,000\n{}\n"


def ffmpeg(*arguments: str) -> None:
    """Run ffmpeg; fail if it does."""
    subprocess.run(["ffmpeg", "-v", "error", "-y", *arguments], check=True, timeout=120)


def picture(seconds: float, size: str = "160x90", rate: int = 10) -> tuple[str, ...]:
    """Return the arguments for a picture that moves."""
    return ("-f", "lavfi", "-i", f"testsrc=duration={seconds}:size={size}:rate={rate}")


def sound(seconds: float, hertz: int = 440) -> tuple[str, ...]:
    """Return the arguments for a soft tone."""
    return ("-f", "lavfi", "-i", f"sine=duration={seconds}:frequency={hertz}")


def make(folder: Path) -> Path:
    """Fill `folder` with one.webm, two.webm and three.webm of 4 s, and a long one of 400 s."""
    folder.mkdir(parents=True, exist_ok=True)
    first = folder / "one.webm"
    ffmpeg(*picture(4), *sound(4), "-c:v", "libvpx", "-g", "10", "-c:a", "libopus", str(first))
    for name in ("two", "three"):
        shutil.copy(first, folder / f"{name}.webm")
    long = ("-c:v", "libvpx", "-b:v", "20k", "-g", "10", "-c:a", "libopus", "-b:a", "8k")
    ffmpeg(*picture(400, "64x36", 1), *sound(400), *long, str(folder / "long.webm"))
    (folder / "one.fr.srt").write_text(_SUBTITLES.format("À bientôt"), encoding="utf-8")
    (folder / "one.en.srt").write_text(_SUBTITLES.format("See you soon"), encoding="utf-8")
    (folder / "two.fr.srt").write_text(_SUBTITLES.format("Encore"), encoding="utf-8")
    (folder / "wrong.webm").write_bytes(bytes(range(256)) * 16)
    return folder
