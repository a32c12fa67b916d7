"""How long users of the pages wait: ours, the demo it descends from, and the least possible.

``python -m bench.pages`` measures our system, the seed (the demo) and the floor (two bare pages
with a bare WebSocket relay): the time from a tap on the phone to the event of the ``<video>`` and
to the phone's changed button; the time of a call from a Python client to the page and back; the
time from navigation to the first live state of a remote; and what the pages load.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path

from playwright.sync_api import Browser

from bench.page_load.loads import Weight, live, weigh
from bench.page_load.subjects import Subject, floor, install_seed, ours, seed
from bench.page_load.taps import Tapping, Taps
from bench.results import command, heading, markdown, percentile, rotated, write_json
from tests.browser.driving.chromium import PHONE, launched
from tests.browser.driving.pages import Pages
from tests.browser.driving.remote_page import RemotePage


@dataclass
class Figures:
    """The results of one subject; times in seconds, weights by what was opened."""

    taps: Taps = field(default_factory=Taps)
    cold: list[float] = field(default_factory=list)
    warm: list[float] = field(default_factory=list)
    weights: dict[str, Weight] = field(default_factory=dict)
    calls: list[float] = field(default_factory=list)

    def milliseconds(self) -> dict[str, float]:
        """Return the percentiles."""
        measured = {
            "tap to video": self.taps.tap_to_video,
            "tap to button": self.taps.tap_to_button,
            "press to video": self.taps.press_to_video,
            "press to button": self.taps.press_to_button,
            "call": self.calls,
            "remote live, empty cache": self.cold,
            "remote live, opened again": self.warm,
        }
        found = {}
        for name, seconds in measured.items():
            if seconds:
                found[f"{name}, p50"] = 1000 * statistics.median(seconds)
                found[f"{name}, p99"] = 1000 * percentile(seconds, 99)
        return found


def table(figures: dict[str, Figures]) -> str:
    """Return the results, and how many times the others' time ours takes."""
    times = {name: one.milliseconds() for name, one in figures.items()}
    others = [name for name in figures if name != "ours"]
    rows = []
    for what, value in times["ours"].items():
        known = [times[other].get(what) for other in others]
        cells = ["-" if it is None else f"{it:.2f}" for it in known]
        cells += ["-" if it is None else f"{value / it:.2f}" for it in known]
        rows.append((what, f"{value:.2f}", *cells))
    weights = [
        (f"{whose}: {name}", str(it.requests), f"{it.wire / 1024:.1f}", f"{it.unpacked / 1024:.1f}")
        for whose, one in figures.items()
        for name, it in one.weights.items()
    ]
    head = ("milliseconds", "ours", *others, *(f"/ {name}" for name in others))
    weight_head = ("page weight", "requests", "KiB received", "KiB unpacked")
    return f"{markdown(head, rows)}\n\n{markdown(weight_head, weights)}"


def measure(
    browser: Browser, subjects: list[Subject], counts: argparse.Namespace
) -> dict[str, Figures]:
    """Measure all subjects in turns, so that they meet the same noise; return figures by name.

    Each begins as often as the others: what a turn before has left to do delays it.
    """
    turns = counts.turns
    figures = {subject.name: Figures() for subject in subjects}
    # each phone in a window of its own: a tab behind another one draws once a second only
    phones = [browser.new_context(**PHONE) for _ in subjects]
    tappings = []
    for subject, phone in zip(subjects, phones, strict=True):
        remote = RemotePage(phone.new_page()).open(subject.remote_url)
        tappings.append((subject, Tapping(subject.player, remote)))
    for phone in phones:
        phone.pages[0].wait_for_load_state("networkidle")
    for turn in range(turns):
        for subject, tapping in rotated(tappings, turn):
            # an even number, so that the button shows Play again
            tapping.tap(2 * round(counts.taps / turns / 2))
            figures[subject.name].taps = tapping.taps
        for subject in rotated(subjects, turn):
            if subject.call is not None:
                _call(subject.call, figures[subject.name], counts.calls // turns)
            _load(browser, subject, figures[subject.name], -(-counts.loads // turns))
            if turn == 0:
                _weigh(browser, subject, figures[subject.name])
    for phone in phones:
        phone.close()
    return figures


def _call(call: Callable[[], object], figures: Figures, count: int) -> None:
    for _ in range(count):
        started = time.perf_counter()
        call()
        figures.calls.append(time.perf_counter() - started)


def _load(browser: Browser, subject: Subject, figures: Figures, count: int) -> None:
    for _ in range(count):
        context = browser.new_context(**PHONE)
        figures.cold.append(live(context, subject.remote_url))
        figures.warm.append(live(context, subject.remote_url))
        context.close()


def _weigh(browser: Browser, subject: Subject, figures: Figures) -> None:
    context = browser.new_context(**PHONE)
    for name in ("remote", "remote, opened again"):
        figures.weights[name] = weigh(context, subject.remote_url)
    context.close()
    # in a context of its own: a second player would replace the one that is measured
    if subject.name == "ours":
        context = browser.new_context()
        figures.weights["player"] = weigh(context, subject.remote_url.split("remote#")[0])
        context.close()


def main() -> None:
    """Run the benchmark from the command line."""
    parser = command("pages", __doc__)
    parser.add_argument("--taps", type=int, default=200)
    parser.add_argument("--calls", type=int, default=2000)
    parser.add_argument("--loads", type=int, default=20)
    parser.add_argument("--turns", type=int, default=6, help="in how many turns")
    parser.add_argument("--without-seed", action="store_true", help="leave the demo out")
    options = parser.parse_args()
    if not options.without_seed:
        install_seed()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        browser = stack.enter_context(launched())
        pages = Pages(browser, browser.new_context())
        (folder / "ours").mkdir()
        subjects = [stack.enter_context(ours(pages, folder / "ours"))]
        if not options.without_seed:
            subjects.append(stack.enter_context(seed(pages, folder)))
        subjects.append(stack.enter_context(floor(pages, folder)))
        figures = measure(browser, subjects, options)
        version = browser.version
    print(f"{heading(f'Chromium {version}')}\n\n{table(figures)}")
    results = {
        name: asdict(one) | {"milliseconds": one.milliseconds()} for name, one in figures.items()
    }
    write_json(options.json, results)


if __name__ == "__main__":
    main()
