"""How quickly the library answers: 20,000 files, a warm index, a fresh process.

``python -m bench.library`` makes empty files in a temporary folder, indexes them, starts the web
side anew, and times its first answers over HTTP. Nothing is looked into by ffprobe: that is what
the background does, at the lowest priority.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

from bench.media import ours
from tests.ports import free_ports
from webapp.librarian import Librarian

FLAT: Final = 10_000
FOLDERS: Final = 200
IN_A_FOLDER: Final = 50
CALLS: Final = 50

_QUESTIONS: Final = {
    "the top": "",
    "a folder of 50": "path=" + quote("Series 03/Season 4"),
    "a folder of 10,000": "path=Flat",
    "its last page": "path=Flat&offset=9900",
    "search, two words": "search=" + quote("film 77"),
    "search, nothing found": "search=nothingatall",
    "the newest": "order=added",
}


@dataclass
class Figures:
    """What was measured, in milliseconds; the first two are of the whole walk, in seconds."""

    files: int
    first_walk: float
    further_walk: float
    first_answer: float
    p50: dict[str, float]
    p99: dict[str, float]

    def table(self) -> str:
        """Return them as Markdown."""
        walks = f"The first walk took {self.first_walk:.1f} s of CPU, a further one "
        walks += f"{self.further_walk:.1f} s."
        first = f"The first answer of a fresh process took {self.first_answer:.0f} ms."
        lines = [
            f"{self.files:,} files. {walks} {first}",
            "",
            "| question | p50 ms | p99 ms |",
            "|---|---|---|",
        ]
        lines += [f"| {it} | {self.p50[it]:.1f} | {self.p99[it]:.1f} |" for it in _QUESTIONS]
        return "\n".join(lines)


def fill(folder: Path) -> None:
    """Make the files."""
    for number in range(FOLDERS):
        series, season = number % 20, number // 20 + 1
        season_folder = folder / f"Series {series:02}" / f"Season {season}"
        season_folder.mkdir(parents=True)
        for episode in range(IN_A_FOLDER):
            name = f"Series.{series}.S{season:02}E{episode:02}.The.Name.of.It.720p.mkv"
            (season_folder / name).touch()
    flat = folder / "Flat"
    flat.mkdir()
    for number in range(FLAT):
        (flat / f"Film {number} ({1950 + number % 70}).mp4").touch()


def walk(media: Path, data: Path) -> tuple[float, float]:
    """Make the index; return the CPU of a first and of a further walk, in seconds."""
    data.mkdir()
    librarian = Librarian.of(media, data / "library.db", data / "thumbnails")
    times = []
    for _ in range(2):
        started = time.process_time()
        librarian.scanner.scan()
        times.append(time.process_time() - started)
    librarian.stop()
    return times[0], times[1]


@contextmanager
def _without_ffmpeg() -> Iterator[None]:
    """Have the programs not found, so that 20,000 empty files are not looked into meanwhile."""
    path = os.environ["PATH"]
    os.environ["PATH"] = ""
    try:
        yield
    finally:
        os.environ["PATH"] = path


def _ask(connection: http.client.HTTPConnection, query: str) -> float:
    started = time.perf_counter()
    connection.request("GET", f"/api/library?{query}")
    answer = connection.getresponse()
    body = answer.read()
    seconds = time.perf_counter() - started
    if answer.status != 200 or json.loads(body)["index"]["media"] < FLAT:
        raise RuntimeError(f"{query}: {answer.status}, {body[:200]!r}")
    return seconds * 1e3


def measure() -> Figures:
    """Return the figures of one run."""
    with tempfile.TemporaryDirectory() as name, _without_ffmpeg():
        folder = Path(name)
        media = folder / "media"
        media.mkdir()
        fill(media)
        first_walk, further_walk = walk(media, folder / "data")
        (port,) = free_ports(1)
        with ours(folder, port):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            first = _ask(connection, "path=Flat")
            times = {
                what: sorted(_ask(connection, query) for _ in range(CALLS))
                for what, query in _QUESTIONS.items()
            }
    return Figures(
        files=FLAT + FOLDERS * IN_A_FOLDER,
        first_walk=first_walk,
        further_walk=further_walk,
        first_answer=first,
        p50={what: statistics.median(values) for what, values in times.items()},
        p99={what: values[int(len(values) * 0.99)] for what, values in times.items()},
    )


def main() -> None:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="write the figures there")
    arguments = parser.parse_args()
    figures = measure()
    print(figures.table())
    if arguments.json:
        arguments.json.write_text(json.dumps(asdict(figures), indent=1) + "\n")


if __name__ == "__main__":
    main()
