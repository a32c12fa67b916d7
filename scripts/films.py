"""Play every kind of film on real pages: ``.venv/bin/python -m scripts.films``.

Makes the samples with ffmpeg, plays each in Chromium and Firefox, and writes the table
`build/docs/films.md`, of which docs/films.md has a summary. With names as arguments, plays only
these and writes nothing.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from tests.browser.checks.screening import Projector, Screening
from tests.browser.driving.chromium import PHONE, launched
from tests.browser.driving.firefox import Firefox
from tests.browser.driving.observer import Observer
from tests.browser.driving.pages import Pages
from tests.browser.samples.film_samples import SAMPLES, Sample
from tests.programs.system import System
from tests.waiting import eventually
from zapette_server.paths import ROOT

TABLE: Final = ROOT / "build" / "docs" / "films.md"
_HEAD: Final = """# Every kind of film

`python -m scripts.films` makes {count} samples of {seconds} s with ffmpeg, and plays each on a real
page in Chromium (H.264 and AAC, no HEVC, AC-3 or DTS) and in Firefox: the picture moves, sound is
decoded (which Firefox does not tell), the film goes on after seeking to its beginning, its middle
and 5 s before its end, and after a change of its sound or subtitles. Times are from the request to
the moving picture. Last run: {date}; {played} of {count} as they should be.

| sample | Chromium | Firefox |
|---|---|---|
"""


def main() -> None:
    """Play the samples, and write the table."""
    wanted = sys.argv[1:]
    samples = [it for it in SAMPLES if not wanted or it.name in wanted]
    with tempfile.TemporaryDirectory() as folder:
        results = screen(samples, Path(folder))
    faults = [it for it in results if any(one.faults for one in it[1:])]
    if not wanted:
        TABLE.parent.mkdir(parents=True, exist_ok=True)
        TABLE.write_text(_table(results, len(results) - len(faults)))
    sys.exit(1 if faults else 0)


def screen(samples: Sequence[Sample], folder: Path) -> list[tuple[Sample, Screening, Screening]]:
    """Return how each sample plays in Chromium and in Firefox."""
    media = folder / "media"
    media.mkdir()
    # what a player opens first of all
    replace(SAMPLES[0], name="0.mp4").make(media)
    for sample in samples:
        sample.make(media)
    system = System(folder, {"ZAPETTE_MEDIA_DIR": str(media)}).start()
    try:
        eventually(
            lambda: system.get("api/library").json["index"]["state"] == "ready", "an index", 600
        )
        with ExitStack() as stack:
            projectors = [stack.enter_context(it(system)) for it in (_chromium, _firefox)]
            results = []
            for sample in samples:
                first, second = (it.screen(sample) for it in projectors)
                results.append((sample, first, second))
                sys.stderr.write(f"{sample.name} | {_cell(first)} | {_cell(second)}\n")
        return results
    finally:
        system.stop()


@contextmanager
def _chromium(system: System) -> Iterator[Projector]:
    with launched() as browser:
        pages = Pages(browser, browser.new_context(**PHONE))
        player = pages.started(system)
        with Observer(system.household(), player.root) as observer:
            yield Projector(player, observer)


@contextmanager
def _firefox(system: System) -> Iterator[Projector]:
    with tempfile.TemporaryDirectory() as folder, Firefox(Path(folder)) as firefox:
        player = firefox.open(system.url)
        eventually(lambda: player.data("connection") == "live", "the player is live", 60)
        link = eventually(lambda: player.see('document.querySelector("a.qr").href'), "its code")
        player.click("Start")
        eventually(lambda: player.data("gestureRequired") == "false", "the click is enough")
        # a machine without a sound device: Firefox plays a song all the same if somebody records it
        player.see("void document.querySelector('video').mozCaptureStream()")
        root = f"zapette/players/{link.split('#')[1].split('.')[0]}"
        with Observer(system.household(), root) as observer:
            yield Projector(player, observer)


def _table(results: list[tuple[Sample, Screening, Screening]], played: int) -> str:
    date = f"{datetime.now(tz=UTC):%Y-%m-%d}"
    head = _HEAD.format(count=len(results), seconds=12, date=date, played=played)
    rows = [
        f"| {sample.what} | {_cell(first)} | {_cell(second)} |" for sample, first, second in results
    ]
    return head + "\n".join(rows) + "\n"


def _cell(found: Screening) -> str:
    """Return how a film was played, for people."""
    if found.kind:
        text = f"{found.kind} ({found.reason}), {found.started:.1f} s"
        if found.sound_changed is not None:
            text += f"; other sound {found.sound_changed:.1f} s"
    else:
        text = f"refused: {found.reason}"
    return text + "".join(f"; **{it}**" for it in found.faults).replace("|", "/")


if __name__ == "__main__":
    main()
