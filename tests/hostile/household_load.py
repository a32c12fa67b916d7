"""What the people of the home go on doing while others attack, and what of it was refused."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field
from typing import Any

from tests.conformance.client import Client
from tests.conformance.wire.answers import PubAck
from tests.conformance.wire.encodings import Version
from tests.conformance.wire.packets import Connect
from tests.conformance.wire.properties import Property
from tests.conformance.wire.stream import Stream
from tests.programs.system import System

TYPED_EVERY = 6.0
"""How often somebody types a code, in seconds: a player may show a new one every five."""


@dataclass
class Home:
    """A home with one player, all of it on 127.0.0.1.

    Attributes:
        system: what serves it.
        player: the player's id.
        owner_key: proves that the player is its own.
        remote_key, guest_key: the keys of its links.
        refused: what did not work, in words.
        slowest: how long the slowest of it took, in seconds.
    """

    system: System
    player: str
    owner_key: str
    refused: list[str] = field(default_factory=list)
    slowest: float = 0.0

    def __post_init__(self) -> None:
        self._password = self.system.home_password()
        self._typed_at = 0.0
        given = self._post("api/credentials", {"id": self.player, "owner_key": self.owner_key})
        self.remote_key, self.guest_key = (
            str(given["links"][role]["url"].split(".")[-1]) for role in ("remote", "guest")
        )

    def live(self) -> None:
        """Do once what a home does now and then."""
        began = time.monotonic()
        for what, do in (
            ("the pages", self._open_pages),
            ("a phone that opens the link", self._come_in),
            ("an account of the household", self._announce),
            ("a code that somebody types", self._type),
        ):
            try:
                do()
            except (OSError, AssertionError) as error:
                self.refused.append(f"{what}: {type(error).__name__}: {error}")
        self.slowest = max(self.slowest, time.monotonic() - began)

    def new_code(self) -> None:
        """Turn out everybody who came by a link."""
        self._post(f"api/players/{self.player}/code", {"owner_key": self.owner_key})

    def _open_pages(self) -> None:
        for path in ("", "remote", "healthz", "api/id"):
            answer = self.system.get(path)
            assert answer.status == 200, f"{path}: {answer.status} {answer.body[:300]!r}"

    def _come_in(self) -> None:
        given = self._post("api/credentials", {"id": self.player, "key": self.remote_key})
        self._connect(given["client_id"], given["username"], given["password"]).close()

    def _announce(self) -> None:
        """Connect with a lasting session, subscribe to it and retain something new."""
        client = self._connect(f"home-{secrets.token_hex(6)}", "home", self._password, 600)
        topic = f"zapette/services/{secrets.token_hex(6)}/availability"
        assert [*client.subscribe(topic, qos=1).codes] == [1]
        answer = client.publish(topic, b"online", qos=1, retain=True)
        assert isinstance(answer, PubAck)
        assert answer.code == 0, f"PUBACK 0x{answer.code:02x}"
        client.acknowledge(client.expect_publish())
        client.publish(topic, b"", qos=1, retain=True)
        client.close()

    def _type(self) -> None:
        now = time.monotonic()
        if now - self._typed_at < TYPED_EVERY:
            return
        self._typed_at = now
        for last in (False, True):
            shown = self._post(f"api/players/{self.player}/pairing", {"owner_key": self.owner_key})
            answer = self.system.post("api/pairing", {"code": shown["code"]})
            if answer.status == 200:
                return
            # who guesses a great deal may end a code, but not keep anybody from the next one
            assert not last, f"a code: {answer.status} {answer.body[:300]!r}"
            assert answer.json["code"] == "wrong_code", f"{answer.status} {answer.body[:300]!r}"

    def _post(self, path: str, body: dict[str, str]) -> Any:
        answer = self.system.post(path, body)
        assert answer.status == 200, f"{path}: {answer.status} {answer.body[:300]!r}"
        return answer.json

    def _connect(self, client_id: str, name: str, password: str, expiry: int = 0) -> Client:
        client = Client(Stream(self.system.mqtt_port), Version.V5)
        connack = client.connect(
            Connect(
                client_id,
                Version.V5,
                clean=False,
                username=name,
                password=password.encode(),
                properties=((Property.SESSION_EXPIRY, expiry),) if expiry else (),
            )
        )
        assert connack.code == 0, f"CONNACK 0x{connack.code:02x}"
        return client
