"""The streams of a household: who gets which part, what is converted, and for how long."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO, Final

from zapette_server.supervisor import Supervisor
from zapette_webapp.errors import ConversionsFull, NotReady
from zapette_webapp.media.encoders import Encoder
from zapette_webapp.status.prometheus import Family, family
from zapette_webapp.streams.making.cache import Cache
from zapette_webapp.streams.making.conversion import Conversion
from zapette_webapp.streams.making.renditions import Rendition
from zapette_webapp.streams.planning.command import Recipe
from zapette_webapp.streams.planning.facts import Facts
from zapette_webapp.streams.sources import Source

log = logging.getLogger("zapette.streams")

IDLE: Final = 9.5
"""Seconds after the last request at which a conversion ends."""

WAIT: Final = 8.0
"""The most seconds that a request waits for its part."""

MOST_WAITING: Final = 10
"""The most requests that wait at once: the server's other threads are for other requests."""

MOST_LIGHT: Final = 48
"""The most conversions at once that leave the picture as it is."""

_SWEEP: Final = 0.25
_SUPERSEDED: Final = 4.0
_MOST_RENDITIONS: Final = 512


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of all streams.

    Attributes:
        at_once: the most conversions of pictures at once.
        idle: seconds after the last request at which a conversion ends.
        wait: the most seconds that a request waits.
    """

    at_once: int = 2
    idle: float = IDLE
    wait: float = WAIT


@dataclass(frozen=True, slots=True)
class Served:
    """A part that is given to a player.

    Attributes:
        file: open at its beginning.
        speed: how many times faster than it plays it was made; None if it was made before.
        is_past: whether it is another one, because the file is cut off before the part.
    """

    file: BinaryIO
    speed: float | None
    is_past: bool = False


class Streams:
    """Makes parts of films when they are asked for. Safe for several threads.

    Args:
        ffmpeg: the program.
        cache: keeps the parts.
        limits: of all streams.
        doubt: called with an encoder that failed, and why; it returns at once.
    """

    def __init__(
        self,
        ffmpeg: str | None,
        cache: Cache,
        limits: Limits,
        doubt: Callable[[Encoder, str], None],
    ) -> None:
        self.ffmpeg = ffmpeg
        self._cache = cache
        self._limits = limits
        self._doubt = doubt
        self._changed = threading.Condition()
        self._renditions: dict[tuple[str, str, int], Rendition] = {}
        self._waiting = threading.Semaphore(MOST_WAITING)
        self._stopping = threading.Event()
        self._counts: Counter[str] = Counter()
        #: Keeps the thread running.
        self.supervisor = Supervisor(log)

    def start(self) -> None:
        """Start the thread; remove what an earlier process left."""
        self._cache.clear()
        self.supervisor.thread("streams", self._sweep)

    def stop(self) -> None:
        """End all conversions, and remove all parts."""
        self.supervisor.stop()
        self._stopping.set()
        with self._changed:
            running = self._running()
            for conversion in running:
                conversion.stop()
        for conversion in running:
            conversion.thread.join(2)
        self.supervisor.stop(2)
        self._cache.clear()

    def rendition(self, source: Source, facts: Facts, name: str, recipe: Recipe) -> Rendition:
        """Return a track of a stream, which all who watch it share."""
        with self._changed:
            # a film that grew has other parts at its end, even if it says the same length
            key = (source.key, name, facts.size)
            known = self._renditions.get(key)
            if known is None:
                known = self._renditions[key] = Rendition(
                    name,
                    source,
                    facts,
                    recipe,
                    self.ffmpeg or "ffmpeg",
                    self._cache,
                    self._changed,
                    self._doubt,
                )
                self._trim()
            return known

    def check_room(self, rendition: Rendition, viewer: str) -> None:
        """Refuse early what could not be converted now.

        Raises:
            ConversionsFull: too much is converted already.
        """
        with self._changed:
            if not any(not it.ended for it in rendition.conversions):
                self._removable(rendition, viewer)

    def init(self, rendition: Rendition, viewer: str) -> bytes:
        """Return the initialization segment of a track; wait for it if it is being made.

        Raises:
            NotReady: it is not made yet.
            ConversionsFull: too much is converted already.
            ConversionFailed: it cannot be made.
            NoRoom: the disk is full.
        """
        place = rendition.source.places.get(viewer, 0.0)
        index = rendition.timeline.at(place)
        with self._changed:
            deadline = time.monotonic() + self._limits.wait
            while rendition.init is None:
                running = [it for it in rendition.conversions if not it.ended]
                at = rendition.filled(index)
                conversion = running[0] if running else self._convert(rendition, at, viewer)
                self._wait(conversion, deadline, viewer)
            return rendition.init

    def begin(self, rendition: Rendition, index: int, viewer: str) -> None:
        """Begin to make a part that will be asked for; do not wait for it.

        Raises:
            NotReady: the server is stopping.
            ConversionsFull: too much is converted already.
            ConversionFailed: it cannot be made.
            NoRoom: the disk is full.
        """
        with self._changed:
            rendition.source.places[viewer] = rendition.timeline.starts[index]
            at = rendition.filled(index)
            if not self._cache.has(rendition.file(at)):
                conversion = rendition.reaching(at) or self._convert(rendition, at, viewer)
                conversion.ask(at, viewer)

    def part(self, rendition: Rendition, index: int, viewer: str) -> Served:
        """Return a part of a track; wait for it if it is being made.

        Args:
            rendition: the track.
            index: the number of the part.
            viewer: who asks.

        Raises:
            NotReady: it is not made yet.
            ConversionsFull: too much is converted already.
            ConversionFailed: it cannot be made.
            NoRoom: the disk is full.
        """
        with self._changed:
            rendition.source.places[viewer] = rendition.timeline.starts[index]
            deadline = time.monotonic() + self._limits.wait
            while True:
                at = rendition.filled(index)
                maker = rendition.maker(at) or rendition.reaching(at)
                if maker is not None:
                    maker.ask(at, viewer)
                file = self._cache.open(rendition.file(at))
                if file is not None:
                    speed = maker.speed if maker is not None else None
                    return Served(file, speed, rendition.facts.cut_off and rendition.is_past(index))
                conversion = rendition.reaching(at) or self._convert(rendition, at, viewer)
                conversion.ask(at, viewer)
                self._wait(conversion, deadline, viewer)

    def families(self) -> Iterator[Family]:
        """Return the figures of the streams."""
        with self._changed:
            running, counts = self._running(), Counter(self._counts)
            made = counts["seconds"] + sum(it.seconds for it in self._renditions.values())
        yield family("zapette_conversions", "gauge", "Conversions that run.", len(running))
        yield family(
            "zapette_conversions_started_total", "counter", "Conversions begun.", counts["started"]
        )
        yield family(
            "zapette_conversions_refused_total",
            "counter",
            "Conversions refused because too many ran.",
            counts["refused"],
        )
        yield family(
            "zapette_converted_seconds_total", "counter", "Seconds of film that were made.", made
        )
        yield family(
            "zapette_stream_cache_bytes", "gauge", "Size of the made parts.", self._cache.used
        )

    def _wait(self, conversion: Conversion, deadline: float, viewer: str) -> None:
        """Wait until something changes; the caller holds the condition."""
        asked = conversion.asked
        with self._place():
            asked.waiting[viewer] += 1
            try:
                is_changed = self._changed.wait(max(0.0, deadline - time.monotonic()))
            finally:
                asked.waiting -= Counter([viewer])
        if not is_changed or self._stopping.is_set():
            raise NotReady("this part is being converted")
        if conversion.is_stopped:
            raise NotReady("somebody went to another place")

    @contextmanager
    def _place(self) -> Iterator[None]:
        if not self._waiting.acquire(blocking=False):
            raise NotReady("other parts are being converted")
        try:
            yield
        finally:
            self._waiting.release()

    def _convert(self, rendition: Rendition, index: int, viewer: str) -> Conversion:
        """Start a conversion, if there is room; the caller holds the condition."""
        problem = rendition.problems.get(index)
        if problem is not None and time.monotonic() < problem.until:
            raise problem.error()
        if self._stopping.is_set():
            raise NotReady("the server is stopping")
        self._leave(rendition, viewer)
        removable = self._removable(rendition, viewer)
        if removable is not None:
            removable.stop()
        self._counts["started"] += 1
        return rendition.convert(index)

    def _leave(self, rendition: Rendition, viewer: str) -> None:
        """End the conversions of a picture that only this viewer watched, at another place."""
        if not rendition.is_heavy:
            return
        recent = time.monotonic() - self._limits.idle
        for other in self._renditions.values():
            if other.source is rendition.source and other.is_heavy:
                for it in other.conversions:
                    if it.viewers(recent) <= {viewer}:
                        it.stop()

    def _removable(self, rendition: Rendition, viewer: str) -> Conversion | None:
        """Return the conversion that has to end for another; None if there is room.

        Raises:
            ConversionsFull: all that run are needed.
        """
        running = self._running(heavy=rendition.is_heavy)
        most = self._limits.at_once if rendition.is_heavy else MOST_LIGHT
        if len(running) < most:
            return None
        now = time.monotonic()
        recent = now - self._limits.idle
        own = (it for it in running if rendition.is_heavy and it.viewers(recent) <= {viewer})
        oldest = min(running, key=lambda it: (bool(it.asked.waiting), it.asked.at))
        is_idle = not oldest.asked.waiting and now - oldest.asked.at >= _SUPERSEDED
        removable = next(own, oldest if is_idle else None)
        if removable is None:
            self._counts["refused"] += 1
            raise ConversionsFull(most)
        return removable

    def _running(self, *, heavy: bool | None = None) -> list[Conversion]:
        return [
            conversion
            for it in self._renditions.values()
            if heavy is None or heavy == it.is_heavy
            for conversion in it.conversions
            if not conversion.ended
        ]

    def _sweep(self) -> None:
        while not self._stopping.wait(_SWEEP):
            with self._changed:
                now = time.monotonic()
                for it in self._running():
                    if not it.asked.waiting and now - it.asked.at > self._limits.idle:
                        it.stop()

    def _trim(self) -> None:
        """Forget tracks that nobody watches; their parts in the cache go by age."""
        idle = [key for key, it in self._renditions.items() if not it.conversions]
        for key in idle[: max(0, len(self._renditions) - _MOST_RENDITIONS)]:
            self._counts["seconds"] += round(self._renditions.pop(key).seconds)
