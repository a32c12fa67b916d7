"""The memory of the web side while films are converted, one after the other.

``python -m bench.memory`` takes a film with its picture copied as fast as it comes, again and again
at another path, so that each round is a film of its own. It prints the resident memory (MiB) of the
web side, without ffmpeg, at even times.
"""

from __future__ import annotations

import os
import time
from typing import Final

from bench.films import film, of_each_rendition, running
from bench.results import command, heading, markdown, workspace, write_json

_ROWS: Final = 10


def main() -> None:
    """Run the benchmark from the command line."""
    options = command("memory", __doc__, minutes=10.0).parse_args()
    seen: list[tuple[float, int, float]] = []
    with workspace() as folder:
        original = film(folder / "film.mkv", "h264", lines=720)
        with running(folder, 0.1, ZAPETTE_CONVERT_CACHE="256") as web:
            began, turn = time.monotonic(), 0
            while (minutes := (time.monotonic() - began) / 60) < options.minutes:
                copy = folder / "media" / f"{turn}.mkv"
                os.link(original, copy)
                stream = f"streams/{copy.name}/copy-aac"
                web.begin(stream)
                of_each_rendition(lambda it, at=stream: web.take(*web.parts(at, it)))  # type: ignore[misc]
                copy.unlink()
                turn += 1
                if minutes >= len(seen) * options.minutes / _ROWS:
                    seen.append((minutes, turn, web.process.memory_info().rss / 2**20))
    print(f"{heading()}\n")
    rows = [(f"{minutes:.1f}", str(films), f"{used:.1f}") for minutes, films, used in seen]
    print(markdown(("minutes", "films", "MiB"), rows))
    write_json(options.json, memory=seen)


if __name__ == "__main__":
    main()
