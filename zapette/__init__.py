"""What everything in Zapette shares, and its Python client.

For programs: `Application`, `Player`, `Range`, `Length`, and the errors in `zapette.errors`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zapette.application import Application
    from zapette.arguments import Length, Range
    from zapette.errors import CallError
    from zapette.handlers import Event
    from zapette.player import AsyncPlayer, Player

__all__ = ["Application", "AsyncPlayer", "CallError", "Event", "Length", "Player", "Range"]

_MODULES = {
    "Application": "zapette.application",
    "AsyncPlayer": "zapette.player",
    "CallError": "zapette.errors",
    "Event": "zapette.handlers",
    "Length": "zapette.arguments",
    "Player": "zapette.player",
    "Range": "zapette.arguments",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for: the broker's process needs none of the client."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415

    return getattr(import_module(_MODULES[name]), name)
