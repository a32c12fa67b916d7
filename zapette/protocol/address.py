"""Whom a call is for, in one text: ``players/<id>/volume``, ``server/ip``, ``demo/ip``; no I/O."""

from __future__ import annotations

from functools import lru_cache

from zapette.errors import TopicError
from zapette.protocol.topics import Callee, Topics, is_procedure


@lru_cache(maxsize=256)
def parse_address(text: str, topics: Topics) -> tuple[Callee, str]:
    """Return the callee and the procedure that `text` names.

    ``players/<id>/…`` is a player's, ``server/…`` the server's, ``services/<name>/…`` a service's;
    so is ``<name>/…`` with any other name.

    Raises:
        TopicError: it names none.
    """
    kind, _, rest = text.partition("/")
    if kind == "server":
        callee, procedure = topics.server, rest
    elif kind in {"players", "services"}:
        name, _, procedure = rest.partition("/")
        callee = topics.player(name) if kind == "players" else topics.service(name)
    else:
        callee, procedure = topics.service(kind), rest
    if not is_procedure(procedure):
        raise TopicError(
            f"{text!r} names no procedure; players/ID/volume, server/ip or NAME/PROCEDURE would"
        )
    return callee, procedure
