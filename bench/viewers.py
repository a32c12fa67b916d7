"""Many players at once: whether each has its film in time, and what is left after the last one.

``python -m bench.viewers`` lets twenty programs take films of 720 lines as players do, each a film
of its own, at the speed at which it plays: as the file is (*direct*), and with the picture copied
(*remux*). *First* is from the request until a player could begin; a player *stalls* when a part
comes after the one before has been played. Then three other films are to be converted: *third* is
the answer to the one too many. *Gone* is from the last request to the end of the last ffmpeg.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from bench.films import SECONDS, Web, film, running
from bench.results import (
    Times,
    command,
    heading,
    markdown,
    percentile,
    workspace,
    write_json,
)

_PIECE: Final = 2.0
_AHEAD: Final = 6.0

Film = Iterator[float]
"""A film that is taken piece by piece; it gives the seconds of each once it has come."""


def watch(film: Film) -> tuple[float, list[float]]:
    """Take a film no further ahead than a player does.

    Return the seconds until the first piece had come, and how late others were.
    """
    late: list[float] = []
    began = time.monotonic()
    place = next(film)
    starts = time.monotonic()
    first = starts - began
    while True:
        time.sleep(max(0.0, starts + place - _AHEAD - time.monotonic()))
        seconds = next(film, None)
        if seconds is None:
            return first, late
        if (delay := time.monotonic() - starts - place) > 0:
            late.append(delay)
            # it stood still until then
            starts += delay
        place += seconds


def direct(web: Web, name: str, size: int, seconds: float) -> Film:
    """Take a film as its file is, by ranges."""
    step = int(size * _PIECE / seconds)
    for first in range(0, size, step):
        last = min(size, first + step) - 1
        answer = web.system.get(f"media/{name}", {"Range": f"bytes={first}-{last}"})
        if answer.status != 206 or len(answer.body) != last - first + 1:
            raise RuntimeError(f"{name}: {answer.status}")
        yield _PIECE


def remux(web: Web, name: str) -> Film:
    """Take a film with its picture copied; its sound is converted."""
    stream = f"streams/{name}/copy-aac"
    web.begin(stream)
    init, *picture = web.parts(stream, "video")
    sounds = iter(web.parts(stream, "audio-0")[1:])
    web.take(init)
    end = heard = 0.0
    for part in picture:
        web.take(part)
        end += part[0]
        while heard < end and (sound := next(sounds, None)) is not None:
            web.take(sound)
            heard += sound[0]
        yield part[0]


def main() -> None:
    """Run the benchmark from the command line."""
    options = command("viewers", __doc__, players=20, seconds=SECONDS).parse_args()
    rows, figures, gone = [], {}, Times()
    with workspace() as folder:
        original = film(folder / "film.mkv", "h264", lines=720, seconds=options.seconds)
        names = [f"{number}.mkv" for number in range(options.players + 3)]
        for name in names:
            os.link(original, folder / "media" / name)
        size = original.stat().st_size
        with running(folder, 0.5) as web, ThreadPoolExecutor(options.players) as pool:
            kinds = {
                "direct": lambda it: watch(direct(web, it, size, options.seconds)),
                "remux": lambda it: watch(remux(web, it)),
            }
            for kind, play in kinds.items():
                firsts, lates = zip(*pool.map(play, names[: options.players]), strict=True)
                late = [each for it in lates for each in it]
                figures[kind] = {"first": firsts, "late": late}
                times = (percentile(firsts, 50), max(firsts), max(late, default=0.0))
                first, most, longest = (f"{it:.2f}" for it in times)
                rows.append((kind, first, most, str(len(late)), longest))
            with gone.of("gone"):
                web.wait_for_end()
            # one after the other, until one is refused
            for name in names[options.players :]:
                path = f"streams/{name}/h264.360-aac/master.m3u8?viewer={name}&at=0&sound=0"
                third = web.system.get(path)
            with gone.of("gone"):
                web.wait_for_end()
    print(f"{heading()}, {options.players} players, {options.seconds} s\n")
    print(markdown(("s", "first, p50", "first, most", "stalls", "longest"), rows))
    after = " and ".join(f"{it:.1f} s" for it in gone["gone"])
    words = "" if third.status == 200 else third.json["detail"]
    print(f"\nThird: {third.status}, {words!r}. Gone after {after}.")
    write_json(options.json, figures=figures, third=third.status, gone=gone["gone"])


if __name__ == "__main__":
    main()
