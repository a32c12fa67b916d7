"""Streams next to ffmpeg alone, on the same film in the same run.

``python -m bench.streams`` makes two films of 1080 lines: H.264 with AC-3, whose picture
is copied, and HEVC with AC-3, whose picture is converted. *First part*: from the request for the
master playlist until the first parts of picture and sound are complete, with the playlists between
them, for a film that nobody has asked for. *Seek*: from the request for a part far away. ffmpeg
alone makes the same seconds with the same options: one run for the picture, and one for the sound.
"""

from __future__ import annotations

import http.client
import os
import re
import resource
import statistics
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import psutil

from bench.media import ours
from bench.results import about, command, heading, markdown, workspace, write_json
from tests.programs.ports import free_port
from tests.samples.ffmpeg import ffmpeg
from zapette_webapp.media.encoders import SOFTWARE
from zapette_webapp.streams.making.process import NICENESS
from zapette_webapp.streams.planning import command as streams_command
from zapette_webapp.streams.planning import plan
from zapette_webapp.streams.planning.command import Recipe
from zapette_webapp.streams.planning.recipes import Means, Recipes
from zapette_webapp.streams.probed_medium import ProbeReader
from zapette_webapp.streams.sources import Sources

SECONDS: Final = 60
"""The seconds of each film, unless told otherwise."""

_PIECE: Final = 12
_PLANS: Final = {"remux": ("h264.mkv", "copy-aac"), "transcode": ("hevc.mkv", "h264-aac")}
_PICTURE: Final = "testsrc2=d={}:s=hd{}:r=24,noise=alls=6:allf=t,format=yuv420p"
#: ffmpeg's options for the picture of each film.
CODECS: Final = {
    "h264.mkv": ("libx264", "-preset", "superfast", "-g", "48", "-b:v", "6M"),
    "hevc.mkv": ("libx265", "-preset", "ultrafast", "-x265-params", "log-level=none:keyint=48"),
}
_PARTS: Final = re.compile(r"^#EXTINF:([\d.]+),\n(\S+)$", re.MULTILINE)
_MAP: Final = re.compile(r'#EXT-X-MAP:URI="([^"]+)"')


@dataclass(frozen=True)
class Server:
    """Our web side.

    Attributes:
        port: of its pages.
        retry: seconds until it is asked again when it was busy; hls.js waits too.
    """

    port: int
    retry: float = 0.0

    def ask(self, path: str, **headers: str) -> tuple[int, bytes]:
        """Return the status and the body of an answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        with closing(connection):
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read()

    def get(self, path: str) -> bytes:
        """Return an answer; ask again while the server says that it is not ready."""
        while True:
            status, body = self.ask(path)
            if status == 200:
                return body
            if status not in {429, 503}:
                raise RuntimeError(f"{path}: {status} {body!r}")
            time.sleep(self.retry)

    def rendition(self, stream: str, name: str) -> tuple[str, list[tuple[float, str]]]:
        """Return the addresses of the initialization segment and the parts, with their seconds."""
        text = self.get(f"{stream}/{name}.m3u8").decode()
        (init,) = _MAP.findall(text)
        parts = [(float(it), f"{stream}/{part}") for it, part in _PARTS.findall(text)]
        return f"{stream}/{init}", parts

    def first(self, stream: str, name: str, at: float) -> None:
        """Take what a player needs to show a moment of a rendition."""
        init, parts = self.rendition(stream, name)
        self.get(init)
        self.get(parts[_index(parts, at)][1])


def _index(parts: list[tuple[float, str]], at: float) -> int:
    end = 0.0
    for number, (length, _) in enumerate(parts):
        end += length
        if end > at:
            return number
    return len(parts) - 1


def film(
    target: Path,
    codec: tuple[str, ...],
    sound: str = "ac3",
    lines: int = 1080,
    seconds: int = SECONDS,
) -> None:
    """Make a film of 1080 or 720 lines: one piece, encoded once, many times."""
    piece = target.with_suffix(".piece.mkv")
    picture = _PICTURE.format(_PIECE, lines)
    source = ("-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", f"sine=d={_PIECE}")
    ffmpeg(*source, "-c:v", *codec, "-c:a", sound, "-shortest", str(piece), timeout=None)
    again = ("-stream_loop", str(seconds // _PIECE - 1), "-i", str(piece))
    ffmpeg(*again, "-c", "copy", str(target))
    piece.unlink()


@dataclass(frozen=True)
class Alone:
    """ffmpeg alone, with the options of a stream: a run for the picture, and one for the sound."""

    film_file: Path
    recipes: Recipes

    @classmethod
    def of(cls, film_file: Path, plan_text: str) -> Self:
        """Return it for a plan; the film is read now."""
        made = plan.parse(plan_text)
        _, facts = Sources(ProbeReader()).get(film_file, cut=made.video == "copy", again=False)
        return cls(film_file, Recipes(facts, made, Means(SOFTWARE, frozenset(), 1080)))

    def run(self, at: float, seconds: float) -> None:
        """Make seconds of the film, as fast as it goes, and throw them away."""
        running = [
            subprocess.Popen(
                self._command(recipe, at, seconds),
                stdout=subprocess.DEVNULL,
            )
            for _, recipe in (self.recipes.picture(), self.recipes.sound(0))
        ]
        codes = [it.wait() for it in running]
        if any(codes):
            raise RuntimeError("ffmpeg failed")

    def _command(self, recipe: Recipe, at: float, seconds: float) -> list[str]:
        first = recipe.timeline.at(at)
        made = streams_command.arguments(self.film_file, self.recipes.facts, recipe, first)
        # the film has a format of its own, before that of the output
        place = len(made) - 1 - made[::-1].index("-f")
        # as the times are those of the film
        end = f"{at + seconds:.3f}"
        lower = ("nice", "-n", str(NICENESS))
        return [*lower, "ffmpeg", *made[:place], "-to", end, *made[place:]]


def timed(
    server: Server, folder: Path, kind: str, rounds: int, web: psutil.Process
) -> dict[str, list[float]]:
    """Return the times of each round: of a first part and of a seek, ours and ffmpeg's."""
    name, plan_text = _PLANS[kind]
    found: dict[str, list[float]] = {"first": [], "first_ffmpeg": [], "seek": [], "seek_ffmpeg": []}
    ffmpeg = Alone.of(folder / name, plan_text)
    with ThreadPoolExecutor(2) as pool:
        for turn in range(rounds):
            # another path is another film: nothing of it was made yet
            copy = folder / f"{turn} {name}"
            os.link(folder / name, copy)
            stream = f"/streams/{turn}%20{name}/{plan_text}"
            began = time.perf_counter()
            server.get(f"{stream}/master.m3u8?at=0&sound=0")
            list(pool.map(lambda it: server.first(stream, it, 0.0), ("video", "audio-0")))  # noqa: B023
            found["first"].append(time.perf_counter() - began)
            place = 10.0 + turn * 2.0 % 45.0
            parts = {it: server.rendition(stream, it)[1] for it in ("video", "audio-0")}
            wanted = [listed[_index(listed, place)][1] for listed in parts.values()]
            began = time.perf_counter()
            list(pool.map(server.get, wanted))
            found["seek"].append(time.perf_counter() - began)
            for measure, at in (("first_ffmpeg", 0.0), ("seek_ffmpeg", place)):
                began = time.perf_counter()
                ffmpeg.run(at, 2.0)
                found[measure].append(time.perf_counter() - began)
            copy.unlink()
            # the next round begins when nothing of this one runs any more
            wait_for_end(web)
    return found


