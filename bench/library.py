"""How quickly the library answers: 20,000 files, a warm index, a fresh process.

``python -m bench.library`` makes empty files in a temporary folder, indexes them, starts the web
side again, and times its first responses over HTTP. No file is examined meanwhile: that happens in
the background, at the lowest priority.
"""

from __future__ import annotations

import http.client
import json
import os
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import quote

from bench.media import ours
from bench.results import command, markdown, percentile, workspace, write_json
from tests.clients.proof import household
from tests.programs.ports import free_ports
from zapette_webapp.library.library import Library

FLAT: Final = 10_000
FOLDERS: Final = 200
IN_A_FOLDER: Final = 50
CALLS: Final = 50

_QUERIES: Final = {
    "the top": "",
    "a folder of 50": "path=" + quote("Series 03/Season 4"),
    "a folder of 10,000": "path=Flat",
    "its last page": "path=Flat&offset=9900",
    "search, two words": "search=" + quote("film 77"),
    "search, nothing found": "search=nothingatall",
    "the newest": "order=added",
}


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


def scan(media: Path, data: Path) -> tuple[float, float]:
    """Make the index; return the CPU seconds of the first scan and of another one."""
    data.mkdir()
    library = Library.of(media, data / "library.db", data / "thumbnails", data / "subtitles")
    times = []
    for _ in range(2):
        started = time.process_time()
        library.scanner.scan()
        times.append(time.process_time() - started)
    while library.scanner.probe_one():
        pass
    library.stop()
    return times[0], times[1]


@contextmanager
def _without_ffmpeg() -> Iterator[None]:
    """Hide all programs, so that none makes pictures of 20,000 empty files meanwhile."""
    path = os.environ["PATH"]
    os.environ["PATH"] = ""
    try:
        yield
    finally:
        os.environ["PATH"] = path


def _get(connection: http.client.HTTPConnection, proof: dict[str, str], query: str) -> float:
    started = time.perf_counter()
    connection.request("GET", f"/api/library?{query}", headers=proof)
    response = connection.getresponse()
    body = response.read()
    seconds = time.perf_counter() - started
    if response.status != 200 or json.loads(body)["index"]["media"] < FLAT:
        raise RuntimeError(f"{query}: {response.status}, {body[:200]!r}")
    return seconds * 1e3


def main() -> None:
    """Run the benchmark from the command line."""
    options = command("library", __doc__).parse_args()
    with workspace() as folder, _without_ffmpeg():
        media = folder / "media"
        fill(media)
        first_scan, further_scan = scan(media, folder / "data")
        (port,) = free_ports(1)
        with ours(folder, port):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            proof = household(folder / "data")
            first = _get(connection, proof, "path=Flat")
            times = {
                what: [_get(connection, proof, query) for _ in range(CALLS)]
                for what, query in _QUERIES.items()
            }
    p50 = {what: statistics.median(values) for what, values in times.items()}
    p99 = {what: percentile(values, 99) for what, values in times.items()}
    files = FLAT + FOLDERS * IN_A_FOLDER
    print(
        f"{files:,} files. The first walk took {first_scan:.1f} s of CPU, a further one "
        f"{further_scan:.1f} s. The first answer of a fresh process took {first:.0f} ms.\n"
    )
    rows = ((what, f"{p50[what]:.1f}", f"{p99[what]:.1f}") for what in _QUERIES)
    print(markdown(("question", "p50 ms", "p99 ms"), rows))
    figures = {"files": files, "first_walk": first_scan, "further_walk": further_scan}
    write_json(options.json, figures | {"first_answer": first, "p50": p50, "p99": p99})


if __name__ == "__main__":
    main()
