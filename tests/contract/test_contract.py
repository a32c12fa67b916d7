"""Errors, rights, events and sizes, by the vectors that the other languages' tests read too."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from tests.contract.vector_files import vectors
from tests.programs.system import System
from zapette import Application, errors
from zapette.client.calls import outgoing_calls as outgoing
from zapette.client.players import moving, player
from zapette.mqtt import retained_repeats
from zapette.protocol import messages, ranges
from zapette.protocol.topics import Topics
from zapette_cli import upload
from zapette_homeassistant import entity_payloads
from zapette_server.access.rights import Role, rights
from zapette_webapp import problem_details
from zapette_webapp.library import queries
from zapette_webapp.media.pictures import sheet

ME = "remote-1"
PLAYER = "0" * 32
ROLES = {name: rules for name, rules in vectors("rights").items() if name != "description"}


def expanded(patterns: list[str], topics: Topics) -> list[str]:
    names = {"P": topics.player(PLAYER).root, "S": topics.server.root, "me": ME}
    return sorted(pattern.format(**names) for pattern in patterns)


def test_every_role_has_its_rights() -> None:
    assert set(ROLES) == {role.value for role in Role}


@pytest.mark.parametrize("role", ROLES)
def test_rights(role: str) -> None:
    topics = Topics()
    *allowed, last = rights(Role(role), topics, ME, PLAYER)
    assert last == {"permission": "deny", "action": "all", "topic": "#"}
    assert all(rule["permission"] == "allow" for rule in allowed)
    published = [rule for rule in allowed if rule["action"] == "publish"]
    told: dict[str, list[dict[str, Any]]] = {
        "publish": published,
        "retain": [rule for rule in published if rule.get("retain", True)],
        "subscribe": [rule for rule in allowed if rule["action"] == "subscribe"],
    }
    assert told.keys() == ROLES[role].keys()
    for action, rules in told.items():
        assert sorted(rule["topic"] for rule in rules) == expanded(ROLES[role][action], topics)
    assert len(allowed) == len(ROLES[role]["publish"]) + len(ROLES[role]["subscribe"])


def test_a_player_may_retain_what_is_retained() -> None:
    retained = [name for name, it in vectors("topics")["messages"].items() if it["retained"]]
    assert ROLES["player"]["retain"] == [f"{{P}}/{name}" for name in retained]


def test_errors() -> None:
    codes = vectors("errors")
    assert list(errors._BY_CODE) == [*codes["callee"], *codes["caller"]]
    for code, kind in errors._BY_CODE.items():
        assert type(errors.CallError.of(code, "")) is kind
        assert kind("").code == code


def test_errors_over_http() -> None:
    assert list(get_args(problem_details.Code)) == list(vectors("errors")["http"])


def test_procedures_of_the_server_and_the_broker(system: System) -> None:
    declared = vectors("procedures")
    with Application(url=system.household(), base_topic="zapette") as application:
        for callee, procedures in [
            ("server", declared["server"]),
            ("broker", declared["services"]["broker"]),
        ]:
            offered = application.call(f"{callee}/procedures")
            assert {it["name"]: [each["name"] for each in it["parameters"]] for it in offered} == (
                procedures
            )


def test_the_procedures_that_load() -> None:
    declared = vectors("procedures")["player"]
    assert {name for name, it in declared.items() if it.get("loads")} == player.LOADS


def test_events_of_home_assistant() -> None:
    made = entity_payloads.components(PLAYER, Topics(), "http://localhost/", ())
    events = [it["event_types"] for it in made.values() if it["platform"] == "event"]
    assert events == [[name] for name in vectors("events")["home_assistant"]]


def test_the_volume_of_home_assistant() -> None:
    volume = entity_payloads.components(PLAYER, Topics(), "http://localhost/", ())["volume"]
    assert (volume["min"], volume["max"]) == ranges.VOLUME


def test_ranges() -> None:
    of = {
        (name, each["name"]): (each.get("least"), each.get("most"))
        for name, declared in vectors("procedures")["player"].items()
        for each in declared["parameters"]
    }
    assert of["volume", "level"] == ranges.VOLUME
    assert of["rename", "name"] == (1, ranges.LONGEST_NAME)
    assert of["load", "title"] == (1, ranges.LONGEST_TITLE)


def test_what_other_clients_do_alike() -> None:
    alike = vectors("alike")
    assert alike["move_within_seconds"] == moving.NEAR
    assert alike["upload"] == {
        "first_part_bytes": upload.FIRST,
        "least_part_bytes": upload.LEAST,
        "quick_seconds": upload.QUICK,
        "longest_pause_seconds": upload.LONGEST_PAUSE,
        "tries": upload.TRIES,
    }
    assert alike["sheet"] == {
        "columns": sheet.COLUMNS, "count": sheet.COUNT, "width": sheet.WIDTH, "height": sheet.HEIGHT
    }  # fmt: skip


def test_sizes_and_times() -> None:
    limits = vectors("limits")
    assert limits["parameters_bytes"] == messages.MAX_PARAMETERS
    assert limits["library_entries"] == queries.MOST
    assert limits["call_expiry_seconds"] == outgoing.EXPIRY
    assert limits["loading_seconds"] == player.LOADING
    assert limits["doubtful_seconds"] == retained_repeats.DOUBTFUL
