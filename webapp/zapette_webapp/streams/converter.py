"""The parts that make streams, wired: the one object that the routes know."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final, Self

from zapette_server.settings.settings import Settings
from zapette_server.supervisor import Supervisor
from zapette_webapp.errors import NotStreamable
from zapette_webapp.library.folder.media_folder import MediaFolder
from zapette_webapp.media import ffmpeg_program
from zapette_webapp.media.encoders import Encoders
from zapette_webapp.media.tools import Limits as ToolLimits
from zapette_webapp.media.tools import Tool
from zapette_webapp.status.prometheus import Family
from zapette_webapp.streams.making.cache import Cache
from zapette_webapp.streams.making.renditions import Rendition
from zapette_webapp.streams.planning.plan import Plan
from zapette_webapp.streams.planning.recipes import Means, Recipes
from zapette_webapp.streams.probed_medium import ProbeReader
from zapette_webapp.streams.sources import Source, Sources
from zapette_webapp.streams.streams import Limits, Served, Streams
from zapette_webapp.streams.vobsub_files import VobSubFiles

_NEVER: Final = "never"
_LISTING: Final = ToolLimits(cpu=10, wall=30.0, memory=1 << 30, output=1 << 20)


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

    def check_room(self, viewer: str) -> None:
        """Refuse early what could not be converted now; raises `ConversionsFull`."""
        if self.recipes.has_picture:
            self.streams.check_room(self.rendition(None), viewer)

    def begin(self, seconds: float, sound: str, viewer: str) -> None:
        """Begin to make what will be played first, before it is asked for.

        Args:
            seconds: where playing begins.
            sound: the number of the sound track that is heard; one that does not exist is none.
            viewer: who will ask.

        Raises:
            ConversionsFull: too much is converted already.
            ConversionFailed: it cannot be made.
        """
        numbers: list[int | None] = [None] if self.recipes.has_picture else []
        numbers += [it for it in self.recipes.sounds if str(it) == sound]
        for rendition in map(self.rendition, numbers):
            self.streams.begin(rendition, rendition.timeline.at(seconds), viewer)

    def init(self, rendition: Rendition, viewer: str) -> bytes:
        """Return an initialization segment; raises what `Streams.init` raises."""
        return self.streams.init(rendition, viewer)

    def part(self, rendition: Rendition, index: int, viewer: str) -> Served:
        """Return a part; raises what `Streams.part` raises."""
        return self.streams.part(rendition, index, viewer)


class Filters:
    """The filters that ffmpeg has; it is asked when the first one is needed.

    Args:
        tool: ffmpeg.
    """

    def __init__(self, tool: Tool) -> None:
        self._tool = tool

    def __contains__(self, name: object) -> bool:
        return name in self._names

    @cached_property
    def _names(self) -> frozenset[str]:
        listed = self._tool.output("-hide_banner", "-filters") or b""
        rows = (line.split() for line in listed.decode("utf-8", "replace").splitlines())
        return frozenset(row[1] for row in rows if len(row) > 2)


@dataclass(frozen=True, slots=True)
class StreamConverter:
    """Makes streams of media.

    Attributes:
        sources: what is in media.
        reader: reads them.
        vobsub_files: makes files of the subtitles next to media.
        streams: makes and keeps the parts.
        encoders: finds what converts pictures.
        filters: the filters that ffmpeg has.
        height: the most lines of a converted picture.
        is_off: whether the settings allow no conversion.
    """

    sources: Sources
    reader: ProbeReader
    vobsub_files: VobSubFiles
    streams: Streams
    encoders: Encoders
    filters: Filters
    height: int
    is_off: bool

    @classmethod
    def of(cls, settings: Settings, folder: Path) -> Self:
        """Return what the settings say, not started."""
        ffmpeg, reader = ffmpeg_program.find(), ProbeReader()
        encoders = Encoders(settings.encoder)
        return cls(
            Sources(reader),
            reader,
            VobSubFiles(folder / "vobsub"),
            Streams(
                ffmpeg,
                Cache(folder, settings.convert_cache << 20),
                Limits(settings.convert_at_once),
                encoders.doubt,
            ),
            encoders,
            Filters(Tool(ffmpeg_program.command(), _LISTING, name="filters")),
            settings.convert_height,
            settings.convert == _NEVER,
        )

    @property
    def means(self) -> Means:
        """What conversions are made with, as of now."""
        return Means(self.encoders.best, self.filters, self.height)

    @property
    def offer(self) -> str:
        """What players may count on: ``auto``, ``never`` (a setting) or ``no_ffmpeg``."""
        if self.is_off:
            return _NEVER
        return "no_ffmpeg" if self.streams.ffmpeg is None else "auto"

    @property
    def supervisor(self) -> Supervisor:
        """Keeps the threads running."""
        return self.streams.supervisor

    def recipes(
        self, media_folder: MediaFolder, path: str, plan: Plan, *, again: bool = False
    ) -> Made:
        """Return what a plan makes of a medium.

        Args:
            media_folder: the library.
            path: of the medium in it.
            plan: what is made of it.
            again: whether to read again a medium that grew: somebody begins to watch it.

        Raises:
            NotInLibrary: there is no such medium.
            NotStreamable: the medium cannot be streamed; the reason says why.
            NotFound: there are no such subtitles next to it.
        """
        file = media_folder.get(path)
        if self.is_off:
            raise NotStreamable("conversion_off", "the setting convert allows no conversion")
        if self.streams.ffmpeg is None:
            raise NotStreamable("no_ffmpeg", "ffmpeg is not installed on the server")
        source, facts = self.sources.get(file, cut=plan.video == "copy", again=again)
        external = None
        if plan.is_external and plan.burn is not None:
            external = self.vobsub_files.read(media_folder, path, plan.burn, again=again)
        return Made(source, Recipes(facts, plan, self.means, external), self.streams)

    def start(self) -> None:
        """Start."""
        if not self.is_off:
            self.encoders.start()
        self.streams.start()
        self.vobsub_files.start()

    def stop(self) -> None:
        """End all conversions."""
        self.encoders.stop()
        self.reader.prober.stop()
        self.vobsub_files.stop()
        self.streams.stop()

    def families(self) -> Iterator[Family]:
        """Return the figures of the streams."""
        yield from self.streams.families()
        yield from self.encoders.families()
