"""How quickly the library answers: 20,000 files, a warm index, a fresh process.

``python -m bench.library`` makes empty files in a temporary folder, indexes them, starts the web
side again, and times its first responses over HTTP. No file is examined meanwhile: that happens in
the background, at the lowest priority.
"""

from __future__ import annotations

import http.client
import json
import os
import time
from pathlib import Path
from typing import Final
from unittest import mock
from urllib.parse import quote

from bench.results import Times, command, workspace, write_json
from tests.programs.system import System
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
    began = time.process_time()
    library.scanner.scan()
    between = time.process_time()
    library.scanner.scan()
    ended = time.process_time()
    while library.scanner.probe_one():
        pass
    library.stop()
    return between - began, ended - between


def _get(connection: http.client.HTTPConnection, proof: dict[str, str], query: str) -> None:
    connection.request("GET", f"/api/library?{query}", headers=proof)
    response = connection.getresponse()
    body = response.read()
    if response.status != 200 or json.loads(body)["index"]["media"] < FLAT:
        raise RuntimeError(f"{query}: {response.status}, {body[:200]!r}")


def main() -> None:
    """Run the benchmark from the command line."""
    options = command("library", __doc__).parse_args()
    times = Times(1e3)
    # no program makes pictures of 20,000 empty files meanwhile
    with workspace() as folder, mock.patch.dict(os.environ, PATH=""):
        media = folder / "media"
        fill(media)
        first_scan, further_scan = scan(media, folder / "data")
        with System(folder, {"ZAPETTE_MEDIA_DIR": str(media)}) as system:
            connection = http.client.HTTPConnection("127.0.0.1", system.http_port, timeout=30)
            proof = system.proof
            with times.of("first answer"):
                _get(connection, proof, "path=Flat")
            for what, query in _QUERIES.items():
                for _ in range(CALLS):
                    with times.of(what):
                        _get(connection, proof, query)
    (first,) = times.pop("first answer")
    files = FLAT + FOLDERS * IN_A_FOLDER
    print(
        f"{files:,} files. The first walk took {first_scan:.1f} s of CPU, a further one "
        f"{further_scan:.1f} s. The first answer of a fresh process took {first:.0f} ms.\n"
    )
    print(times.table("question", 99))
    scans = {"first": first_scan, "further": further_scan}
    write_json(options.json, files=files, scans=scans, first_answer=first, times=times)


if __name__ == "__main__":
    main()
