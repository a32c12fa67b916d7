"""Who is there: the players, remotes and others that the load consists of; no I/O."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final, Literal

from zapette.topics import Topics

Role = Literal["player", "remote", "server", "home"]
"""What a client may do; ``home`` is an account of the household."""

TOPICS: Final = Topics("zapette")
EVERYBODY: Final = TOPICS.server.availability
"""The topic that every idle client has subscribed to."""


@dataclass(frozen=True, slots=True)
class Login:
    """How a client presents itself.

    Attributes:
        client_id: the MQTT client id.
        username: the user name.
        password: the password, or a token.
    """

    client_id: str
    username: str
    password: str


@dataclass(frozen=True, slots=True)
class Person:
    """One client to be.

    Attributes:
        role: what it is.
        home: the number of the home it belongs to; each has one player.
        name: what tells it from others of its kind in one home.
    """

    role: Role
    home: int
    name: str = ""

    @property
    def client_id(self) -> str:
        """The MQTT client id."""
        if self.role == "player":
            return f"player-{player_id(self.home)}"
        return f"{self.role}-{self.home}{self.name}"

    @property
    def filters(self) -> list[str]:
        """What an idle client of this kind has subscribed to: something of its own, and all's."""
        player = TOPICS.player(player_id(self.home))
        return [player.requests if self.role == "player" else player.state, EVERYBODY]


def player_id(home: int) -> str:
    """Return the player id of the home with this number, as good as random."""
    return hashlib.blake2b(home.to_bytes(8), digest_size=16).hexdigest()


def idle_person(number: int) -> Person:
    """Return the idle client with this number: homes of one player and one remote."""
    home, second = divmod(number, 2)
    return Person("remote" if second else "player", home)
