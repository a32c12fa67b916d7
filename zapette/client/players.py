"""The players that there are: who is online, and what state each reports."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final, cast, get_type_hints

from zapette.client.client import Client
from zapette.mqtt.subscriptions import Message
from zapette.protocol.kinds import kind_of
from zapette.protocol.state import State
from zapette.protocol.topics import Topics, is_player_id


@dataclass(frozen=True, slots=True)
class KnownPlayer:
    """What is known of one player.

    Attributes:
        id: its player id.
        online: whether it is there.
        server_online: whether the server is online, as far as is known.
        state: the last state that it reported; empty if it has taken it back.
    """

    id: str
    online: bool = False
    server_online: bool = True
    state: State = field(default_factory=lambda: cast(State, {}))

    @property
    def available(self) -> bool:
        """Whether it can be called: it is online, and so is the server."""
        return self.online and self.server_online

    @property
    def name(self) -> str:
        """The name that a person gave it; empty if it is not known."""
        return self.state.get("name", "")


class Players:
    """Follows all players of a household; safe to use from several threads.

    Attributes:
        on_change: called with a player when something of it has changed, on the client's loop.
    """

    def __init__(self, client: Client, topics: Topics) -> None:
        self.on_change: Callable[[KnownPlayer], None] = lambda _: None
        self._client = client
        self._below = f"{topics.base}/players/"
        self._server = f"{topics.base}/+/availability"
        self._server_online = True
        self._lock = threading.Lock()
        self._known: dict[str, KnownPlayer] = {}

    def __iter__(self) -> Any:
        return iter(self.all())

    def start(self) -> None:
        """Begin to follow them."""
        # the server's, by a filter of its own: what the broker has kept comes once for each filter
        self._client.subscribe(self._server, self._take_server, 0)
        for what in ("availability", "state"):
            # QoS 0, so that those that the broker has kept all come before `settle` returns
            self._client.subscribe(f"{self._below}+/{what}", self._take, 0)

    def settle(self, timeout: float = 5.0) -> None:
        """Wait until all that the broker has kept of players is here.

        Raises:
            Unavailable: the connection is gone, or the broker does not answer in time.
        """
        self._client.fence(timeout)

    def all(self) -> list[KnownPlayer]:
        """Return the players that are online or have a state, by name."""
        with self._lock:
            known = [each for each in self._known.values() if each.online or each.state]
        return sorted(known, key=lambda each: (each.name.casefold(), each.id))

    def online(self) -> list[KnownPlayer]:
        """Return those that are available."""
        return [each for each in self.all() if each.available]

    def get(self, player_id: str) -> KnownPlayer:
        """Return what is known of one player."""
        with self._lock:
            return self._known.get(player_id) or self._new(player_id)

    def _new(self, player_id: str) -> KnownPlayer:
        return KnownPlayer(player_id, server_online=self._server_online)

    def _take_server(self, message: Message) -> None:
        with self._lock:
            online = self._server_online = message.payload != b"offline"
            changed = {
                player_id: replace(each, server_online=online)
                for player_id, each in self._known.items()
                if each.server_online != online
            }
            self._known |= changed
        for each in changed.values():
            self.on_change(each)

    def _take(self, message: Message) -> None:
        player_id, _, what = message.topic.removeprefix(self._below).partition("/")
        if not is_player_id(player_id):
            return
        with self._lock:
            before = self._known.get(player_id) or self._new(player_id)
            if what == "availability":
                after = replace(before, online=message.payload == b"online")
            else:
                after = replace(before, state=_state(message.payload))
            self._known[player_id] = after
        if after != before:
            self.on_change(after)


def _state(payload: bytes) -> State:
    """Return the state in `payload`, without the fields that are not of their type."""
    try:
        state = json.loads(payload)
    except (ValueError, RecursionError):
        state = {}
    members = state if isinstance(state, dict) else {}
    return cast(State, {name: value for name, value in members.items() if _fits(name, value)})


def _fits(name: str, value: Any) -> bool:
    hint = _HINTS.get(name)
    if hint is None:
        # what is not known here, and what holds more that may not be
        return name not in _NESTED or value is None or isinstance(value, dict)
    try:
        hint.read(value)
    except ValueError:
        return False
    return True


_NESTED: Final = frozenset({"queue", "subtitles", "audio", "error", "skipped"})
_HINTS: Final = {
    name: kind_of(hint) for name, hint in get_type_hints(State).items() if name not in _NESTED
}
