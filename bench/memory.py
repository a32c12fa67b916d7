"""The memory of the web side while films are converted, one after the other.

``python -m bench.memory`` takes a film with its picture copied as fast as it comes, again and again
at another path, so that each round is a film of its own. It prints the resident memory (MiB) of the
web side, without ffmpeg, at even times.
"""

from __future__ import annotations

import os
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import psutil

from bench.media import ours
from bench.results import about, command, heading, markdown, write_json
from bench.streams import CODECS, Server, film
from tests.programs.ports import free_port

_FILM: Final = "h264.mkv"
_ROWS: Final = 10


def take(server: Server, name: str) -> None:
    """Take all of a film."""
    stream = f"/streams/{name}/copy-aac"
    server.get(f"{stream}/master.m3u8?at=0&sound=0")

    def parts(rendition: str) -> None:
        init, listed = server.rendition(stream, rendition)
        for address in (init, *(part for _, part in listed)):
            server.get(address)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(parts, ("video", "audio-0")))


def main() -> None:
    """Run the benchmark from the command line."""
    parser = command("memory", __doc__)
    parser.add_argument("--minutes", type=float, default=10)
    options = parser.parse_args()
    seen: list[tuple[float, int, float]] = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        media = folder / "media"
        media.mkdir()
        film(folder / _FILM, CODECS[_FILM], lines=720)
        port = free_port()
        with ours(folder, port, ZAPETTE_LIBRARY="open", ZAPETTE_CONVERT_CACHE="256") as process:
            server, web = Server(port, 0.1), psutil.Process(process.pid)
            began, turn = time.monotonic(), 0
            while (minutes := (time.monotonic() - began) / 60) < options.minutes:
                copy = media / f"{turn}.mkv"
                os.link(folder / _FILM, copy)
                take(server, copy.name)
                copy.unlink()
                turn += 1
                if minutes >= len(seen) * options.minutes / _ROWS:
                    seen.append((minutes, turn, web.memory_info().rss / (1 << 20)))
    print(f"{heading()}\n")
    rows = [(f"{minutes:.1f}", str(films), f"{used:.1f}") for minutes, films, used in seen]
    print(markdown(("minutes", "films", "MiB"), rows))
    write_json(options.json, about(memory=seen))


if __name__ == "__main__":
    main()
