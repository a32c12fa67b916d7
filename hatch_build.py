"""Puts the built pages, the settings' explanation and the sample into the wheel.

The wheel runs without Node and without a checkout; building it needs both, unless the pages are
built already (``ZAPETTE_PAGES=built``).
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_RESOURCES = "zapette_server/resources"
_FILES = (
    "static/dist",
    "static/icons",
    "static/icon.svg",
    "static/remote.webmanifest",
    "static/share-worker.js",
    "samples",
)


class Resources(BuildHookInterface):  # type: ignore[type-arg]
    """Builds the pages and adds them to a wheel; an editable install serves the checkout's own."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the files; `version` is ``standard`` or ``editable``."""
        if version == "editable":
            return
        root = Path(self.root)
        if os.environ.get("ZAPETTE_PAGES") != "built":
            self._build(root)
        added = {str(root / it): f"{_RESOURCES}/{it}" for it in (*_FILES, "config/zapette.toml")}
        build_data["force_include"] |= added

    def _build(self, root: Path) -> None:
        npm = [str(root / "scripts" / "npm.sh"), "--prefix", str(root / "static")]
        if not (root / "static" / "node_modules").exists():
            subprocess.run([*npm, "ci", "--omit=dev"], check=True)
        subprocess.run([*npm, "--silent", "run", "build"], check=True)
