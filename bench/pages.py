"""What a person at the pages waits for, and the least that any two pages could take.

``python -m bench.pages`` prints, for the system, for the demo that it descends from (the seed) and
for two bare pages with a bare WebSocket relay between them (the floor), the time from a tap on the
phone to the event of the ``<video>`` and to the phone's button that has turned; the time of a call
from a Python client to the page and back; the time from navigation to the first live state of a
remote; and what the pages weigh.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from playwright.sync_api import Browser, sync_playwright

from bench.page_load.figures import Figures, table
from bench.page_load.loads import live, weigh
from bench.page_load.seed import install, seed
from bench.page_load.subject import Subject, floor, ours
from bench.page_load.taps import Tapping
from tests.browser.chromium import PHONE, launch
from tests.browser.pages import Pages
from tests.browser.remote_page import RemotePage

T = TypeVar("T")


def measure(browser: Browser, subjects: list[Subject], counts: argparse.Namespace) -> Any:
    """Measure all subjects in turns, so that they meet the same noise; return figures by name.

    Each begins as often as the others: what a turn before left to be done is in its way.
    """
    turns = counts.turns
    figures = {subject.name: Figures() for subject in subjects}
    # each phone in a window of its own: a tab behind another one draws once a second only
    phones = [browser.new_context(**PHONE) for _ in subjects]
    tappings = [
        Tapping(subject, RemotePage(phone.new_page()).open(subject.remote_url))
        for subject, phone in zip(subjects, phones, strict=True)
    ]
    for phone in phones:
        phone.pages[0].wait_for_load_state("networkidle")
    for turn in range(turns):
        for tapping in _turned(tappings, turn):
            # an even number, so that the button shows Play again
            tapping.tap(2 * round(counts.taps / turns / 2))
            figures[tapping.subject.name].taps = tapping.taps
        for subject in _turned(subjects, turn):
            if subject.call is not None:
                _call(subject.call, figures[subject.name], counts.calls // turns)
            _load(browser, subject, figures[subject.name], -(-counts.loads // turns))
            if turn == 0:
                _weigh(browser, subject, figures[subject.name])
    for phone in phones:
        phone.close()
    return figures


def _turned(all_of_them: list[T], turn: int) -> list[T]:
    first = turn % len(all_of_them)
    return all_of_them[first:] + all_of_them[:first]


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
    # a player of its own: a second one would take the place of the one that is measured
    if subject.name == "ours":
        context = browser.new_context()
        figures.weights["player"] = weigh(context, subject.remote_url.split("remote#")[0])
        context.close()


def main() -> None:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--taps", type=int, default=200)
    parser.add_argument("--calls", type=int, default=2000)
    parser.add_argument("--loads", type=int, default=20)
    parser.add_argument("--turns", type=int, default=6, help="in how many turns")
    parser.add_argument("--without-seed", action="store_true", help="leave the demo out")
    parser.add_argument("--json", type=Path, help="write the figures there")
    arguments = parser.parse_args()
    if not arguments.without_seed:
        install()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        browser = launch(stack.enter_context(sync_playwright()))
        stack.callback(browser.close)
        pages = Pages(browser, browser.new_context())
        (folder / "ours").mkdir()
        subjects = [stack.enter_context(ours(pages, folder / "ours"))]
        if not arguments.without_seed:
            subjects.append(stack.enter_context(seed(pages, folder)))
        subjects.append(stack.enter_context(floor(pages)))
        figures = measure(browser, subjects, arguments)
        about = f"Chromium {browser.version}"
    print(f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} cores, "
          f"load {os.getloadavg()[0]:.1f}, {about}\n")  # fmt: skip
    print(table(figures))
    if arguments.json:
        results = {
            name: asdict(one) | {"milliseconds": one.times()} for name, one in figures.items()
        }
        arguments.json.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
