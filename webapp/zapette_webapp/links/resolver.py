"""Finds films in web pages with yt-dlp, in a process with limits."""

from __future__ import annotations

import json
import math
import sys
from importlib.util import find_spec
from typing import Any, Final
from urllib.parse import urlsplit

from zapette_webapp.errors import LinksMissing, NoFilm, PrivateAddress, ToolTooLong, ToolTooMuch
from zapette_webapp.links.__main__ import MISSING
from zapette_webapp.links.guard import is_public
from zapette_webapp.links.typed_addresses import HOME_ENDS, LONGEST, read_address
from zapette_webapp.media.titles import titled
from zapette_webapp.media.tools import Limits, Tool

LIMITS: Final = Limits(cpu=20, wall=30.0, memory=1 << 30, output=1 << 20, waiting=3)
"""The limits of one page."""

_STREAM: Final = "application/vnd.apple.mpegurl"
_LOCAL_ENDS: Final = tuple(f".{it}" for it in (*HOME_ENDS, "localhost"))

Found = dict[str, Any]


class Resolver:
    """Finds one film at a time; safe for several threads.

    Args:
        private: whether it may reach private addresses (the setting ``links_private``).
    """

    def __init__(self, *, private: bool) -> None:
        self._private = private
        self.tool = Tool([sys.executable, "-P", "-m", "zapette_webapp.links"], LIMITS, name="links")

    @property
    def present(self) -> bool:
        """Whether yt-dlp is installed."""
        return find_spec("yt_dlp") is not None

    def stop(self) -> None:
        """End the current run."""
        self.tool.stop()

    def find(self, text: str) -> Found:
        """Return the film at an address: ``source``, ``title``, ``duration`` and more.

        Raises:
            LinksMissing: yt-dlp is not installed.
            PrivateAddress: the address, or one that it leads to, is not public.
            NoFilm: nothing was found there, or not in time.
            ToolBusy: other pages are being read; try again in a moment.
        """
        address = read_address(text)
        if address is None:
            raise NoFilm("this is not an http or https address")
        if not self.present:
            raise LinksMissing
        if not self._may_reach(address):
            raise PrivateAddress
        try:
            finished = self.tool.run(address, *(["private"] if self._private else []))
        except ToolTooLong:
            raise NoFilm(f"the page took more than {LIMITS.wall:.0f} s") from None
        except ToolTooMuch:
            raise NoFilm("the description of the page is too long") from None
        if finished.code == MISSING:
            raise LinksMissing
        if finished.code != 0:
            raise NoFilm("the page cannot be read: it takes too much memory or time")
        return self._read(address, finished.output)

    def _read(self, address: str, output: bytes) -> Found:
        found = json.loads(output)
        if found.get("private"):
            raise PrivateAddress
        source = found.get("url")
        if not isinstance(source, str) or len(source) > 2 * LONGEST or read_http(source) is None:
            raise NoFilm(titled(found.get("error")) or "there is no film at this address")
        if not self._may_reach(source):
            raise PrivateAddress
        is_stream = "m3u8" in str(found.get("protocol"))
        return {
            "address": address,
            "source": source,
            "title": titled(found.get("title")) or urlsplit(address).hostname or address,
            "duration": _seconds(found.get("duration")),
            "thumbnail": self._picture(found.get("thumbnail")),
            "kind": "audio" if found.get("vcodec") == "none" else "video",
            "type": _STREAM if is_stream else "",
            "live": found.get("is_live") is True,
        }

    def _picture(self, address: Any) -> str | None:
        known = read_http(address) if isinstance(address, str) else None
        return address if known is not None and self._may_reach(address) else None

    def _may_reach(self, address: str) -> bool:
        """Return whether an address may be public; what its name leads to is checked later."""
        host = read_http(address)
        if self._private or host is None:
            return host is not None
        if host.replace(".", "").isdigit() or ":" in host:
            return is_public(host)
        return "." in host and not host.endswith(_LOCAL_ENDS)


def read_http(address: str) -> str | None:
    """Return the host of an http or https address; None if it is another one."""
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        return None
    return host if parts.scheme in {"http", "https"} else None


def _seconds(value: Any) -> float | None:
    if not isinstance(value, int | float) or not math.isfinite(value) or value <= 0:
        return None
    return round(float(value), 3)
