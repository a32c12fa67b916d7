"""Names of devices from the User-Agent of their browsers; no I/O."""

from __future__ import annotations

from typing import Final

# The first match counts: browsers on Android also name Linux, and all name Safari.
_SYSTEMS: Final = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("Web0S", "webOS"),
    ("Tizen", "Tizen"),
    ("Linux", "Linux"),
)
_BROWSERS: Final = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chromium", "Chromium"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)


def label(user_agent: str) -> str:
    """Return a name that people recognise, ``Android · Chrome``; empty if nothing is known."""
    found = (
        next((name for mark, name in table if mark in user_agent), None)
        for table in (_SYSTEMS, _BROWSERS)
    )
    return " · ".join(filter(None, found))
