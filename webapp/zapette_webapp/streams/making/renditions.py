"""A track of a stream that is made while somebody watches it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

from zapette_webapp.errors import ConversionFailed, NoRoom, WebappError
from zapette_webapp.media.encoders import SOFTWARE, Encoder
from zapette_webapp.streams.making.assembly import Assembler, Part
from zapette_webapp.streams.making.cache import Cache, Name
from zapette_webapp.streams.making.conversion import Conversion
from zapette_webapp.streams.planning import command
from zapette_webapp.streams.planning.command import (
    ConvertedPicture,
    ConvertedSound,
    CopiedPicture,
    Recipe,
)
from zapette_webapp.streams.planning.facts import Facts
from zapette_webapp.streams.planning.timeline import Timeline
from zapette_webapp.streams.sources import Source

log = logging.getLogger("zapette.streams")

_NEAR_CONVERTED: Final = 4
_NEAR_COPIED: Final = 12
_TRIED_AGAIN: Final = 30.0
_DISK_TRIED_AGAIN: Final = 5.0


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a conversion made nothing, and until when none is tried, on the monotonic clock.

    Each request raises an error of its own: one that several raise keeps what they hold.
    """

    error: Callable[[], WebappError]
    until: float


@dataclass(slots=True)
class Rendition:
    """One track, made by one recipe.

    All its state is guarded by `changed`.

    Attributes:
        name: its name in its medium and plan: ``video-h264.720``.
        source: the medium.
        facts: what is in it.
        recipe: how it is made.
        ffmpeg: the program.
        cache: keeps its parts.
        changed: notified when a part is made.
        doubt: called with an encoder that failed, and why; it returns at once.
        conversions: those that run.
        end: the first part after the film's real end; None while that is not known.
        problems: why a conversion that began with a part made nothing.
        seconds: of film that were made.
    """

    name: str
    source: Source
    facts: Facts
    recipe: Recipe
    ffmpeg: str
    cache: Cache
    changed: threading.Condition
    doubt: Callable[[Encoder, str], None]
    conversions: list[Conversion] = field(default_factory=list)
    end: int | None = None
    problems: dict[int, Problem] = field(default_factory=dict)
    seconds: float = 0.0
    _back: int = 1
    _last: int = 0
    _init: bytes | None = None
    _empty: dict[int, int] = field(default_factory=dict)
    _key: str = field(init=False)

    def __post_init__(self) -> None:
        # once: the cache keeps it for each part
        self._key = f"{self.source.key}\0{self.name}\0{self.facts.size}"

    @property
    def timeline(self) -> Timeline:
        """Its parts."""
        return self.recipe.timeline

    @property
    def is_heavy(self) -> bool:
        """Whether it converts a picture."""
        return isinstance(self.recipe, ConvertedPicture)

    @property
    def has_fallback(self) -> bool:
        """Whether software can make it if the encoder fails that makes it now."""
        return isinstance(self.recipe, ConvertedPicture) and not self.recipe.encoder.is_software

    @property
    def is_sound(self) -> bool:
        """Whether it is a sound track."""
        return not isinstance(self.recipe, ConvertedPicture | CopiedPicture)

    @property
    def init(self) -> bytes | None:
        """Its initialization segment, once it is made."""
        return self._init

    def file(self, index: int) -> Name:
        """Return the name of a part in the cache."""
        return self._key, f"{index}.m4s"

    def filled(self, index: int) -> int:
        """Return the part to give for a part, which may be one that has nothing in it."""
        index = self._last if self.is_past(index) else index
        return self._empty.get(index, index)

    def is_past(self, index: int) -> bool:
        """Whether a part is after the film's real end, as far as that is known."""
        return self.end is not None and index >= self.end

    def reaching(self, index: int) -> Conversion | None:
        """Return the conversion that makes a part soon."""
        near = _NEAR_CONVERTED if self.is_heavy else _NEAR_COPIED
        running = [it for it in self.conversions if not it.ended]
        return next((it for it in running if it.next <= index <= it.next + near), None)

    def maker(self, index: int) -> Conversion | None:
        """Return the running conversion that made a part."""
        return next((it for it in self.conversions if it.first <= index < it.next), None)

    def convert(self, first: int) -> Conversion:
        """Start a conversion from a part on."""
        is_converted = isinstance(self.recipe, ConvertedSound)
        assembler = Assembler(self.timeline, first, self.is_sound, is_converted)
        conversion = Conversion(lambda: self._command(first), assembler, self, self.changed)
        conversion.start()
        # last: one whose thread cannot be started would stay there, and all would wait for it
        self.conversions.append(conversion)
        return conversion

    def _command(self, first: int) -> list[str]:
        file, facts = self.source.file, self.facts
        earlier = self.source.group(self.ffmpeg, facts) if first and not self.is_sound else 0.0
        return [self.ffmpeg, *command.arguments(file, facts, self.recipe, first, earlier)]

    def take_init(self, content: bytes) -> None:
        """Keep the initialization segment."""
        with self.changed:
            self._init = self._init or content
            self.changed.notify_all()

    def take_part(self, conversion: Conversion, part: Part) -> None:
        """Keep a part."""
        self.cache.put(self.file(part.index), part.content)
        with self.changed:
            self.seconds += self.timeline.length(part.index)
            self.problems.pop(part.index, None)
            for skipped in range(conversion.next, part.index):
                # nothing begins in it: what is shown then began before
                before = conversion.next - 1
                self._empty[skipped] = before if before >= conversion.first else part.index
            conversion.next = part.index + 1
            self.changed.notify_all()

    def ended(self, conversion: Conversion, problem: str | None, *, no_room: bool) -> None:
        """Take note that a conversion ended; the conversion holds the condition."""
        if conversion in self.conversions:
            self.conversions.remove(conversion)
        made_nothing = conversion.next == conversion.first
        if conversion.is_stopped:
            return
        if problem is None and made_nothing and conversion.first == 0:
            problem = "ffmpeg found nothing in it"
        if problem is not None:
            # clients do not learn where the folder is
            problem = problem.replace(f"file:{self.source.file}", self.source.file.name)
            if not no_room and self._fall_back(problem):
                return
            log.warning("converting %s failed: %s", self.name, problem)
            if made_nothing:
                error = NoRoom if no_room else partial(ConversionFailed, problem)
                wait = _DISK_TRIED_AGAIN if no_room else _TRIED_AGAIN
                self.problems[conversion.first] = Problem(error, time.monotonic() + wait)
        elif conversion.next < len(self.timeline):
            self.end = conversion.next
            # nothing there: the real end is searched in growing steps
            self._last = max(0, self.end - self._back)
            self._back = 2 * self._back if made_nothing else 1

    def _fall_back(self, problem: str) -> bool:
        """Go on in software if another encoder failed: who waits for a part gets it then."""
        recipe = self.recipe
        if not isinstance(recipe, ConvertedPicture) or recipe.encoder.is_software:
            return False
        self.recipe = replace(recipe, encoder=SOFTWARE)
        self.doubt(recipe.encoder, problem)
        return True
