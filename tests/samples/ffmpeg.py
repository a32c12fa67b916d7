"""Runs ffmpeg, which makes the samples."""

from __future__ import annotations

import subprocess


def ffmpeg(*arguments: str, timeout: float | None = 120) -> None:
    """Run ffmpeg; fail if it does."""
    subprocess.run(
        ["ffmpeg", "-v", "error", "-nostdin", "-y", *arguments], check=True, timeout=timeout
    )
