"""Many phones remote-control one player: ``python -m bench.phones --phones 10 --minutes 30``.

A real system, a real player's page and real remotes in Chromium, each behind a network of its own.
Each phone presses all controls, seeks, edits the queue, reloads, sleeps, and loses its network in
three ways; now and then the player does, too. From time to time, and in the end, all rest, and each
phone must show what the `<video>` does. After a warm-up the player's page, the broker and the web
side may not grow. Exits with 1 otherwise.
"""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import asdict
from typing import Any, Final

from bench.chromium import opened
from bench.phone_load.checks import Footprint, differences, footprint
from bench.phone_load.phone import Phone
from bench.results import command, markdown, progress, workspace, write_json
from tests.browser.driving.chromium import PHONE
from tests.browser.driving.controlled_player import ControlledPlayer
from tests.browser.driving.observer import Observer
from tests.browser.driving.page_monitor import BROKEN_CONNECTION
from tests.browser.driving.wire import Wire
from tests.browser.samples.media_folder import make_shelf
from tests.programs.system import System
from tests.waiting import eventually

WARM_UP: Final = 0.3
"""The part of the time in which the player reloads now and then, and nothing is measured."""
RESTS: Final = (3, 10)
"""How often all rest, the end included: once a minute, within these bounds."""
JUDGED: Final = 300.0
"""Seconds from which growth is a fault: in less, what is first used late counts as growth."""
TIMEOUT: Final = 90.0
"""Seconds after which all phones must agree, once all rest."""
_PACE: Final = (0.02, 0.3)
_LONGEST_CUT: Final = 12.0
_PLAYER_HOST: Final = "127.0.0.200"
_SOURCES: Final = ("media/Alpha (2019).webm", "media/Beta.webm", "media/Series/Gamma.webm")


class Household:
    """A controlled player behind `wire`, and its live phones.

    `faults` has what was wrong, `settled` the seconds until all agreed each time, and `done` counts
    what the player did.
    """

    def __init__(
        self, system: System, controlled: ControlledPlayer, wire: Wire, phones: list[Phone]
    ) -> None:
        self.faults: list[str] = []
        self.settled: list[float] = []
        self.done: Counter[str] = Counter()
        self._system = system
        self._controlled = controlled
        self._player = controlled.player
        self._wire = wire
        self._phones = phones
        self._devtools = self._player.page.context.new_cdp_session(self._player.page)

    def act(self, seconds: float, chance: random.Random, reloads: bool) -> None:
        """Let all phones act for some seconds; the player loses its network, and may reload."""
        before, away, after = (chance.uniform(0.1, 0.33) * seconds for _ in range(3))
        self._act_for(before, chance)
        self._wire.cut()
        self.done["player cut"] += 1
        self._act_for(min(away, _LONGEST_CUT), chance)
        self._wire.mend()
        self._act_for(after, chance)
        if reloads:
            self._player.page.reload(wait_until="commit")
            self.done["player reload"] += 1
        self._act_for(seconds - before - min(away, _LONGEST_CUT) - after, chance)

    def _act_for(self, seconds: float, chance: random.Random) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self._player.see("0")  # its events are only delivered then
            chance.choice(self._phones).act()
            time.sleep(chance.uniform(*_PACE))

    def settle(self) -> None:
        """Let all rest, and note where a phone does not show what the player does."""
        self._controlled.observer.said.clear()
        self._wire.mend()
        for phone in self._phones:
            phone.come_back()
        began = time.monotonic()
        try:
            eventually(self._is_back, "the player is back", TIMEOUT, every=0.2)
            for phone in self._phones:
                phone.page.wait_until_live(TIMEOUT)
                phone.page.tap("Queue")
            eventually(lambda: not self._differences(), "all agree", TIMEOUT, every=0.5)
            for phone in self._phones:
                phone.page.tap("Remote")
        except AssertionError as error:
            self.faults += [str(error), *self._differences()]
        self.settled.append(time.monotonic() - began)

    def footprint(self) -> Footprint:
        """Return the footprint with the same queue as at any other time."""
        ask = self._controlled.ask
        ask("queue/clear")
        for source in _SOURCES:
            ask("queue/add", source)
        ask("jump", 0)
        ask("pause")
        self.settle()
        return self.now()

    def now(self) -> Footprint:
        return footprint(self._devtools, self._system)

    def _is_back(self) -> bool:
        if self._player.data("gestureRequired") == "true" and self._player.shows("Start"):
            self._player.click("Start")
        return self._player.connection == "live"

    def _differences(self) -> list[str]:
        return differences(self._player, self._controlled.ask("status"), self._phones)


