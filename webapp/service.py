"""The server as a callee: what the pages get over HTTP, as procedures (docs/protocol.md)."""

from __future__ import annotations

from webapp.addresses import Addresses
from webapp.catalogue import Catalogue
from webapp.doorkeeper import Connected
from zapette.client import Client
from zapette.config import Settings
from zapette.credentials import Keyring, Role, new_player_id
from zapette.errors import CallError
from zapette.topics import Topics
from zapette.url import BrokerUrl

CLIENT_ID = "zapette-server"

_BROKER = "broker"
_PATIENCE = 2.0


def create_service(
    settings: Settings, keyring: Keyring, addresses: Addresses, catalogue: Catalogue
) -> Client:
    """Return the client that offers ``ip``, ``id`` and ``library`` under ``zapette/server``.

    It is not started.
    """
    anywhere = settings.bind in {"0.0.0.0", "::"}  # noqa: S104 - compared, not bound
    return Client(
        BrokerUrl(
            scheme="mqtt",
            host="127.0.0.1" if anywhere else settings.bind,
            port=settings.mqtt_port,
            username=Role.SERVER.value,
        ),
        client_id=CLIENT_ID,
        password=lambda: keyring.issue(Role.SERVER, CLIENT_ID)[0],
        callee=keyring.topics.server,
        procedures={
            "ip": lambda: addresses.found()["ip"],
            "id": new_player_id,
            "library": catalogue.answer,
        },
    )


def who_is_connected(service: Client, topics: Topics) -> Connected:
    """Return what asks the broker who of a player's visitors is connected."""
    broker = topics.service(_BROKER)

    def connected(player_id: str) -> list[str]:
        answer = service.call(broker, "clients", player_id, timeout=_PATIENCE)
        if not isinstance(answer, list):
            raise CallError("the broker did not answer with a list")
        return [str(it) for it in answer]

    return connected
