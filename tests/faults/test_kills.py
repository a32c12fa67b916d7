"""Each process of a system is killed at random while it is used: what was acknowledged stays."""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import psutil
import pytest

from tests.faults.home import home
from tests.programs.system import System
from tests.waiting import HANG_TIMEOUT, eventually

SECONDS = float(os.environ.get("ZAPETTE_TEST_KILLS", "8"))
"""For how long processes are killed; `ZAPETTE_TEST_KILLS=300` is five minutes."""

_TOPIC = "homeassistant/kills"


@dataclass
class Load:
    """Somebody who publishes and makes players all the time, and notes what was acknowledged."""

    system: System
    stored: dict[int, int] = field(default_factory=dict)
    links: dict[str, tuple[dict[str, str], str]] = field(default_factory=dict)

    def publish(self, stop: threading.Event) -> None:
        number = 0
        while not stop.is_set():
            try:
                with home(self.system) as client:
                    while not stop.is_set():
                        number += 1
                        topic, payload = f"{_TOPIC}/{number % 50}", str(number).encode()
                        answer = client.publish(topic, payload, qos=1, retain=True)
                        if answer is not None and answer.code < 0x80:
                            self.stored[number % 50] = number
            except (AssertionError, OSError):
                stop.wait(0.05)

    def make_players(self, stop: threading.Event) -> None:
        # below the rate of one address, which has to be asked again at the end
        while not stop.wait(0.2):
            try:
                made = self.system.get("api/id").json
                answer = self.system.post("api/credentials", made)
            except OSError:
                continue
            if answer.status == 200:
                self.links[made["id"]] = (made, answer.json["links"]["remote"]["url"])


@pytest.mark.long
def test_what_was_acknowledged_survives(new_system: Callable[..., System]) -> None:
    system = new_system()
    load, stop = Load(system), threading.Event()
    threads = [
        threading.Thread(target=work, args=(stop,)) for work in (load.publish, load.make_players)
    ]
    for thread in threads:
        thread.start()
    chance = random.Random(7)
    kills = {"broker": 0, "web": 0}
    until = time.monotonic() + SECONDS
    try:
        # on a slow machine nothing may have been acknowledged by then
        while time.monotonic() < until or not (all(kills.values()) and load.stored and load.links):
            part = chance.choice(list(kills))
            try:
                system.kill(part)
                kills[part] += 1
            except AssertionError:
                # it is down, and waits to be started again
                pass
            stop.wait(chance.uniform(0.2, 2.0))
            if chance.random() < 0.3:
                # long enough apart that the waits between starts do not grow without end
                eventually(system.is_up, "all is up between kills", timeout=60)
    finally:
        stop.set()
        for thread in threads:
            thread.join(30)
    eventually(system.is_up, "all is up after the kills", timeout=60)
    assert load.stored
    assert load.links
    with home(system) as client:
        client.subscribe(f"{_TOPIC}/#")
        found: dict[int, int] = {}
        # others may be kept too: those whose acknowledgement the broker's end has cut off
        while not found.keys() >= load.stored.keys():
            message = client.message()
            found[int(message.topic.rpartition("/")[2])] = int(message.payload)
    assert all(found[topic] >= number for topic, number in load.stored.items())
    for made, link in list(load.links.values())[-20:]:
        assert system.post("api/credentials", made).json["links"]["remote"]["url"] == link
    assert "Traceback" not in system.log


def test_a_manager_that_was_killed_is_followed_by_another(
    new_system: Callable[..., System],
) -> None:
    system = new_system()
    assert system.process is not None
    made = system.get("api/id").json
    link = system.post("api/credentials", made).json["links"]
    before = psutil.Process(system.process.pid).children()
    system.process.kill()
    system.process.wait(HANG_TIMEOUT)
    # at once, while the parts of the one before are still ending
    system.start_without_waiting()
    # which may still answer
    _, left = psutil.wait_procs(before, timeout=30)
    assert left == []
    eventually(system.is_up, "another one is up")
    assert system.post("api/credentials", made).json["links"] == link
