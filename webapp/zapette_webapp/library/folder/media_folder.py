"""The media folder: the only files that may be served."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from werkzeug.security import safe_join

from zapette_webapp.errors import NotInLibrary
from zapette_webapp.library.folder import paths
from zapette_webapp.library.folder.recognition import Recognition
from zapette_webapp.media import media_types

UPLOADS: Final = ".uploads"
"""The first level of the paths of uploads: no medium of the folder has it, as it is hidden."""


@dataclass(frozen=True, slots=True)
class MediaFolder:
    """The playable files in one folder, and none outside it, whatever its links point to.

    A *path* in the library is relative to the folder, with slashes, and names no hidden file. It is
    Unicode text (`zapette_webapp.library.folder.paths`).

    Attributes:
        folder: the media folder; need not exist.
        uploads: the folder of the files from phones; None for none.
        recognition: tells what files are whose names do not say it.
    """

    folder: Path
    uploads: Path | None = None
    recognition: Recognition = field(default_factory=Recognition, compare=False)

    def kind(self, path: str) -> str | None:
        """Return ``video``, ``audio``, ``playlist`` or ``link`` for a file to play, else None."""
        file = self.find(path)
        return self.recognition.kind(file, path) if file is not None else None

    def type_of(self, path: str, file: Path) -> str:
        """Return the type of the file at a path, for browsers."""
        named = media_types.TYPES.get(media_types.suffix(path))
        return named or self.recognition.type_of(file, path) or media_types.UNKNOWN

    def find(self, path: str) -> Path | None:
        """Return the file at a path in the library; None if there is none to serve.

        A file has one path: with a slash too many, or a level of one point, there is none.
        """
        file = self._inside(path) if not {"", ".", ".."} & set(path.split("/")) else None
        if file is None or not file.is_file():
            return None
        # The name and the target of a link must both be media.
        if all(it in media_types.TYPES for it in (media_types.suffix(path), file.suffix.lower())):
            return file
        if not all(_may_be_medium(it) for it in (path, file.name)):
            return None
        return file if self.recognition.type_of(file, "") is not None else None

    def get(self, path: str) -> Path:
        """Return the file at a path in the library.

        Raises:
            NotInLibrary: there is none to serve.
        """
        file = self.find(path)
        if file is None:
            raise NotInLibrary("the library has no such medium")
        return file

    def find_folder(self, path: str) -> Path | None:
        """Return the folder at a path in the library; the empty path is the whole library."""
        folder = self._inside(path)
        return folder if folder is not None and folder.is_dir() else None

    def _inside(self, path: str) -> Path | None:
        folder, path = self._placed(path)
        name = paths.to_disk(path)
        if name is None or "\0" in name or _is_hidden(name):
            return None
        joined = safe_join(str(folder), name)
        if joined is None:
            return None
        try:
            root = folder.resolve(strict=True)
            real = Path(joined).resolve(strict=True)
        except (OSError, RuntimeError):
            return None
        if not real.is_relative_to(root) or _is_hidden(real.relative_to(root).as_posix()):
            return None
        return real

    def _placed(self, path: str) -> tuple[Path, str]:
        """Return the folder that a path is in, and the path in that."""
        if self.uploads is not None and path.startswith(f"{UPLOADS}/"):
            return self.uploads, path.removeprefix(f"{UPLOADS}/")
        return self.folder, path


def _is_hidden(path: str) -> bool:
    return path not in {"", "."} and any(part.startswith(".") for part in path.split("/"))


def _may_be_medium(name: str) -> bool:
    return media_types.is_unnamed(name) or media_types.demuxer(name) is not None
