"""Where ffmpeg is: the system's if there is one, else that of the package imageio-ffmpeg.

The package is the extra ``zapette[ffmpeg]``; ``make run`` installs it on a machine without ffmpeg.
"""

from __future__ import annotations

import functools
import logging
import shutil
from typing import Final

try:
    import imageio_ffmpeg
except ImportError:
    imageio_ffmpeg = None

log = logging.getLogger("zapette.library")

NAME: Final = "ffmpeg"
"""Its name in the metrics, wherever it is."""


def find() -> str | None:
    """Return the path of ffmpeg; None if there is none."""
    return shutil.which(NAME) or _of_package()


def command(*options: str) -> list[str]:
    """Return the command that runs ffmpeg with `options`; it fails if there is none."""
    return [find() or NAME, *options]


@functools.cache
def _of_package() -> str | None:
    if imageio_ffmpeg is None:
        return None
    try:
        found = str(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError:
        log.warning("the package imageio-ffmpeg has no ffmpeg for this machine")
        return None
    log.info("ffmpeg is that of the package imageio-ffmpeg")
    return found
