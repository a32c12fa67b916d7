"""The parts that make streams, wired: the one object that the routes know."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from zapette_server.settings import Settings
from zapette_server.supervisor import Supervisor
from zapette_webapp.errors import NotStreamable
from zapette_webapp.media import ffmpeg_program
from zapette_webapp.media.encoders import Encoders
from zapette_webapp.streams.cache import Cache
from zapette_webapp.streams.plan import Plan
from zapette_webapp.streams.reading import ProbeReader
from zapette_webapp.streams.recipes import Means, Recipes
from zapette_webapp.streams.renditions import Rendition
from zapette_webapp.streams.sources import Source, Sources
from zapette_webapp.streams.streams import Limits, Served, Streams

_NEVER: Final = "never"


@dataclass(frozen=True, slots=True)
class Made:
    """A medium and what a plan makes of it."""

    source: Source
    recipes: Recipes
    streams: Streams

    def rendition(self, number: int | None) -> Rendition:
        """Return the picture (None) or a sound track."""
        recipe = self.recipes.picture() if number is None else self.recipes.sound(number)
        return self.streams.rendition(self.source, self.recipes.facts, *recipe)

    def init(self, rendition: Rendition, viewer: str) -> bytes:
        """Return an initialization segment; raises what `Streams.init` raises."""
        return self.streams.init(rendition, viewer)

    def part(self, rendition: Rendition, index: int, viewer: str) -> Served:
        """Return a part; raises what `Streams.part` raises."""
        return self.streams.part(rendition, index, viewer)


@dataclass(frozen=True, slots=True)
class StreamConverter:
    """Makes streams of media.

    Attributes:
        sources: what is in media.
        streams: makes and keeps the parts.
        encoders: finds what converts pictures.
        filters: the filters that ffmpeg has.
        height: the most lines of a converted picture.
        is_off: whether the settings allow no conversion.
    """

    sources: Sources
    streams: Streams
    encoders: Encoders
    filters: frozenset[str]
    height: int
    is_off: bool

    @classmethod
    def of(cls, settings: Settings, folder: Path) -> Self:
        """Return what the settings say, not started."""
        ffmpeg = ffmpeg_program.find()
        return cls(
            Sources(ProbeReader()),
            Streams(
                ffmpeg,
                Cache(folder, settings.convert_cache << 20),
                Limits(settings.convert_at_once),
            ),
            Encoders(settings.encoder),
            _filters(ffmpeg),
            settings.convert_height,
            settings.convert == _NEVER,
        )

    @property
    def means(self) -> Means:
        """What conversions are made with, as of now."""
        return Means(self.encoders.best, self.filters, self.height)

    @property
    def supervisor(self) -> Supervisor:
        """Keeps the threads running."""
        return self.streams.supervisor

    def recipes(self, file: Path, plan: Plan) -> Made:
        """Return what a plan makes of a medium.

        Raises:
            NotStreamable: the medium cannot be streamed; the reason says why.
        """
        if self.is_off:
            raise NotStreamable("conversion_off", "the setting convert allows no conversion")
        if self.streams.ffmpeg is None:
            raise NotStreamable("no_ffmpeg", "ffmpeg is not installed on the server")
        source, facts = self.sources.get(file, cut=plan.video == "copy")
        return Made(source, Recipes(facts, plan, self.means), self.streams)

    def start(self) -> None:
        """Start."""
        if not self.is_off:
            self.encoders.start()
        self.streams.start()

    def stop(self) -> None:
        """End all conversions."""
        self.encoders.stop()
        self.streams.stop()


def _filters(ffmpeg: str | None) -> frozenset[str]:
    """Return the names of the filters that ffmpeg has."""
    if ffmpeg is None:
        return frozenset()
    try:
        listed = subprocess.run(  # noqa: S603 - our own arguments
            [ffmpeg, "-hide_banner", "-filters"],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return frozenset()
    rows = (line.split() for line in listed.stdout.splitlines())
    return frozenset(row[1] for row in rows if len(row) > 2)
