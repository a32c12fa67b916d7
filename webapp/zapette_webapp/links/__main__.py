"""Finds the film in a web page, in a process of its own: ``ADDRESS [private]`` to JSON.

`zapette_webapp.links.resolver` runs it with limits.
"""

from __future__ import annotations

import json
import os
import re
import sys
from typing import Any, Final

from zapette_webapp.links.guard import Guard

MISSING: Final = 3
"""The exit code if yt-dlp is not installed."""

_NUMBERING: Final = "HTML5MediaEmbed"
"""What numbers the films of a page, even if there is only one."""

_PREFIX: Final = re.compile(r"^ERROR: (?:\[[^\]]*\] (?:\S+: )?)?")

_OPTIONS: Final[dict[str, Any]] = {
    "quiet": True,
    "no_warnings": True,
    "noprogress": True,
    "skip_download": True,
    "noplaylist": True,
    "playlist_items": "1",
    "lazy_playlist": True,
    "cachedir": False,
    "proxy": "",
    "socket_timeout": 10,
    "retries": 1,
    "extractor_retries": 1,
    "enable_file_urls": False,
    "allow_unplayable_formats": False,
    # one file with picture and sound, or a stream that has both
    "format": "b[protocol^=http][protocol!*=dash]/b[protocol*=m3u8]/b/ba",
}


class _Silent:
    """A log that nobody reads: it may hold addresses with keys in them."""

    def debug(self, message: str) -> None:
        """Do nothing."""

    info = warning = error = debug


def main(arguments: list[str]) -> int:
    """Print what was found, or why nothing was; return the exit code."""
    address, *rest = arguments
    os.environ["YTDLP_NO_PLUGINS"] = "1"
    try:
        import yt_dlp  # noqa: PLC0415 - an extra, and half a second
        from yt_dlp.utils import YoutubeDLError  # noqa: PLC0415
    except ImportError:
        return MISSING
    guard = Guard(private=rest == ["private"])
    guard.start()
    try:
        with yt_dlp.YoutubeDL({**_OPTIONS, "logger": _Silent()}) as finder:
            found = finder.sanitize_info(finder.extract_info(address, download=False))
    except YoutubeDLError as error:
        print(json.dumps({"private": guard.refused, "error": _PREFIX.sub("", str(error))[:500]}))  # noqa: T201
        return 0
    print(json.dumps(_first(found) or {"private": guard.refused, "error": "no film"}))  # noqa: T201
    return 0


def _first(found: Any) -> dict[str, Any] | None:
    """Return the film, or the first one of a list."""
    for _ in range(3):
        if not isinstance(found, dict):
            return None
        if "entries" not in found:
            break
        found = next((it for it in found["entries"] or [] if it), None)
    if not isinstance(found, dict) or not found.get("url"):
        return None
    if found.get("extractor_key") == _NUMBERING:
        found["title"] = str(found.get("title")).removesuffix(" (1)")
    names = ("url", "title", "duration", "thumbnail", "protocol", "ext", "vcodec", "is_live")
    return {name: found.get(name) for name in names}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
