"""Show the new titles of an RSS or Atom feed on the players.

python examples/rss_titles.py https://example.org/feed.xml [--player NAME] [--every 300]
"""

from __future__ import annotations

import argparse
import logging
import time
import urllib.request
from xml.etree import ElementTree as ET

from zapette import Application, CallError

log = logging.getLogger("rss")

ATOM = "{http://www.w3.org/2005/Atom}"


def titles(feed: bytes) -> list[str]:
    """Return the titles of the items in a feed, newest first, as feeds list them."""
    # expat 2.4.1 and newer refuse entities that expand without limit
    root = ET.fromstring(feed)
    items = root.findall(".//item") or root.findall(f".//{ATOM}entry")
    found = [item.findtext("title") or item.findtext(f"{ATOM}title") for item in items]
    return [" ".join(title.split()) for title in found if title]


def fetch(url: str) -> list[str]:
    """Return the titles at `url`; none, and a log line, if it cannot be read."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return titles(answer.read(1_000_000))
    except (OSError, ET.ParseError) as error:
        log.warning("%s: %s", url, error)
        return []


def show(app: Application, name: str, title: str) -> None:
    """Show a title on the players of this name, or on all."""
    for player in app.players.online():
        if not name or player.name == name:
            try:
                app.player(player.id).message(title, seconds=10)
            except CallError as error:
                log.warning("%s: %s", player.name, error)


def main() -> None:
    """Poll the feed until Ctrl-C."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("feed")
    parser.add_argument("--player", default="", help="name of a player (default: all)")
    parser.add_argument("--every", type=float, default=300, help="seconds between two requests")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO)
    with Application() as app:
        app.players.settle()
        known = set(fetch(options.feed))
        log.info("%d titles; new ones will be shown", len(known))
        while True:
            time.sleep(options.every)
            for title in reversed(fetch(options.feed)):
                if title not in known:
                    known.add(title)
                    log.info("new: %s", title)
                    show(app, options.player, title)


if __name__ == "__main__":
    main()
