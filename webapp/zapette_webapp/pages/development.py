"""Development: pages reload when their files change."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

from flask import Blueprint, Response, jsonify

from zapette_server.paths import ROOT
from zapette_server.settings.settings import Settings
from zapette_webapp.http.responses import security_headers
from zapette_webapp.pages import page_errors

MODULE: Final = "page/reload.js"
"""The module with which pages notice changed files."""

_FOLDERS: Final = (ROOT / "static", ROOT / "webapp" / "zapette_webapp" / "templates")
_SUFFIXES: Final = frozenset({".js", ".css", ".html", ".svg"})
_NOT_PAGES: Final = frozenset({"dist", "node_modules", "tests"})


def scripts(settings: Settings) -> list[str]:
    """Return the modules that each page loads first."""
    reports = [page_errors.MODULE] if settings.page_errors or settings.development else []
    return [*reports, MODULE] if settings.development else reports


def blueprints(settings: Settings) -> list[Blueprint]:
    """Return the routes of those modules: none, unless a setting asks for them."""
    reports = [page_errors.blueprint()] if settings.page_errors or settings.development else []
    return [*reports, _changes()] if settings.development else reports


def _changes() -> Blueprint:
    changes = Blueprint("development", __name__)
    changes.after_request(security_headers.no_store)

    @changes.get("/api/stamp")
    def stamp() -> Response:
        return jsonify({"stamp": _stamp()})

    return changes


def _stamp() -> str:
    """Return a text that changes with the files of the pages."""
    digest = hashlib.sha256()
    for path in sorted(_files()):
        digest.update(f"{path} {path.stat().st_mtime_ns}\n".encode())
    return digest.hexdigest()[:16]


def _files() -> list[Path]:
    return [
        path
        for folder in _FOLDERS
        for path in folder.rglob("*")
        if path.suffix in _SUFFIXES and _NOT_PAGES.isdisjoint(path.relative_to(folder).parts)
    ]
