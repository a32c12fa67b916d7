"""Addresses of procedures: ``players/<id>/volume``, ``server/ip``, ``demo/ip``; no I/O."""

from __future__ import annotations

from functools import lru_cache

from zapette.errors import TopicError
from zapette.protocol.topics import Callee, Topics, is_procedure


@lru_cache(maxsize=256)
def parse_address(text: str, topics: Topics) -> tuple[Callee, str]:
    """Return the callee and the procedure of an address.

    ``<name>/…`` with any name but ``players``, ``server`` and ``services`` is a service.

    Raises:
        TopicError: it is not an address.
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
