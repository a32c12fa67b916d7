"""Keys, tokens, and the rights table of the wire contract."""

from __future__ import annotations

import itertools
import json
import re

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zapette.protocol.topics import Topics
from zapette_server.access.authentication import compile_rights, rights_in
from zapette_server.access.credentials import Keyring, new_generation, new_player_id
from zapette_server.access.rights import Role, rights
from zapette_server.errors import CredentialsError

ID, OTHER = "a" * 32, "b" * 32
P, Q = f"zapette/players/{ID}", f"zapette/players/{OTHER}"
KEYRING = Keyring(b"s" * 32, Topics())

PUBLISH = {
    Role.PLAYER: [f"{P}/availability", f"{P}/state", f"{P}/event/play", f"{P}/response/c/1",
                  "zapette/server/request/me/1/ip"],
    Role.REMOTE: [f"{P}/command/play", f"{P}/command/volume/up", f"{P}/request/me/1/play",
                  "zapette/server/request/me/1/id"],
    Role.GUEST: [f"{P}/request/me/1/status", f"{P}/request/me/2/queue/add",
                 f"{P}/request/me/3/queue/play_next"],
    Role.HOUSEHOLD: [f"{P}/command/play", f"{Q}/state", "zapette/services/x/availability",
                     "homeassistant/status", "zapette/discovery/x"],
}  # fmt: skip
SUBSCRIBE = {
    Role.PLAYER: [f"{P}/command/#", f"{P}/command/play", f"{P}/request/#", f"{P}/request/+/+/play",
                  "zapette/server/availability", "zapette/server/response/me/#"],
    Role.REMOTE: [f"{P}/state", f"{P}/availability", f"{P}/event/#", f"{P}/event/+",
                  f"{P}/response/me/#", f"{P}/response/me/+", "zapette/server/availability",
                  "zapette/server/response/me/1"],
    Role.GUEST: [f"{P}/state", f"{P}/availability", f"{P}/response/me/#",
                 "zapette/server/availability"],
    Role.HOUSEHOLD: ["zapette/#", "zapette/players/+/state", "homeassistant/#", "$SYS/#",
                     "$share/g/zapette/#"],
}  # fmt: skip
EVERYTHING = {
    "publish": {*itertools.chain(*PUBLISH.values()), f"{Q}/command/play", f"{P}/request/you/1/play",
                f"{P}/response/you/1", "zapette/server/availability", "$SYS/broker/uptime",
                "zapette/server/response/me/1", "zapette/server/request/you/1/ip", "elsewhere",
                f"{P}/request/me/1/play/", f"{P}", f"{Q}/request/me/1/status",
                f"{P}/request/me/1/queue/clear", f"{P}/request/me/x/y/status"},
    "subscribe": {*itertools.chain(*SUBSCRIBE.values()), "#", "zapette/#",
                  "zapette/players/+/state", "+/+/+/+", "+/#", f"{P}/#", f"{P}/+",
                  f"{P}/response/#", f"{P}/response/+/#",
                  f"{P}/response/you/#", f"{Q}/state", f"{Q}/command/#", f"{Q}/response/me/#",
                  "zapette/server/#", "zapette/server/response/+/#", "zapette/players/#",
                  "$share/g/zapette/players/+/state", "$SYS/broker/uptime", f"{P}/event/+/#"},
}  # fmt: skip
# What follows from a right that is listed above.
IMPLIED = {
    (Role.REMOTE, "publish", f"{P}/request/me/1/status"),
    (Role.REMOTE, "publish", f"{P}/request/me/2/queue/add"),
    (Role.REMOTE, "publish", f"{P}/request/me/3/queue/play_next"),
    (Role.REMOTE, "publish", f"{P}/request/me/1/queue/clear"),
    (Role.REMOTE, "publish", f"{P}/request/me/1/play/"),
    (Role.REMOTE, "publish", f"{P}/request/me/x/y/status"),
    (Role.REMOTE, "publish", "zapette/server/request/me/1/ip"),
    (Role.PLAYER, "publish", "zapette/server/request/me/1/id"),
    (Role.PLAYER, "publish", f"{P}/response/you/1"),
    (Role.PLAYER, "subscribe", "zapette/server/response/me/1"),
    (Role.REMOTE, "subscribe", "zapette/server/response/me/#"),
    (Role.REMOTE, "subscribe", f"{P}/event/+/#"),
    (Role.GUEST, "subscribe", f"{P}/response/me/+"),
}


@pytest.mark.parametrize("role", [Role.PLAYER, Role.REMOTE, Role.GUEST])
@pytest.mark.parametrize("action", ["publish", "subscribe"])
def test_rights_are_the_table_and_nothing_else(role: Role, action: str) -> None:
    compiled = compile_rights(rights(role, Topics(), "me", ID))
    listed = set((PUBLISH if action == "publish" else SUBSCRIBE)[role])
    listed |= {topic for who, what, topic in IMPLIED if (who, what) == (role, action)}
    may = compiled.may_publish if action == "publish" else compiled.may_subscribe
    assert {topic for topic in EVERYTHING[action] if may(topic)} == listed


