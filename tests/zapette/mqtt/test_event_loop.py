"""The event loop on a thread of its own, and work for it from others."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from zapette.mqtt import event_loop
from zapette.mqtt.event_loop import LoopThread


def test_work_posted_during_a_restart_does_not_stop_the_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A handler of the time before may end at any moment of the next start."""
    loop = LoopThread("restarted")
    loop.start()
    loop.stop()
    make = event_loop._new_loop

    def interrupted() -> Any:
        loop.post(lambda: None)
        return make()

    monkeypatch.setattr(event_loop, "_new_loop", interrupted)
    loop.start()
    try:
        done = threading.Event()
        loop.post(done.set)
        assert done.wait(30)
    finally:
        loop.stop()
