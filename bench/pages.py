"""How long users of the pages wait: ours, the demo it descends from, and the least possible.

``python -m bench.pages`` measures our system, the seed (the demo) and the floor (two bare pages
with a bare WebSocket relay): the time from a tap on the phone to the event of the ``<video>`` and
to the phone's changed button; the time of a call from a Python client to the page and back; the
time from navigation to the first live state of a remote; and what the pages load.
"""

from __future__ import annotations

import argparse
import tempfile
from contextlib import ExitStack
from pathlib import Path

from playwright.sync_api import Browser

from bench.page_load.loads import Weight, live, weigh
from bench.page_load.subjects import Subject, floor, install_seed, ours, seed
from bench.page_load.taps import Tapping
from bench.results import Times, command, heading, markdown, percentile, rotated, write_json
from tests.browser.driving.chromium import PHONE, launched
from tests.browser.driving.pages import Pages
from tests.browser.driving.remote_page import RemotePage


def table(figures: dict[str, Times]) -> str:
    """Return the times of all subjects, and how many times the others' time ours takes."""
    others = [it for it in figures if it != "ours"]
    rows = []
    for what in figures["ours"]:
        for title, percent in (("p50", 50), ("p99", 99)):
            own, *theirs = (
                percentile(times[what], percent) if what in times else None
                for times in (figures["ours"], *(figures[it] for it in others))
            )
            assert own is not None
            ratios = (own / it if it else None for it in theirs)
            cells = ("-" if it is None else f"{it:.2f}" for it in (own, *theirs, *ratios))
            rows.append((f"{what}, {title}", *cells))
    head = ("milliseconds", "ours", *others, *(f"/ {name}" for name in others))
    return markdown(head, rows)


def measure(
    browser: Browser, subjects: list[Subject], counts: argparse.Namespace
) -> tuple[dict[str, Times], dict[str, Weight]]:
    """Measure all subjects in turns, so that they meet the same noise; return times and weights.

    Each begins as often as the others: what a turn before has left to do delays it.
    """
    turns = counts.turns
    figures = {it.name: Times(1000) for it in subjects}
    weights: dict[str, Weight] = {}
    # each phone in a window of its own: a tab behind another one draws once a second only
    phones = [browser.new_context(**PHONE) for _ in subjects]
    tappings = []
    for subject, phone in zip(subjects, phones, strict=True):
        remote = RemotePage(phone.new_page()).open(subject.remote_url)
        tappings.append(Tapping(subject.player, remote, figures[subject.name]))
    for phone in phones:
        phone.pages[0].wait_for_load_state("networkidle")
    for turn in range(turns):
        for tapping in rotated(tappings, turn):
            # an even number, so that the button shows Play again
            tapping.tap(2 * round(counts.taps / turns / 2))
        for subject in rotated(subjects, turn):
            _call_and_load(browser, subject, figures[subject.name], counts)
            if turn == 0:
                weights |= _weights(browser, subject)
    for phone in phones:
        phone.close()
    return figures, weights


def _call_and_load(
    browser: Browser, subject: Subject, times: Times, counts: argparse.Namespace
) -> None:
    if subject.call is not None:
        for _ in range(counts.calls // counts.turns):
            with times.of("call"):
                subject.call()
    for _ in range(-(-counts.loads // counts.turns)):
        context = browser.new_context(**PHONE)
        for which in ("empty cache", "opened again"):
            times[f"remote live, {which}"].append(live(context, subject.remote_url))
        context.close()


def _weights(browser: Browser, subject: Subject) -> dict[str, Weight]:
    context = browser.new_context(**PHONE)
    names = ("remote", "remote, opened again")
    found = {f"{subject.name}: {it}": weigh(context, subject.remote_url) for it in names}
    context.close()
    # in a context of its own: a second player would replace the one that is measured
    if subject.name == "ours":
        context = browser.new_context()
        found["ours: player"] = weigh(context, subject.remote_url.split("remote#")[0])
        context.close()
    return found


def main() -> None:
    """Run the benchmark from the command line."""
    counts = {"taps": 200, "calls": 2000, "loads": 20, "turns": 6}
    options = command("pages", __doc__, **counts, without_seed=False).parse_args()
    if not options.without_seed:
        install_seed()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        browser = stack.enter_context(launched())
        pages = Pages(browser, browser.new_context())
        stack.callback(pages.close)
        kinds = (ours, floor) if options.without_seed else (ours, seed, floor)
        subjects = [stack.enter_context(it(pages, folder)) for it in kinds]
        figures, weights = measure(browser, subjects, options)
        print(heading(f"Chromium {browser.version}"))
    print(f"\n{table(figures)}\n")
    rows = [
        (name, str(it.requests), f"{it.wire / 1024:.1f}", f"{it.unpacked / 1024:.1f}")
        for name, it in weights.items()
    ]
    print(markdown(("page weight", "requests", "KiB received", "KiB unpacked"), rows))
    kept = {name: it._asdict() for name, it in weights.items()}
    write_json(options.json, milliseconds=figures, weights=kept)


if __name__ == "__main__":
    main()
