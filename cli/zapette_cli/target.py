"""The target of a command: an id, a name, or the beginning of an id."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from zapette.errors import Unavailable
from zapette.protocol.topics import Callee, is_player_id
from zapette_cli.errors import TargetError
from zapette_cli.language import Text

if TYPE_CHECKING:
    from zapette.client.application import Application

SHORTEST = 4
"""The shortest beginning of an id that a command accepts."""

_NONE: Final = Text(
    "nothing is called {text}; `zapette players` lists the players",
    "rien ne s\u2019appelle {text}\u202f; `zapette players` donne la liste des lecteurs",
)
_SEVERAL: Final = Text(
    "{text} matches {found}: type more of the id",
    "{text} désigne {found}\u202f: donnez plus de caractères de l\u2019identifiant",
)


def find(text: str, application: Application) -> Callee:
    """Return the callee that `text` names.

    That is ``server``, a player id, ``services/NAME``, the name of a player in any case, the
    beginning of a player id (four characters or more), or the name of a service that is online.

    Raises:
        TargetError: none has this name, or several have.
        Unavailable: the connection is lost.
    """
    topics = application.topics
    if text == "server":
        return topics.server
    if is_player_id(text):
        return topics.player(text)
    if text.startswith("services/"):
        return topics.service(text.removeprefix("services/"))
    found = _candidates(text, application)
    if len(found) == 1:
        return next(iter(found.values()))
    if not found:
        raise TargetError(_NONE.filled(text=repr(text)))
    raise TargetError(
        _SEVERAL.filled(text=repr(text), found=Text(" and ".join(found), " et ".join(found)))
    )


def follow_services(application: Application) -> set[str]:
    """Return a set that receives the names of the online services."""
    services: set[str] = set()
    below = application.topics.service("x").root.removesuffix("x")

    def note(topic: str, payload: bytes) -> None:
        name = topic.removeprefix(below).removesuffix("/availability")
        (services.add if payload == b"online" else services.discard)(name)

    application.client.subscribe(
        f"{below}+/availability", lambda it: note(it.topic, it.payload), qos=0
    )
    return services


def _candidates(text: str, application: Application) -> dict[str, Callee]:
    """Return the callees that match, by a label that distinguishes them."""
    topics, players = application.topics, application.players
    services = follow_services(application)
    try:
        players.settle()
    except Unavailable:
        if not application.is_live:
            raise
    named = [each for each in players if each.name.casefold() == text.casefold()]
    if not named and len(text) >= SHORTEST:
        named = [each for each in players if each.id.startswith(text)]
    found = {f"{each.id} ({each.name})": topics.player(each.id) for each in named}
    if text in services:
        found[f"services/{text}"] = topics.service(text)
    return found