def wait_for_end(parent: psutil.Process) -> None:
    """Wait until no ffmpeg runs below a process."""
    while any(_is_ffmpeg(it) for it in parent.children(recursive=True)):
        time.sleep(0.1)


def _is_ffmpeg(process: psutil.Process) -> bool:
    try:
        return process.name() == "ffmpeg"
    except psutil.NoSuchProcess:
        return False


def converted(
    server: Server, folder: Path, kind: str, seconds: int, web: psutil.Process
) -> dict[str, float]:
    """Return the CPU and the speed of a film, taken as fast as it comes, and of ffmpeg alone."""
    name, plan_text = _PLANS[kind]
    stream = f"/streams/{name}/{plan_text}"
    alone = Alone.of(folder / name, plan_text)
    parts = [server.rendition(stream, it)[1] for it in ("video", "audio-0")]
    before, began = _cpu(web), time.perf_counter()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda listed: _take(server, listed), parts))
    wall = time.perf_counter() - began
    wait_for_end(web)
    used = _cpu(web) - before
    usage, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    alone.run(0.0, seconds)
    ffmpeg_wall = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    ffmpeg = after.ru_utime + after.ru_stime - usage.ru_utime - usage.ru_stime
    return {
        "cpu": used,
        "cpu_ffmpeg": ffmpeg,
        "speed": seconds / wall,
        "speed_ffmpeg": seconds / ffmpeg_wall,
    }


def _take(server: Server, parts: list[tuple[float, str]]) -> None:
    for _, part in parts:
        server.get(part)


def _cpu(web: psutil.Process) -> float:
    times = web.cpu_times()
    return times.user + times.system + times.children_user + times.children_system


def main() -> None:
    parser = command("streams", __doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seconds", type=int, default=SECONDS, help="of each film")
    parser.add_argument("--only", choices=list(_PLANS), action="append")
    options = parser.parse_args()
    found: dict[str, dict[str, float | list[float]]] = {}
    with workspace() as folder:
        media = folder / "media"
        kinds = options.only or list(_PLANS)
        for kind in kinds:
            name = _PLANS[kind][0]
            film(media / name, CODECS[name], seconds=options.seconds)
        port = free_port()
        with ours(folder, port, ZAPETTE_LIBRARY="open") as process:
            server = Server(port)
            for kind in kinds:
                running = psutil.Process(process.pid)
                found[kind] = {**timed(server, media, kind, options.rounds, running)}
                found[kind] |= converted(server, media, kind, options.seconds, running)
    print(f"{heading()}, {options.rounds} rounds\n")
    rows = []
    for kind, figures in found.items():
        for measure in ("first", "seek", "cpu", "speed"):
            mine, ffmpeg = (
                statistics.median(it) if isinstance(it, list) else it
                for it in (figures[measure], figures[f"{measure}_ffmpeg"])
            )
            rows.append(
                (f"{kind}, {measure}", f"{mine:.2f}", f"{ffmpeg:.2f}", f"{mine / ffmpeg:.2f}")
            )
    print(markdown(("s, or times real time", "ours", "ffmpeg alone", "ratio"), rows))
    write_json(options.json, about(figures=found))


if __name__ == "__main__":
    main()
