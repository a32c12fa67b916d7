"""Streams next to ffmpeg alone, on the same film in the same run.

``python -m bench.streams`` makes two films of 1080 lines: H.264 with AC-3, whose picture
is copied, and HEVC with AC-3, whose picture is converted. *First part*: from the request for the
master playlist until the first parts of picture and sound are complete, with the playlists between
them, for a film that nobody has asked for. *Seek*: from the request for a part far away. ffmpeg
alone writes the same seconds as HLS with the same options: one run for the picture, and one for the
sound. *Own CPU*: what the web side itself takes of the CPU, without its runs of ffmpeg.
"""

from __future__ import annotations

import os
import statistics
from pathlib import Path
from typing import Final

from bench.films import SECONDS, Alone, Web, film, of_each_rendition, part_at, running
from bench.results import Times, command, heading, markdown, workspace, write_json

_PLANS: Final = {"remux": ("h264", "copy-aac"), "transcode": ("hevc", "h264-aac")}


def measure(web: Web, media: Path, kind: str, rounds: int, seconds: int) -> Times:
    """Return the times of each round, the CPU and the speed of a film, ours and ffmpeg's."""
    codec, plan = _PLANS[kind]
    name = f"{codec}.mkv"
    found, alone = Times(), Alone(media / name, plan)
    for turn in range(rounds):
        # another path is another film: nothing of it was made yet
        copy = media / f"{turn}-{name}"
        os.link(media / name, copy)
        stream = f"streams/{copy.name}/{plan}"

        def take_first(rendition: str, stream: str = stream) -> None:
            init, *parts = web.parts(stream, rendition)
            web.take(init, part_at(parts, 0.0))

        with found.of("first"):
            web.begin(stream)
            of_each_rendition(take_first)
        place = 10.0 + turn * 2.0 % 45.0
        wanted = {it: part_at(web.parts(stream, it), place) for it in ("video", "audio-0")}
        with found.of("seek"):
            of_each_rendition(lambda it, wanted=wanted: web.take(wanted[it]))  # type: ignore[misc]
        with found.of("first ffmpeg"):
            alone.run(0.0, 2.0)
        with found.of("seek ffmpeg"):
            alone.run(place, 2.0)
        copy.unlink()
        # the next round begins when nothing of this one runs any more
        web.wait_for_end()
    parts = {it: web.parts(f"streams/{name}/{plan}", it) for it in ("video", "audio-0")}
    before = web.cpu(), web.own_cpu(), alone.cpu()
    with found.of("speed"):
        of_each_rendition(lambda it: web.take(*parts[it]))
    web.wait_for_end()
    found["cpu"] = [web.cpu() - before[0]]
    found["own cpu"] = [web.own_cpu() - before[1]]
    with found.of("speed ffmpeg"):
        alone.run(0.0, seconds)
    found["cpu ffmpeg"] = found["own cpu ffmpeg"] = [alone.cpu() - before[2]]
    for speed in ("speed", "speed ffmpeg"):
        found[speed] = [seconds / it for it in found[speed]]
    return found


def main() -> None:
    parser = command("streams", __doc__, rounds=20, seconds=SECONDS)
    parser.add_argument("--only", nargs="+", choices=_PLANS, default=list(_PLANS))
    options = parser.parse_args()
    with workspace() as folder:
        media = folder / "media"
        for kind in options.only:
            film(media / f"{_PLANS[kind][0]}.mkv", _PLANS[kind][0], seconds=options.seconds)
        with running(folder) as web:
            found = {
                it: measure(web, media, it, options.rounds, options.seconds) for it in options.only
            }
    print(f"{heading()}, {options.rounds} rounds\n")
    rows = []
    for kind, figures in found.items():
        for what in ("first", "seek", "cpu", "own cpu", "speed"):
            mine, ffmpeg = map(statistics.median, (figures[what], figures[f"{what} ffmpeg"]))
            cells = (f"{it:.2f}" for it in (mine, ffmpeg, mine / ffmpeg))
            rows.append((f"{kind}, {what}", *cells))
    print(markdown(("s, or times real time", "ours", "ffmpeg alone", "ratio"), rows))
    write_json(options.json, figures=found)


if __name__ == "__main__":
    main()