@pytest.mark.parametrize("role", [Role.HOUSEHOLD, Role.SERVER])
def test_household_rights(role: Role) -> None:
    compiled = compile_rights(rights(role, Topics("home/tv"), "me"))
    assert all(map(compiled.may_publish, ["home/tv/players/x/state", "zapette/discovery/x"]))
    assert all(map(compiled.may_subscribe, ["home/tv/#", "homeassistant/#", "$SYS/#"]))
    assert not any(map(compiled.may_publish, ["elsewhere", "$SYS/x", "home/other"]))
    assert not any(map(compiled.may_subscribe, ["#", "+/#", "home/#", "elsewhere"]))


def test_acl_is_in_the_format_of_emqx_and_denies_by_default() -> None:
    for role in (Role.PLAYER, Role.REMOTE, Role.GUEST):
        acl = rights(role, Topics(), "me", ID)
        assert all({"permission", "action", "topic"} <= set(rule) for rule in acl)
        assert acl[-1] == {"permission": "deny", "action": "all", "topic": "#"}
        retained = {
            rule["topic"]
            for rule in acl
            if rule["action"] == "publish" and rule.get("retain") is not False
        }
        assert retained == ({f"{P}/availability", f"{P}/state"} if role is Role.PLAYER else set())


def test_keys() -> None:
    generation = new_generation()
    keys = [KEYRING.link_key(role, ID, generation) for role in (Role.REMOTE, Role.GUEST)]
    keys.append(KEYRING.owner_key(ID))
    assert len(set(keys)) == 3
    assert all(re.fullmatch("[A-Za-z0-9_-]{22}", key) for key in keys)
    assert KEYRING.role_of(ID, generation, keys[0]) is Role.REMOTE
    assert KEYRING.role_of(ID, generation, keys[1]) is Role.GUEST
    assert KEYRING.role_of(ID, generation, keys[2]) is None
    assert KEYRING.role_of(ID, new_generation(), keys[0]) is None
    assert KEYRING.role_of(OTHER, generation, keys[0]) is None
    assert KEYRING.owns(ID, keys[2])
    assert not KEYRING.owns(OTHER, keys[2])
    assert not KEYRING.owns(ID, keys[0])
    assert re.fullmatch("[0-9a-f]{32}", new_player_id())


def test_token_round_trip() -> None:
    token, expires_at = KEYRING.issue(Role.REMOTE, "remote-1", ID, "g")
    read = KEYRING.read(token)
    assert (read.role, read.client_id, read.player_id) == (Role.REMOTE, "remote-1", ID)
    assert (read.generation, read.expires_at) == ("g", expires_at)
    assert json.loads(read.acl) == rights(Role.REMOTE, Topics(), "remote-1", ID)


# words that the rules have, and ids that any client may choose
IDS = st.sampled_from(
    ["subscribe", "publish", "action", "topic", "allow", "deny", "all", "retain", "players", "a"]
) | st.text("aeilopst019_-", min_size=1, max_size=6)


@given(IDS, st.sampled_from([Role.PLAYER, Role.REMOTE, Role.GUEST]))
def test_rights_in_a_token_are_those_of_the_role(client_id: str, role: Role) -> None:
    read = KEYRING.read(KEYRING.issue(role, client_id, ID, "g")[0])
    granted = rights_in(read.acl, client_id, ID)
    expected = compile_rights(rights(role, Topics(), client_id, ID))
    for own in (client_id, "me"):
        for topic in EVERYTHING["publish"] | EVERYTHING["subscribe"]:
            asked = topic.replace("/me/", f"/{own}/")
            for may in ("may_publish", "may_retain", "may_subscribe"):
                assert getattr(granted, may)(asked) == getattr(expected, may)(asked), asked


def test_clients_of_one_role_share_their_rights() -> None:
    first, second = (
        rights_in(KEYRING.read(KEYRING.issue(Role.REMOTE, name, player, "g")[0]).acl, name, player)
        for name, player in (("ada", ID), ("bob", OTHER))
    )
    assert first._publish is second._publish
    topics = [f"{P}/command/play", f"{Q}/command/play"]
    assert [first.may_publish(topic) for topic in topics] == [True, False]
    assert [second.may_publish(topic) for topic in topics] == [False, True]


def test_tokens_that_prove_nothing() -> None:
    token, _ = KEYRING.issue(Role.REMOTE, "remote-1", ID, "g")
    expired, _ = KEYRING.issue(Role.REMOTE, "remote-1", ID, "g", lifetime=-1)
    other, _ = Keyring(b"t" * 32, Topics()).issue(Role.REMOTE, "remote-1", ID, "g")
    claims = jwt.decode(token, options={"verify_signature": False})
    unsigned = jwt.encode(claims, "", algorithm="none")
    del claims["acl"]
    without_rights = jwt.encode(claims, KEYRING._signing_key, algorithm="HS256")
    with pytest.raises(CredentialsError, match="expired"):
        KEYRING.read(expired)
    for wrong in (other, unsigned, without_rights, token[:-2], "", "a.b.c", b"\xff\xfe"):
        with pytest.raises(CredentialsError, match="not valid"):
            KEYRING.read(wrong)
