"""A request to stop, which a signal makes at any moment."""

from __future__ import annotations

import signal
import subprocess
import sys

from zapette_cli.processes.interruption import Interruption

_SIGNALLED_AT_RANDOM = """
import random, signal
from zapette_cli.processes.interruption import Interruption
stop = Interruption()
stop.handle(signal.SIGALRM)
chance = random.Random(1)
for _ in range(10_000):
    signal.setitimer(signal.ITIMER_REAL, chance.uniform(1e-6, 3e-5))
    stop._is_set = False
    stop.wait(1e-5)
print("ended")
"""


def test_a_signal_may_come_at_any_moment() -> None:
    """Also while it is looked at: a lock that a handler waits for would be held for ever."""
    done = subprocess.run(
        [sys.executable, "-c", _SIGNALLED_AT_RANDOM],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout == "ended\n"


def test_it_is_waited_for() -> None:
    before = signal.getsignal(signal.SIGUSR1)
    stop = Interruption()
    try:
        stop.handle(signal.SIGUSR1)
        assert not stop.wait(0.01)
        assert not stop.is_set()
        signal.raise_signal(signal.SIGUSR1)
        assert stop.wait()
        assert stop.is_set()
        for _ in range(1000):
            stop.set()
        assert stop.wait()
    finally:
        signal.signal(signal.SIGUSR1, before)
        stop.close()
