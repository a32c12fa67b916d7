"""The client and the wire contract of Zapette.

For programs: `Application`, `Player`, `Range`, `Length`, and the errors in `zapette.errors`.
"""

from zapette.client.application import Application
from zapette.client.calls.arguments import Length, Range
from zapette.client.handlers import Event
from zapette.client.players.player import AsyncPlayer, Player
from zapette.errors import CallError

__all__ = ["Application", "AsyncPlayer", "CallError", "Event", "Length", "Player", "Range"]
