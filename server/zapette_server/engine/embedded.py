"""Our own broker as the engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from zapette.client.client import Client
from zapette.errors import CallError, Unavailable
from zapette_server.access.credentials import Keyring
from zapette_server.engine.engine import Tokens

SERVICE: Final = "broker"
"""The name of our broker's service."""

_TIMEOUT: Final = 2.0


class EmbeddedEngine:
    """Our own broker: it reads the stores itself, and says over MQTT who is connected."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self._service: Client | None = None

    @property
    def tokens(self) -> Tokens:
        """What issues and reads its tokens."""
        return self._keyring

    @property
    def problem(self) -> str | None:
        """None: the broker reports its health itself."""
        return None

    @property
    def informed(self) -> Mapping[str, bool]:
        """Nothing: the broker reads the stores."""
        return {}

    def start(self, service: Client) -> None:
        """Use the server's own client for questions."""
        self._service = service

    def stop(self) -> None:
        """Do nothing: others stop the client."""

    def connected(self, player_id: str) -> list[str]:
        """Return the client ids of a player's connected remotes and guests.

        Raises:
            CallError: the broker does not say.
        """
        if self._service is None:
            raise Unavailable("the server has not started")
        broker = self._keyring.topics.service(SERVICE)
        answer = self._service.call(broker, "clients", player_id, timeout=_TIMEOUT)
        if not isinstance(answer, list):
            raise CallError("the broker did not answer with a list")
        return [str(it) for it in answer]

    def page_url(self) -> str | None:
        """Return None: the broker is where the pages are, or where the settings say."""
        return None
