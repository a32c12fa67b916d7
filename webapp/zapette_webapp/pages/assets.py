"""The built files of the pages; browsers cache them for good, because each address has a version.

``static/build.js`` makes the files in ``static/dist`` (docs/decisions/0070). In development each
source is served as it is.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from zapette_server.paths import ROOT
from zapette_server.storage.folder_lock import FolderLock
from zapette_webapp.errors import AssetsError

STATIC: Final = ROOT / "static"
EARLY: Final = "remote/early.js"
SUPPORTED: Final = "page/supported.js"
KEPT: Final = "public, max-age=31536000, immutable"

_SCRIPT: Final = "build.js"
_MANIFEST: Final = "manifest.json"
_LONGEST_BUILD: Final = 60.0
_NPM: Final = ROOT / "scripts" / "npm.sh"
_VERSION: Final = re.compile(r"v-[0-9a-f]{16}")


@dataclass(slots=True)
class Assets:
    """The files that pages load.

    Attributes:
        plain: serve the single sources, for a browser's debugger.
        folder: the sources; the built files are in its ``dist``.
        version: the first part of an address; empty if `plain`.
    """

    plain: bool
    folder: Path = STATIC
    version: str = ""
    _built: dict[str, bytes] = field(default_factory=dict, init=False)

    def start(self) -> Assets:
        """Read the built files; build them first if they are missing or outdated.

        Raises:
            AssetsError: the build fails.
        """
        if not self.plain:
            dist = self.folder / "dist"
            manifest = _manifest(dist)
            if (self.folder / _SCRIPT).exists() and not _is_fresh(self.folder, manifest):
                with FolderLock(self.folder, ".build").held(wait=_LONGEST_BUILD):
                    manifest = _manifest(dist)
                    if not _is_fresh(self.folder, manifest):
                        _build(self.folder)
                        manifest = _manifest(dist)
            if not manifest:
                raise AssetsError(f"{dist} is not there: was the package built without the pages?")
            self.version = f"v-{manifest['version']}"
            # In memory, so that a page gets the files of one version.
            self._built = {name: _built(dist / name) for name in manifest["files"]}
        for script in (EARLY, SUPPORTED):
            self.inline(script)
        return self

    def address(self, name: str) -> str:
        """Return the address of a file below ``static``, relative to the pages."""
        return "/".join(part for part in ("static", self.version, name) if part)

    def inline(self, name: str) -> str:
        """Return the text of an inline script or style sheet, which must not end its element."""
        content = (self.folder / name).read_bytes() if self.plain else self._built[name]
        text = content.decode().strip()
        if "</s" in text:
            raise AssetsError(f"{name}: a page cannot hold it")
        return text

    def built(self, name: str) -> bytes | None:
        """Return a built file; None if it does not exist."""
        return self._built.get(name)

    def split(self, name: str) -> tuple[str, str]:
        """Return the version in an address, which may be empty, and the name of the file."""
        version, _, rest = name.partition("/")
        return (version, rest) if _VERSION.fullmatch(version) else ("", name)


def _manifest(dist: Path) -> dict[str, Any]:
    """Return the manifest of the build; empty if it does not exist or was cut off."""
    try:
        manifest: dict[str, Any] = json.loads((dist / _MANIFEST).read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return manifest


def _built(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise AssetsError(f"{file}: {error.strerror}; build the pages again") from error


def _is_fresh(folder: Path, manifest: dict[str, Any]) -> bool:
    sources = manifest.get("sources", {})
    return bool(sources) and all(_digest(folder / name) == each for name, each in sources.items())


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else ""


def _build(folder: Path) -> None:
    command = [str(_NPM), "--prefix", str(folder), "--silent", "run", "build"]
    try:
        subprocess.run(  # noqa: S603
            command, check=True, capture_output=True, text=True
        )
    except OSError as error:
        raise AssetsError(f"the pages cannot be built: {error}") from error
    except subprocess.CalledProcessError as error:
        raise AssetsError(f"the pages cannot be built: {error.stderr.strip()}") from error
