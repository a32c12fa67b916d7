"""The players of a household: availability and state."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final, cast, get_type_hints

from zapette.client.client import Client
from zapette.mqtt.subscriptions import Message
from zapette.protocol.hints import kind_of
from zapette.protocol.names import plain_name
from zapette.protocol.state import State
from zapette.protocol.topics import Topics, is_player_id


@dataclass(frozen=True, slots=True)
class KnownPlayer:
    """A player as last published.

    Attributes:
        id: its player id.
        online: whether it is online.
        server_online: whether the server is not known to be offline.
        state: its last state; empty if unknown.
    """

    id: str
    online: bool = False
    server_online: bool = True
    state: State = field(default_factory=lambda: cast(State, {}))

    @property
    def available(self) -> bool:
        """Whether it can be called: it and the server are online."""
        return self.online and self.server_online

    @property
    def name(self) -> str:
        """Its name; empty if unknown."""
        return plain_name(self.state.get("name", ""))


class Players:
    """Follows all players of a household; thread-safe.

    Attributes:
        on_change: called on the client's loop with each player that changes.
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
        """Start to follow the players."""
        # a filter of its own, because the broker sends retained messages once per filter
        self._client.subscribe(self._server, self._take_server, 0)
        for what in ("availability", "state"):
            # QoS 0, so that all retained messages arrive before `settle` returns
            self._client.subscribe(f"{self._below}+/{what}", self._take, 0)

    def settle(self, timeout: float = 5.0) -> None:
        """Wait until the retained messages of all players have arrived.

        Raises:
            Unavailable: the connection is lost, or the broker does not answer in time.
        """
        self._client.fence(timeout)

    def all(self) -> list[KnownPlayer]:
        """Return the players that are online or have a state, by name."""
        with self._lock:
            known = [each for each in self._known.values() if each.online or each.state]
        return sorted(known, key=lambda each: (each.name.casefold(), each.id))

    def online(self) -> list[KnownPlayer]:
        """Return the available players."""
        return [each for each in self.all() if each.available]

    def get(self, player_id: str) -> KnownPlayer:
        """Return one player."""
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
    """Return the state in `payload`, without fields of a wrong type."""
    try:
        state = json.loads(payload)
    except (ValueError, RecursionError):
        state = {}
    members = state if isinstance(state, dict) else {}
    return cast(State, {name: value for name, value in members.items() if _fits(name, value)})


def _fits(name: str, value: Any) -> bool:
    hint = _HINTS.get(name)
    if name == "chapters":
        # unknown fields of the members are ignored
        return isinstance(value, list) and all(isinstance(it, dict) for it in value)
    if hint is None:
        # an unknown field, or an object whose members are not checked
        return name not in _NESTED or value is None or isinstance(value, dict)
    try:
        hint.read(value)
    except ValueError:
        return False
    return True


_NESTED: Final = frozenset({"queue", "subtitles", "audio", "stream", "error", "skipped"})
_HINTS: Final = {
    name: kind_of(hint) for name, hint in get_type_hints(State).items() if name not in _NESTED
}
