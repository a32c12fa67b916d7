"""A request to stop, which a signal makes at any moment."""

from __future__ import annotations

import signal
import subprocess
import sys

from zapette.client.interruption import Interruption

_SIGNALLED_AT_RANDOM = """
import random, signal
from zapette.client.interruption import Interruption
stop = Interruption()
stop.handle(signal.SIGALRM)
chance = random.Random(1)
for _ in range(10_000):
    signal.setitimer(signal.ITIMER_REAL, chance.uniform(1e-6, 3e-5))
    stop._is_set = False
    stop.wait(1e-5)
print("ended")
"""

_SIGNALLED_ON_ANOTHER_THREAD = """
import signal, threading, time
from zapette.client.interruption import Interruption
stop = Interruption()
stop.handle(signal.SIGTERM)
def send():
    time.sleep(0.2)
    signal.pthread_kill(threading.get_ident(), signal.SIGTERM)
threading.Thread(target=send).start()
print(stop.wait())
"""


def test_a_signal_may_come_at_any_moment() -> None:
    """Also while it is looked at: a lock that a handler waits for would be held for ever."""
    assert _run(_SIGNALLED_AT_RANDOM) == "ended\n"


def test_a_signal_may_come_to_another_thread() -> None:
    """As the system decides: the thread that waits notices it all the same."""
    assert _run(_SIGNALLED_ON_ANOTHER_THREAD) == "True\n"


def _run(program: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    ).stdout


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
        stop.close()
    assert signal.getsignal(signal.SIGUSR1) == before
