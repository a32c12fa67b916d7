"""What everything in Zapette shares, and its Python client.

For programs: `Application`, `Player`, `Range`, `Length`, and the errors in `zapette.errors`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zapette.client.application import Application
    from zapette.client.arguments import Length, Range
    from zapette.client.handlers import Event
    from zapette.client.player import AsyncPlayer, Player
    from zapette.errors import CallError

__all__ = ["Application", "AsyncPlayer", "CallError", "Event", "Length", "Player", "Range"]

_MODULES = {
    "Application": "zapette.client.application",
    "AsyncPlayer": "zapette.client.player",
    "CallError": "zapette.errors",
    "Event": "zapette.client.handlers",
    "Length": "zapette.client.arguments",
    "Player": "zapette.client.player",
    "Range": "zapette.client.arguments",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for: the broker's process needs none of the client."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415

    return getattr(import_module(_MODULES[name]), name)
