"""The parts of the library, put together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from webapp.catalogue import Catalogue
from webapp.index import Index
from webapp.library import Library
from webapp.probe import Prober
from webapp.scanner import Scanner
from webapp.thumbnails import Thumbnails


@dataclass(frozen=True, slots=True)
class Librarian:
    """The media folder and all that is known of it.

    Attributes:
        library: which files may be served.
        index: what is known of them.
        scanner: keeps the index true.
        thumbnails: makes small pictures.
    """

    library: Library
    index: Index
    scanner: Scanner
    thumbnails: Thumbnails

    @classmethod
    def of(cls, media: Path, index_file: Path, thumbnails: Path) -> Self:
        """Return the parts for a media folder, none of them started."""
        library = Library(media)
        index = Index(index_file, media)
        scanner = Scanner(library, index, Prober())
        return cls(library, index, scanner, Thumbnails(thumbnails))

    @property
    def catalogue(self) -> Catalogue:
        """What answers questions about the library."""
        return Catalogue(self.library, self.index, self.scanner, self.thumbnails.present)

    def start(self) -> None:
        """Begin to walk the folder and to make pictures."""
        self.thumbnails.start()
        self.scanner.start()

    def stop(self) -> None:
        """Stop both, and close the index."""
        self.scanner.stop()
        self.thumbnails.stop()
        self.index.close()
