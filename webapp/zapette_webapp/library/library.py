"""The parts of the library."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from zapette_webapp.library.folder.media_folder import MediaFolder
from zapette_webapp.library.index.index import Index
from zapette_webapp.library.index.scanner import Scanner
from zapette_webapp.library.queries import Queries
from zapette_webapp.media.disk_cache import DiskCache
from zapette_webapp.media.pictures.pictures import Pictures
from zapette_webapp.media.pictures.preview_sheets import PreviewSheets
from zapette_webapp.media.pictures.thumbnails import Thumbnails
from zapette_webapp.media.probing.probe import Prober
from zapette_webapp.media.subtitles.conversion import Converter
from zapette_webapp.media.subtitles.track_reader import BUDGET, TrackReader
from zapette_webapp.media.tools import Tool


@dataclass(frozen=True, slots=True)
class Library:
    """The media folder and the parts that read it.

    Attributes:
        media_folder: the files that may be served.
        index: their index.
        upload_index: the index of the files from phones.
        scanner: keeps the index up to date.
        thumbnails: makes thumbnails.
        previews: makes the pictures to seek with.
        prober: reads media.
        converter: reads subtitles.
        track_reader: reads subtitles inside films.
        signed: signs an address, for those who have nothing else to prove that they were let in.
    """

    media_folder: MediaFolder
    index: Index
    upload_index: Index
    scanner: Scanner
    thumbnails: Thumbnails
    previews: PreviewSheets
    prober: Prober
    converter: Converter
    track_reader: TrackReader
    signed: Callable[[str], str]

    @classmethod
    def of(
        cls,
        media: Path,
        index_file: Path,
        thumbnails: Path,
        subtitles: Path,
        signed: Callable[[str], str] = str,
        *,
        uploads: Path | None = None,
    ) -> Self:
        """Return the library of a media folder, not started; uploads are next to the index."""
        uploads = uploads or index_file.with_name("uploads")
        media_folder = MediaFolder(media, uploads)
        uploads.mkdir(mode=0o700, parents=True, exist_ok=True)
        index = Index(index_file, media)
        prober = Prober()
        scanner = Scanner(media_folder, index, prober)
        converter = Converter()
        tracks = TrackReader(DiskCache(subtitles, BUDGET), converter)
        return cls(
            media_folder,
            index,
            Index(uploads / ".index.db", uploads),
            scanner,
            Thumbnails(thumbnails),
            PreviewSheets(thumbnails / "previews"),
            prober,
            converter,
            tracks,
            signed,
        )

    @property
    def queries(self) -> Queries:
        """The queries on the library."""
        present = self.thumbnails.present
        uploads = Queries(
            self.media_folder,
            self.upload_index,
            Scanner(self.media_folder, self.upload_index, self.prober),
            present,
            self.signed,
        )
        return Queries(self.media_folder, self.index, self.scanner, present, self.signed, uploads)

    def transfer(self, path: str) -> str | None:
        """Return how the film at a path codes a high dynamic range; None for the usual one."""
        rows = (it.entry(path) for it in (self.index, self.upload_index))
        tracks = (track for row in rows if row is not None for track in json.loads(row["tracks"]))
        return next((it["hdr"] for it in tracks if it.get("hdr")), None)

    @property
    def tools(self) -> tuple[Tool, ...]:
        """The programs that read the files in the library."""
        own = (self.prober, self.thumbnails, self.previews, self.converter)
        return (*(it.tool for it in own), *self.track_reader.tools)

    def start(self) -> None:
        """Start the threads."""
        self.thumbnails.start()
        self.previews.start()
        self.track_reader.start()
        self.scanner.start()

    @property
    def workers(self) -> tuple[Scanner | Pictures, ...]:
        """The parts with their own threads."""
        return self.scanner, self.thumbnails, self.previews

    def stop(self) -> None:
        """Stop the parts and close the index."""
        self.scanner.stop()
        self.thumbnails.stop()
        self.previews.stop()
        self.converter.stop()
        self.track_reader.stop()
        self.index.close()
