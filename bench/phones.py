"""Many phones in busy hands at one player: ``python -m bench.phones --phones 10 --minutes 30``.

A real system, a real player's page and real remotes in Chromium, each behind a network of its own.
Each phone presses what there is, seeks, edits the queue, is loaded again, sleeps, and loses its
network in three ways; now and then the player does, too. From time to time, and in the end, all
is left alone, and each phone must show what the `<video>` does. From the end of the warm-up to
the end the player's page, the broker and the web side may not grow. Ends with 1 if not.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import sync_playwright

from bench.phone_load.agreement import differences
from bench.phone_load.footprint import Footprint, measure
from bench.phone_load.phone import Phone
from tests.browser.chromium import PHONE, launch
from tests.browser.pages import Pages
from tests.browser.player_page import PlayerPage
from tests.browser.shelf import make_shelf
from tests.browser.watch import BROKEN_CONNECTION
from tests.browser.wire import Wire
from tests.system import System
from tests.waiting import eventually
from zapette.client import Client
from zapette.topics import Topics

WARM_UP: Final = 0.3
"""The part of the time in which the player is loaded again now and then, and nothing measured."""
QUIETS: Final = (3, 10)
"""How often all is left alone, the end included: once a minute, within these bounds."""
JUDGED: Final = 300.0
"""Seconds from which on growth is a fault: what is first used later counts as growth, too."""
PATIENCE: Final = 90.0
"""Seconds until all phones must agree, once all is left alone."""
_PACE: Final = (0.02, 0.3)
_LONGEST_CUT: Final = 12.0
_PLAYER_HOST: Final = "127.0.0.200"
_SOURCES: Final = ("media/Alpha (2019).webm", "media/Beta.webm", "media/Series/Gamma.webm")


@dataclass(frozen=True)
class Outcome:
    """What was found.

    Attributes:
        phones: how many there were.
        seconds: how long they were busy.
        seed: decided what they did.
        done: how often each thing was done.
        before: the footprint after the warm-up.
        after: the one in the end.
        settled: how long it took each time until all agreed, in seconds.
        faults: what was not as it must be.
    """

    phones: int
    seconds: float
    seed: int
    done: dict[str, int]
    before: Footprint
    after: Footprint
    settled: list[float]
    faults: list[str]


class Room:
    """A player and the phones around it.

    Args:
        system: with the shelf's films.
        player: clicked on, behind `wire`.
        phones: all live.
        client: an account of the household, to ask the player for what no `<video>` knows.
    """

    def __init__(
        self, system: System, player: PlayerPage, wire: Wire, phones: list[Phone], client: Client
    ) -> None:
        self.faults: list[str] = []
        self.settled: list[float] = []
        self.done: Counter[str] = Counter()
        self._system = system
        self._player = player
        self._wire = wire
        self._phones = phones
        self._client = client
        self._callee = Topics().player(player.id)
        self._devtools = player.page.context.new_cdp_session(player.page)

    def be_busy(self, seconds: float, chance: random.Random, reloads: bool) -> None:
        """Let all phones do things for a time; the player loses its network, or is reloaded."""
        before, away, after = (chance.uniform(0.1, 0.33) * seconds for _ in range(3))
        self._press(before, chance)
        self._wire.cut()
        self.done["player cut"] += 1
        self._press(min(away, _LONGEST_CUT), chance)
        self._wire.mend()
        self._press(after, chance)
        if reloads:
            self._player.page.reload(wait_until="commit")
            self.done["player reload"] += 1
        self._press(seconds - before - min(away, _LONGEST_CUT) - after, chance)

    def _press(self, seconds: float, chance: random.Random) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self._player.see("0")  # what it has to tell is only handed over then
            chance.choice(self._phones).act()
            time.sleep(chance.uniform(*_PACE))

    def settle(self) -> None:
        """Leave all alone, and note where a phone does not come to show what the player does."""
        self._wire.mend()
        for phone in self._phones:
            phone.come_back()
        began = time.monotonic()
        try:
            eventually(self._is_back, "the player is back", PATIENCE, every=0.2)
            for phone in self._phones:
                phone.page.wait_until_live(PATIENCE)
                phone.page.tap("Queue")
            eventually(lambda: not self._differences(), "all agree", PATIENCE, every=0.5)
            for phone in self._phones:
                phone.page.tap("Remote")
        except AssertionError as error:
            self.faults += [str(error), *self._differences()]
        self.settled.append(time.monotonic() - began)

    def footprint(self) -> Footprint:
        """Return what is held while the player has the same to do as at any other time."""
        self.ask("queue/clear")
        for source in _SOURCES:
            self.ask("queue/add", source=source)
        self.ask("jump", index=0)
        self.ask("pause")
        self.settle()
        return self.now()

    def now(self) -> Footprint:
        """Return what is held now."""
        return measure(self._devtools, self._system)

    def ask(self, procedure: str, **parameters: Any) -> Any:
        """Call the player."""
        return self._client.call(self._callee, procedure, timeout=30, **parameters)

    def _is_back(self) -> bool:
        if self._player.data("gestureRequired") == "true" and self._player.shows("Start"):
            self._player.click("Start")
        return self._player.connection == "live"

    def _differences(self) -> list[str]:
        state = self.ask("status")
        return differences(self._player, dict(state), self._phones)


def run(number: int, seconds: float, seed: int) -> Outcome:
    """Let `number` phones be busy for some seconds."""
    chance = random.Random(seed)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="phones-")))
        settings = {
            "ZAPETTE_MEDIA_DIR": str(make_shelf(folder / "media")),
            "ZAPETTE_BIND": "127.0.0.1",
        }
        system = System(folder, settings)
        stack.callback(system.stop)
        system.start()
        browser = launch(stack.enter_context(sync_playwright()))
        stack.callback(browser.close)
        pages = Pages(browser, browser.new_context())
        stack.callback(pages.close)
        pages.watch.expect(BROKEN_CONNECTION)
        # Chromium's own word when a player that was loaded again is unmuted before any click
        pages.watch.expect("Unmuting failed and the element was paused")
        ports = (system.http_port, system.ws_port)
        wire = stack.enter_context(Wire(*ports, host=_PLAYER_HOST))
        player = pages.started(system, url=f"http://{_PLAYER_HOST}:{system.http_port}/")
        phones = []
        for one in range(number):
            own = stack.enter_context(Wire(*ports, host=f"127.0.0.{10 + one}"))
            link = f"http://{own.host}:{system.http_port}/remote#{player.link.split('#')[1]}"
            page = pages.phone(system, link, context=pages.context(**PHONE, locale="en"))
            phones.append(Phone(one, page.wait_until_live(), own, seed))
        client = Client(system.household())
        stack.callback(client.stop)
        client.start()
        client.wait(10)
        room = Room(system, player, wire, phones, client)
        before = room.footprint()
        quiets = max(QUIETS[0], min(QUIETS[1], round(seconds / 60)))
        for turn in range(quiets):
            warming = turn < WARM_UP * quiets
            room.be_busy(seconds / quiets, chance, reloads=warming)
            room.settle()
            if warming:
                before = room.footprint()
            sys.stderr.write(f"{turn + 1}/{quiets}: {room.settled[-1]:.1f} s, {room.now()}\n")
        after = room.footprint()
        faults = [*room.faults, *(before.growth(after) if seconds >= JUDGED else [])]
        try:
            pages.watch.verify()
        except AssertionError as error:
            faults.append(str(error))
        if "Traceback" in system.log:
            faults.append(f"the system had an error:\n{system.log[-4000:]}")
        done = sum((it.done for it in phones), room.done)
    return Outcome(number, seconds, seed, dict(done), before, after, room.settled, faults)


def report(outcome: Outcome) -> str:
    """Return what was done and found, as lines."""
    before, after = asdict(outcome.before), asdict(outcome.after)
    lines = [
        f"{outcome.phones} phones, {outcome.seconds:.0f} s, seed {outcome.seed}",
        ", ".join(f"{name}: {count}" for name, count in sorted(outcome.done.items())),
        f"all agreed within {max(outcome.settled):.1f} s, {len(outcome.settled)} times",
        "",
        "| | after the warm-up | in the end |",
        "|---|---|---|",
    ]
    for name, one in before.items():
        unit, size = (" KiB", 1024) if name in {"heap", "broker", "web"} else ("", 1)
        lines.append(f"| {name} | {one // size}{unit} | {after[name] // size}{unit} |")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it; return 0, or 1 if something was not as it must be."""
    parser = argparse.ArgumentParser(prog="python -m bench.phones", description=__doc__)
    parser.add_argument("--phones", type=int, default=10, help="how many (10)")
    parser.add_argument("--minutes", type=float, default=30, help="how long (30)")
    parser.add_argument("--seed", type=int, help="decides what they do; printed")
    parser.add_argument("--json", type=Path, help="where to keep the figures")
    options = parser.parse_args(arguments)
    seed = random.randrange(10**6) if options.seed is None else options.seed
    sys.stderr.write(f"seed {seed}\n")
    outcome = run(options.phones, options.minutes * 60, seed)
    print(report(outcome))
    if options.json is not None:
        options.json.write_text(json.dumps(asdict(outcome), indent=1) + "\n")
    for fault in outcome.faults:
        sys.stderr.write(f"phones: {fault}\n")
    return 1 if outcome.faults else 0


if __name__ == "__main__":
    sys.exit(main())
