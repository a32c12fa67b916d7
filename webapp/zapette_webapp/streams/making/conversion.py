"""One run of ffmpeg for a rendition: makes its parts in order, a bounded number ahead."""

from __future__ import annotations

import errno
import logging
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from zapette_webapp.errors import ToolError
from zapette_webapp.media import spare_room
from zapette_webapp.streams.making.assembly import Assembler, Part
from zapette_webapp.streams.making.mp4 import NotMp4, Splitter
from zapette_webapp.streams.making.process import Process
from zapette_webapp.streams.viewers import Viewers

log = logging.getLogger("zapette.streams")

AHEAD: Final = 6
"""The parts that are made before somebody asks for them."""


# What ffmpeg writes, after a name, about a disk or share that gives out no more of the film.
_LOST: Final = tuple(
    f": {os.strerror(it)}"
    for it in (
        *(errno.EIO, errno.ENODEV, errno.ENXIO, errno.ENOTCONN),
        *(errno.ESTALE, errno.ETIMEDOUT, errno.EHOSTDOWN, errno.EHOSTUNREACH),
    )
)


class Receiver(Protocol):
    """Takes what a conversion makes; its methods are called on the conversion's thread."""

    @property
    def has_fallback(self) -> bool:
        """Whether it is made in another way if this one fails, from the last complete part on."""

    def take_init(self, content: bytes) -> None:
        """Take the initialization segment."""

    def take_part(self, conversion: Conversion, part: Part) -> None:
        """Take a part."""

    def ended(self, conversion: Conversion, problem: str | None, *, no_room: bool) -> None:
        """Take note of the end: `problem` is None if the film ended, `no_room` of a full disk."""


@dataclass(slots=True)
class Asked:
    """What was asked of a conversion.

    Attributes:
        index: the furthest part.
        at: when, on the monotonic clock.
        by: who asked, and when.
        waiting: how many requests of whom wait for a part now.
    """

    index: int
    at: float = field(default_factory=time.monotonic)
    by: Viewers = field(default_factory=Viewers)
    waiting: Counter[str] = field(default_factory=Counter)


class Conversion:
    """Runs ffmpeg on a thread of its own.

    All its state is guarded by the condition that its owner gives, and changes are notified there.

    Args:
        command: returns ffmpeg with its arguments; called on the thread.
        assembler: makes the parts of its output.
        receiver: takes the parts.
        changed: the owner's condition.

    Attributes:
        next: the part that it makes now.
        asked: what was asked of it.
        ended: whether it has ended.
    """

    def __init__(
        self,
        command: Callable[[], Sequence[str]],
        assembler: Assembler,
        receiver: Receiver,
        changed: threading.Condition,
    ) -> None:
        self._command = command
        self._assembler = assembler
        self._splitter = Splitter()
        self._receiver = receiver
        self._changed = changed
        self._process: Process | None = None
        self._stopping = False
        self._worked = self._began = 0.0
        self.first = self.next = assembler.first
        self.ended = False
        self.asked = Asked(self.first)
        self.thread = threading.Thread(target=self._run, name="conversion", daemon=True)

    @property
    def is_stopped(self) -> bool:
        """Whether somebody ended it, before its own end."""
        return self._stopping

    @property
    def seconds(self) -> float:
        """The seconds of film that it has made."""
        if self.next <= self.first:
            return 0.0
        timeline = self._assembler.timeline
        return timeline.end(self.next - 1) - timeline.starts[self.first]

    @property
    def speed(self) -> float | None:
        """How many times faster than it plays the film is made; None if nothing is made yet."""
        return self.seconds / self._worked if self.seconds > 0 and self._worked > 0 else None

    @property
    def pid(self) -> int | None:
        """The process id of ffmpeg, once it runs."""
        return self._process.pid if self._process is not None else None

    def viewers(self, since: float) -> set[str]:
        """Return who asked since a time on the monotonic clock, or waits."""
        return {it for it, at in self.asked.by.items() if at >= since} | set(self.asked.waiting)

    def start(self) -> None:
        """Start the thread."""
        self.thread.start()

    def ask(self, index: int, viewer: str) -> None:
        """Take note that somebody wants a part; the caller holds the condition."""
        self.asked.at = self.asked.by[viewer] = time.monotonic()
        # those who wait ask again when they wake: two of them would wake each other without end
        if index > self.asked.index:
            self.asked.index = index
            self._changed.notify_all()

    def stop(self) -> None:
        """End it; the caller holds the condition."""
        self._stopping = self.ended = True
        if self._process is not None:
            self._process.kill()
        self._changed.notify_all()

    def _run(self) -> None:
        problem: str | None = "it could not be started"
        no_room = False
        try:
            problem = self._convert()
        except ToolError as error:
            problem = str(error) or "ffmpeg cannot be started, or makes no progress"
        except OSError as error:
            problem = f"a part cannot be stored: {error.strerror}"
            no_room = spare_room.is_full(error)
        except NotMp4 as error:
            problem = f"the output of ffmpeg cannot be read: {error}"
        finally:
            with self._changed:
                stopped = self._stopping
                self.ended = True
                self._receiver.ended(self, None if stopped else problem, no_room=no_room)
                self._changed.notify_all()

    def _convert(self) -> str | None:
        process = Process(self._command())
        is_complete = False
        try:
            with self._changed:
                self._process = process
                # `stop` may have found none yet
                if self._stopping:
                    process.kill()
            self._began = time.monotonic()
            for received in process.output():
                if self._stopping or _is_lost(process):
                    break
                self._take(received)
            else:
                is_complete = True
        finally:
            if not is_complete:
                process.kill()
            code = process.wait()
        lost = _is_lost(process)
        if code == 0 and not lost:
            for part in self._assembler.end(self._splitter.timescale):
                self._give(part)
                # there may be hours of silence to come
                if self._assembler.is_converted:
                    self._wait_for_demand()
                if self._stopping:
                    break
            return None
        # a damaged film has a part before the damage; what was killed has made a piece of one
        if code > 0 and not lost and not self._receiver.has_fallback:
            for part in self._assembler.finish():
                self._give(part)
        return process.words or f"ffmpeg ended with {code}"

    def _take(self, received: bytes) -> None:
        """Take output, as its parts are asked for: there may be hours of silence before it."""
        had = self._splitter.init
        for fragment in self._splitter.feed(received):
            self._give_init(had)
            had = self._splitter.init
            for part in self._assembler.feed(fragment, self._splitter.timescale):
                self._give(part)
                self._wait_for_demand()
                if self._stopping:
                    return
        self._give_init(had)

    def _give_init(self, had: bytes | None) -> None:
        if had is None and self._splitter.init is not None:
            self._receiver.take_init(self._splitter.init)

    def _give(self, part: Part) -> None:
        now = time.monotonic()
        self._worked, self._began = self._worked + now - self._began, now
        if not self._stopping:
            self._receiver.take_part(self, part)

    def _wait_for_demand(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._stopping or self.next <= self.asked.index + AHEAD)
        self._began = time.monotonic()


def _is_lost(process: Process) -> bool:
    """Return whether the disk gives out no more of the film: ffmpeg goes on as at the film's end.

    It writes a still picture and silence to the end that the film says, or ends without an error.
    """
    return any(it in process.words for it in _LOST)
