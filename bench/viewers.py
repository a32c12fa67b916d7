"""Many players at once: whether each has its film in time, and what is left after the last one.

``python -m bench.viewers`` lets twenty programs take films of 720 lines as players do, each a film
of its own, at the speed at which it plays: as the file is (*direct*), and with the picture copied
(*remux*). *First* is from the request until a player could begin; a player *stalls* when a part
comes after the one before has been played. Then three other films are to be converted: *third* is
the answer to the one too many. *Gone* is from the last request to the end of the last ffmpeg.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final

import psutil

from bench.media import ours
from bench.results import about, command, heading, markdown, percentile, workspace, write_json
from bench.streams import CODECS, Server, film, wait_for_end
from tests.programs.ports import free_port

_PIECE: Final = 2.0
_AHEAD: Final = 6.0
_RETRY: Final = 0.5
_FILM: Final = "h264.mkv"


@dataclass
class Watched:
    """How a player fared: seconds until it could begin, and how late parts were after that."""

    first: float = 0.0
    late: list[float] = field(default_factory=list)


def watch(take: Iterable[tuple[float, Callable[[], object]]], seconds: float) -> Watched:
    """Take pieces of a film, each with its length, no further ahead than a player does."""
    found, began, place = Watched(), time.monotonic(), 0.0
    starts = began
    for length, piece in take:
        if place >= seconds:
            break
        time.sleep(max(0.0, starts + place - _AHEAD - time.monotonic()))
        piece()
        now = time.monotonic()
        if place == 0:
            starts, found.first = now, now - began
        elif now > starts + place:
            found.late.append(now - starts - place)
            # it stood still until then
            starts = now - place
        place += length
    return found


def direct(server: Server, name: str, size: int, seconds: float) -> Watched:
    """Watch a film as its file is, by ranges."""
    step = int(size * _PIECE / seconds)

    def piece(first: int) -> None:
        last = min(size, first + step) - 1
        status, body = server.ask(f"/media/{name}", Range=f"bytes={first}-{last}")
        if status != 206 or len(body) != last - first + 1:
            raise RuntimeError(f"{name}: {status}")

    starts = range(0, size, step)
    return watch([(_PIECE, lambda it=it: piece(it)) for it in starts], seconds)  # type: ignore[misc]


def remux(server: Server, name: str, seconds: float) -> Watched:
    """Watch a film with its picture copied; its sound is converted."""
    stream, began = f"/streams/{name}/copy-aac", time.monotonic()
    server.get(f"{stream}/master.m3u8?at=0&sound=0")
    init, picture = server.rendition(stream, "video")
    _, sound = server.rendition(stream, "audio-0")
    server.get(init)
    listed = time.monotonic() - began
    ends = [0.0]
    sounds = iter(sound)

    def piece(part: str, end: float) -> None:
        server.get(part)
        while ends[0] < end and (heard := next(sounds, None)) is not None:
            server.get(heard[1])
            ends[0] += heard[0]

    pieces, end = [], 0.0
    for length, part in picture:
        end += length
        pieces.append((length, lambda part=part, end=end: piece(part, end)))
    found = watch(pieces, seconds)
    found.first += listed
    return found


def third(server: Server, names: list[str]) -> tuple[int, str]:
    """Ask for the conversion of films until one is refused; return the answer to the last."""
    status, words = 0, ""
    for name in names:
        path = f"/streams/{name}/h264.360-aac/master.m3u8?viewer={name}&at=0&sound=0"
        status, body = server.ask(path)
        words = "" if status == 200 else json.loads(body)["detail"]
    return status, words


def main() -> None:
    """Run the benchmark from the command line."""
    parser = command("viewers", __doc__)
    parser.add_argument("--players", type=int, default=20)
    parser.add_argument("--seconds", type=int, default=60, help="of each film")
    options = parser.parse_args()
    rows, figures = [], {}
    with workspace() as folder:
        media = folder / "media"
        film(folder / _FILM, CODECS[_FILM], lines=720, seconds=options.seconds)
        names = [f"{number}.mkv" for number in range(options.players + 3)]
        for name in names:
            os.link(folder / _FILM, media / name)
        size, port = (folder / _FILM).stat().st_size, free_port()
        with (
            ours(folder, port, ZAPETTE_LIBRARY="open") as process,
            ThreadPoolExecutor(options.players) as pool,
        ):
            server, web = Server(port, _RETRY), psutil.Process(process.pid)
            playing = names[: options.players]
            for kind, play in (
                ("direct", lambda it: direct(server, it, size, options.seconds)),
                ("remux", lambda it: remux(server, it, options.seconds)),
            ):
                found = list(pool.map(play, playing))
                firsts = [it.first for it in found]
                late = [each for it in found for each in it.late]
                figures[kind] = {"first": firsts, "late": late}
                row = (f"{percentile(firsts, 50):.2f}", f"{max(firsts):.2f}", str(len(late)))
                rows.append((kind, *row, f"{max(late, default=0.0):.2f}"))
            last = time.monotonic()
            wait_for_end(web)
            gone = [time.monotonic() - last]
            status, words = third(server, names[options.players :])
            last = time.monotonic()
            wait_for_end(web)
            gone.append(time.monotonic() - last)
    print(f"{heading()}, {options.players} players, {options.seconds} s\n")
    print(markdown(("s", "first, p50", "first, most", "stalls", "longest"), rows))
    print(f"\nThird: {status}, {words!r}. Gone after {gone[0]:.1f} s and {gone[1]:.1f} s.")
    write_json(options.json, about(figures=figures, third=[status, words], gone=gone))


if __name__ == "__main__":
    main()
