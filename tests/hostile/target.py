"""What an attacker knows: the ports of a system, and a guest's link to one of its players."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any, Self

from tests.hostile.peer import Answered, Http


@dataclass(frozen=True)
class Target:
    """One system under attack.

    Attributes:
        http_port: where its pages are.
        mqtt_port: where its broker is.
        player: the id of a player of the home.
        guest_key: the key of that player's link for guests.
        address: the address of the attacker, one of the loopback's; of a role, without the last
            number.
    """

    http_port: int
    mqtt_port: int
    player: str
    guest_key: str
    address: str

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        return cls(**json.loads(text))

    def http(self, address: str | None = None) -> Http:
        """Return a client of the pages' server that comes from an address."""
        return Http(self.http_port, address or self.address)

    async def token(self, http: Http, **who: str) -> dict[str, Any] | None:
        """Ask for credentials; None if there are none to be had now."""
        answer = await http.ask("POST", "/api/credentials", who)
        return answer.json if answer.status == 200 else None

    async def guest_token(self, http: Http) -> dict[str, Any] | None:
        """Ask for the credentials of one more guest."""
        return await self.token(http, id=self.player, key=self.guest_key)


__all__ = ["Answered", "Target"]