def run(number: int, seconds: float, seed: int) -> dict[str, Any]:
    """Let `number` phones act for some seconds; return what was done, wrong, and in memory."""
    chance = random.Random(seed)
    with ExitStack() as stack:
        folder = stack.enter_context(workspace())
        make_shelf(folder / "media")
        system, _, pages = stack.enter_context(opened(folder, ZAPETTE_BIND="127.0.0.1"))
        pages.watch.expect(BROKEN_CONNECTION)
        # Chromium's message when a player that reloaded is unmuted before any click
        pages.watch.expect("Unmuting failed and the element was paused")
        wire = stack.enter_context(Wire(system.http_port, host=_PLAYER_HOST))
        player = pages.started(system, url=f"http://{_PLAYER_HOST}:{system.http_port}/")
        phones = []
        for one in range(number):
            own = stack.enter_context(Wire(system.http_port, host=f"127.0.0.{10 + one}"))
            link = f"http://{own.host}:{system.http_port}/remote#{player.link.split('#')[1]}"
            page = pages.phone(system, link, context=pages.context(**PHONE, locale="en"))
            phones.append(Phone(one, page.wait_until_live(), own, seed))
        observer = stack.enter_context(Observer(system.household(), player.root))
        household = Household(system, ControlledPlayer(player, observer), wire, phones)
        before = household.footprint()
        rests = max(RESTS[0], min(RESTS[1], round(seconds / 60)))
        for turn in range(rests):
            warming = turn < WARM_UP * rests
            household.act(seconds / rests, chance, reloads=warming)
            household.settle()
            if warming:
                before = household.footprint()
            progress(f"{turn + 1}/{rests}: {household.settled[-1]:.1f} s, {household.now()}")
        after = household.footprint()
        faults = [*household.faults, *(before.growth(after) if seconds >= JUDGED else [])]
        try:
            pages.watch.verify()
        except AssertionError as error:
            faults.append(str(error))
        if "Traceback" in system.log:
            faults.append(f"the system had an error:\n{system.log[-4000:]}")
    return {
        "done": sum((it.done for it in phones), household.done),
        "before": asdict(before),
        "after": asdict(after),
        "settled": household.settled,
        "faults": faults,
    }


def report(outcome: dict[str, Any]) -> str:
    """Return the result as lines; memory is in KiB."""
    in_kib = {"heap", "broker", "web"}
    sides = (outcome["before"], outcome["after"])
    rows = [
        (name, *(f"{it[name] // (1024 if name in in_kib else 1):,}" for it in sides))
        for name in sides[0]
    ]
    done = ", ".join(f"{name}: {count}" for name, count in sorted(outcome["done"].items()))
    settled = outcome["settled"]
    return (
        f"{done}\nall agreed within {max(settled):.1f} s, {len(settled)} times\n\n"
        f"{markdown(('', 'after the warm-up', 'in the end'), rows)}"
    )


def main() -> None:
    """Run it; exit with 1 if there are faults."""
    parser = command("phones", __doc__, phones=10, minutes=30.0)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="what they do")
    options = parser.parse_args()
    progress(f"seed {options.seed}")
    outcome = run(options.phones, options.minutes * 60, options.seed)
    print(f"{options.phones} phones, {60 * options.minutes:.0f} s, seed {options.seed}")
    print(report(outcome))
    write_json(options.json, seed=options.seed, **outcome)
    sys.exit("\n".join(outcome["faults"]) or None)


if __name__ == "__main__":
    main()
