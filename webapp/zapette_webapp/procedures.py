"""The procedures of the server, which the pages call over HTTP instead (docs/protocol.md)."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import wraps
from typing import Final, ParamSpec, TypeVar

from zapette.client.calls.procedures import Procedure
from zapette.client.client import Client
from zapette.errors import CallError, InvalidArgument, MediaError, Unavailable
from zapette.protocol.topics import Callee, Topics
from zapette_broker.storage.store_errors import StoreError
from zapette_server.access.credentials import new_player_id
from zapette_server.access.rights import Role
from zapette_server.engine.engine import Tokens
from zapette_server.errors import PlayersFull
from zapette_server.health_checks import without_folders
from zapette_server.local_broker import brokers_here
from zapette_server.settings.settings import Settings
from zapette_webapp.access.players.new_players import NewPlayers
from zapette_webapp.errors import NoFilm, PrivateAddress, ToolBusy, WrongCode
from zapette_webapp.library.queries import Queries
from zapette_webapp.links.resolver import Found, Resolver
from zapette_webapp.network.addresses import Addresses

P = ParamSpec("P")
T = TypeVar("T")

log = logging.getLogger("zapette.web")

CLIENT_ID = "zapette-server"

ADMISSION: Final = "admission"
LINKS: Final = "links"

_GUESSED = (
    "Someone is guessing codes, so this code has expired. Ask for a new one. — "
    "Quelqu\u2019un essaie de deviner les codes\u202f: celui-ci n\u2019est plus valable. "
    "Demandez-en un nouveau."
)
_GUESSED_SECONDS = 20


def create_service(
    settings: Settings,
    topics: Topics,
    tokens: Tokens,
    addresses: Addresses,
    queries: Queries,
) -> Client:
    """Return the client that offers ``ip``, ``id`` and ``library`` under ``zapette/server``.

    The caller starts it.
    """

    def ip() -> str:
        """Return the address at which phones reach this server."""
        return str(addresses.found()["ip"])

    procedures: dict[str, Procedure] = {
        "ip": ip,
        "id": new_player_id,
        "library": _in_words(queries.answer),
    }
    return _client(settings, tokens, CLIENT_ID, topics.server, procedures)


def create_link(settings: Settings, tokens: Tokens) -> Client:
    """Return the client of one of several web sides; the caller starts it."""
    return _client(settings, tokens, f"zapette-web-{secrets.token_hex(8)}")


def create_admission_service(
    settings: Settings, topics: Topics, tokens: Tokens, new_players: NewPlayers
) -> Client:
    """Return the client that lets new players in, ``zapette/services/admission``."""

    def allow(code: str | int) -> None:
        """Let in the new player whose page shows this code."""
        try:
            new_players.allow(code)
        except WrongCode:
            raise InvalidArgument("code: no page that waits shows it, or it has expired") from None
        except PlayersFull as error:
            raise Unavailable(str(error)) from error

    procedures: dict[str, Procedure] = {
        "allow": _in_words(allow),
        "waiting": _in_words(new_players.waiting),
    }
    return _household_service(settings, topics, tokens, ADMISSION, procedures)


def create_links_service(
    settings: Settings, topics: Topics, tokens: Tokens, resolver: Resolver
) -> Client:
    """Return the client that finds films in web pages, ``zapette/services/links``."""

    def find(address: str) -> Found:
        """Return the film in the web page at this address; this can take half a minute."""
        try:
            return resolver.find(address)
        except NoFilm as error:
            raise MediaError(str(error)) from None
        except PrivateAddress as error:
            raise InvalidArgument(f"address: {error}") from None
        except ToolBusy as error:
            raise Unavailable(str(error)) from None

    return _household_service(settings, topics, tokens, LINKS, {"find": find})


def _household_service(
    settings: Settings,
    topics: Topics,
    tokens: Tokens,
    name: str,
    procedures: Mapping[str, Procedure],
) -> Client:
    """Return the client of a service, which only the household may call; the caller starts it."""
    return _client(settings, tokens, f"zapette-{name}", topics.service(name), procedures)


def _client(
    settings: Settings,
    tokens: Tokens,
    client_id: str,
    callee: Callee | None = None,
    procedures: Mapping[str, Procedure] | None = None,
) -> Client:
    """Return a client with the server's rights, which may offer procedures."""
    return Client(
        *brokers_here(settings, Role.SERVER.value),
        client_id=client_id,
        ca_file=settings.ca_file,
        password=lambda: tokens.issue(Role.SERVER, client_id)[0],
        callee=callee,
        procedures=procedures,
    )


def announce_addresses(service: Client, topics: Topics) -> None:
    """Say again that the server is online: player pages then ask for its addresses."""
    with suppress(Unavailable):
        # without a connection, the next one says so
        service.publish(topics.server.availability, b"online", qos=1, retain=True)


def _in_words(procedure: Callable[P, T]) -> Callable[P, T]:
    """Return `procedure` with the errors of stores as `Unavailable`."""

    @wraps(procedure)
    def called(*positional: P.args, **named: P.kwargs) -> T:
        try:
            return procedure(*positional, **named)
        except StoreError as error:
            raise Unavailable(without_folders(str(error))) from error

    return called


def warn_of_guesses(service: Client, topics: Topics) -> Callable[[str], None]:
    """Return a function that shows on a player's screen that its code to type has expired.

    The server does not know the page's language, so the message is in both.
    """

    def warn(player_id: str) -> None:
        try:
            service.command(topics.player(player_id), "message", _GUESSED, _GUESSED_SECONDS)
        except CallError as error:
            log.debug("cannot show a player that somebody is guessing codes: %s", error)

    return warn
