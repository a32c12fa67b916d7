"""The roles of clients, and what each may publish and subscribe to; no I/O.

The buttons follow ``static/remote/rights.js``; uploads have a rule in ``uploads/routes.py``.
"""

from __future__ import annotations

import enum
from collections.abc import Collection
from typing import Final

from zapette.protocol.topics import Topics, is_player_id, is_token
from zapette_server.errors import CredentialsError


class Role(enum.StrEnum):
    """The kind of a client; the value is its user name, except for the household's."""

    PLAYER = "player"
    REMOTE = "remote"
    GUEST = "guest"
    SERVER = "server"
    HOUSEHOLD = "household"


RESERVED_NAMES: Final = frozenset(role.value for role in Role)
"""User names that no household account may have."""

Acl = list[dict[str, str | bool]]
"""Rules in the form of EMQX: permission, action (publish, subscribe) and topic filter.

A rule with ``"retain": false`` is about messages without the retain flag only.
"""


def rights(role: Role, topics: Topics, client_id: str, player_id: str = "") -> Acl:
    """Return the rights of `role` by the protocol's table "Rights".

    Raises:
        CredentialsError: the client id or the player id does not have its form.
    """
    if role in (Role.SERVER, Role.HOUSEHOLD):
        discovery = f"{topics.discovery_prefix}/#"
        publish = [topics.everything, "zapette/#", "homeassistant/#", discovery]
        return _acl(publish, [*publish, "$SYS/#"], retain=publish)
    if not is_token(client_id) or not is_player_id(player_id):
        raise CredentialsError("a client id and a player id are needed")
    player, server = topics.player(player_id), topics.server
    server_calls = [f"{server.root}/request/{client_id}/#"]
    server_topics = [server.availability, server.responses(client_id)]
    if role is Role.PLAYER:
        own = [player.availability, player.state, player.event("#"), f"{player.root}/response/#"]
        return _acl(
            [*own, *server_calls],
            [player.commands, player.requests, *server_topics],
            retain=[player.availability, player.state],
        )
    player_topics = [player.state, player.availability, player.responses(client_id)]
    calls = f"{player.root}/request/{client_id}"
    if role is Role.REMOTE:
        return _acl(
            [player.commands, f"{calls}/#", *server_calls],
            [*player_topics, player.event("#"), *server_topics],
        )
    return _acl(
        [f"{calls}/+/{name}" for name in ("status", "queue/add", "queue/play_next")],
        [*player_topics, server.availability],
    )


def _acl(publish: list[str], subscribe: list[str], *, retain: Collection[str] = ()) -> Acl:
    """Return the rules; only topics in `retain` may be published with the retain flag."""
    rules: Acl = []
    for topic in dict.fromkeys(publish):
        rules.append({"permission": "allow", "action": "publish", "topic": topic})
        if topic not in retain:
            rules[-1]["retain"] = False
    rules += [
        {"permission": "allow", "action": "subscribe", "topic": topic}
        for topic in dict.fromkeys(subscribe)
    ]
    return [*rules, {"permission": "deny", "action": "all", "topic": "#"}]
