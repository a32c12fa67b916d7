"""Films, our web side that streams them, and ffmpeg alone with the options of its streams."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import psutil

from tests.programs.system import System
from tests.samples.ffmpeg import ffmpeg
from tests.waiting import eventually
from zapette_webapp.media.encoders import SOFTWARE
from zapette_webapp.streams.making.process import NICENESS
from zapette_webapp.streams.planning import command, plan
from zapette_webapp.streams.planning.recipes import Means, Recipes
from zapette_webapp.streams.probed_medium import ProbeReader
from zapette_webapp.streams.sources import Sources

CODECS: Final = {
    "h264": ("libx264", "-preset", "superfast", "-g", "48", "-b:v", "6M"),
    "hevc": ("libx265", "-preset", "ultrafast", "-x265-params", "log-level=none:keyint=48"),
}
"""ffmpeg's options for the picture of a film."""
SECONDS: Final = 60
RENDITIONS: Final = ("video", "audio-0")

_PIECE: Final = 12
_PICTURE: Final = "testsrc2=d={}:s=hd{}:r=24,noise=alls=6:allf=t,format=yuv420p"
_PARTS: Final = re.compile(r"^#EXTINF:([\d.]+),\n(\S+)$", re.MULTILINE)
_HLS: Final = (
    *("-f", "hls", "-hls_segment_type", "fmp4", "-hls_playlist_type", "vod"),
    "-hls_fmp4_init_filename",
)
_MAP: Final = re.compile(r'#EXT-X-MAP:URI="([^"]+)"')


def film(
    target: Path,
    codec: str,
    sound: str = "ac3",
    lines: int = 1080,
    seconds: int = SECONDS,
    hertz: Sequence[int] = (440,),
) -> Path:
    """Make a film of 1080 or 720 lines, with a sound of each pitch.

    It is one piece, encoded once, many times.
    """
    piece = target.with_suffix(".piece.mkv")
    sources = [_PICTURE.format(_PIECE, lines), *(f"sine=f={it}:d={_PIECE}" for it in hertz)]
    inputs = [option for it in sources for option in ("-f", "lavfi", "-i", it)]
    maps = [option for n in range(len(sources)) for option in ("-map", str(n))]
    encoded = ("-c:v", *CODECS[codec], "-c:a", sound, "-shortest")
    ffmpeg(*inputs, *maps, *encoded, str(piece), timeout=None)
    again = ("-stream_loop", str(seconds // _PIECE - 1), "-i", str(piece), "-map", "0")
    ffmpeg(*again, "-c", "copy", str(target))
    piece.unlink()
    return target


@dataclass(frozen=True)
class Web:
    """Our web side; `retry` are the seconds until it is asked again when it was busy."""

    system: System
    retry: float = 0.0

    @property
    def process(self) -> psutil.Process:
        return psutil.Process(self.system.pid("web"))

    def get(self, path: str) -> bytes:
        """Return an answer; ask again while the server says that it is not ready."""
        while True:
            answer = self.system.get(path)
            if answer.status == 200:
                return answer.body
            if answer.status not in {429, 503}:
                raise RuntimeError(f"{path}: {answer.status} {answer.body!r}")
            time.sleep(self.retry)

    def begin(self, stream: str) -> None:
        """Ask for the master playlist, as a player does first."""
        self.get(f"{stream}/master.m3u8?at=0&sound=0")

    def parts(self, stream: str, rendition: str) -> list[tuple[float, str]]:
        """Return the seconds and addresses of the parts, after that of the initialization."""
        text = self.get(f"{stream}/{rendition}.m3u8").decode()
        parts = [("0", _MAP.findall(text)[0]), *_PARTS.findall(text)]
        return [(float(seconds), f"{stream}/{part}") for seconds, part in parts]

    def take(self, *parts: tuple[float, str]) -> None:
        for _, part in parts:
            self.get(part)

    def wait_for_end(self) -> None:
        """Wait until no ffmpeg runs."""
        web = self.process
        eventually(lambda: not any(map(_is_ffmpeg, web.children(True))), "ffmpeg ends", 600)

    def cpu(self) -> float:
        """Return the CPU seconds of it and of all that has ended in it."""
        return sum(self.process.cpu_times()[:4])

    def own_cpu(self) -> float:
        """Return the CPU seconds of it alone: without ffmpeg."""
        return sum(self.process.cpu_times()[:2])


def _is_ffmpeg(process: psutil.Process) -> bool:
    try:
        return bool(process.name() == "ffmpeg")
    except psutil.NoSuchProcess:
        return False


@contextmanager
def running(folder: Path, retry: float = 0.0, **settings: str) -> Iterator[Web]:
    """Run a system on the media in `folder`, whose library is open."""
    usual = {"ZAPETTE_MEDIA_DIR": str(folder / "media"), "ZAPETTE_LIBRARY": "open"}
    with System(folder, usual | settings) as system:
        yield Web(system, retry)


def of_each_rendition(act: Callable[[str], Any]) -> list[Any]:
    """Do something for the picture and for the sound at the same time."""
    with ThreadPoolExecutor(len(RENDITIONS)) as pool:
        return list(pool.map(act, RENDITIONS))


def part_at(parts: list[tuple[float, str]], at: float) -> tuple[float, str]:
    """Return the part of a moment, or the last one."""
    end = 0.0
    for part in parts:
        end += part[0]
        if end > at:
            break
    return part


class Alone:
    """ffmpeg alone, which writes HLS in fragmented MP4 with the options of a stream."""

    def __init__(self, film_file: Path, plan_text: str) -> None:
        made = plan.parse(plan_text)
        _, facts = Sources(ProbeReader()).get(film_file, cut=made.video == "copy", again=False)
        recipes = Recipes(facts, made, Means(SOFTWARE, frozenset(), 1080))
        self._film = film_file
        self._facts = facts
        self._recipes = (recipes.picture()[1], recipes.sound(0)[1])

    def run(self, at: float, seconds: float) -> None:
        """Make seconds of the film, as fast as possible, in files that are removed."""
        with TemporaryDirectory(dir=self._film.parent.parent) as folder:
            running = []
            for name, recipe in zip(RENDITIONS, self._recipes, strict=True):
                made = command.arguments(self._film, self._facts, recipe, recipe.timeline.at(at))
                # how a pipe gets its fragments is decided by the options from here on
                end = min(made.index(it) for it in ("-frag_duration", "-movflags") if it in made)
                # as the times are those of the film
                until = ("-to", f"{at + seconds:.3f}", "-hls_time", f"{recipe.timeline.length(0)}")
                written = (*_HLS, f"{name}-init.mp4", f"{folder}/{name}.m3u8")
                ours = ["nice", "-n", str(NICENESS), "ffmpeg", *made[:end], *until, *written]
                running.append(subprocess.Popen(ours))
            codes = [it.wait() for it in running]
        if any(codes):
            raise RuntimeError("ffmpeg failed")

    @staticmethod
    def cpu() -> float:
        """Return the CPU seconds of all runs so far, and of other ended children."""
        used = os.times()
        return used.children_user + used.children_system
