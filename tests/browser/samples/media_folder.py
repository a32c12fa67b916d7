"""A media folder with films of some seconds, made with ffmpeg."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from tests.samples.ffmpeg import ffmpeg

SECONDS: Final = 40
SUBTITLES: Final = "WEBVTT\n\n00:00.000 --> 00:40.000\nBonjour.\n"


def make_shelf(folder: Path) -> Path:
    """Fill `folder` with two films and a folder of two, one of which no browser can play whole."""
    series = folder / "Series"
    series.mkdir(parents=True)
    webm = [
        "-pix_fmt",
        "yuv420p",
        "-c:v",
        "libvpx",
        "-deadline",
        "realtime",
        "-cpu-used",
        "8",
        "-b:v",
        "60k",
        "-c:a",
        "libopus",
    ]
    _film(folder / "Alpha (2019).webm", "testsrc", *webm)
    _film(folder / "Beta.webm", "smptebars", *webm)
    (folder / "Beta.fr.vtt").write_text(SUBTITLES)
    _film(series / "Gamma.webm", "rgbtestsrc", *webm)
    # sound that no Chromium without licences knows
    _film(series / "Delta.mp4", "testsrc", "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "ac3")
    return folder


def _film(file: Path, picture: str, *options: str) -> None:
    inputs = [
        ["-f", "lavfi", "-i", f"{picture}=size=160x90:rate=5:duration={SECONDS}"],
        ["-f", "lavfi", "-i", f"sine=frequency=330:duration={SECONDS}"],
    ]
    arguments = [it for one in inputs for it in one]
    ffmpeg(*arguments, *options, str(file))
