"""A player is forgotten: by its owner, on the command line, or because it was gone for long."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.clients.mqtt_clients import Household
from tests.homeassistant.driving.instance import Instance
from tests.homeassistant.driving.scripted_player import of_household
from tests.programs.system import System
from tests.waiting import eventually


def by_its_owner(_: System, household: Household) -> None:
    household.forget()


def on_the_command_line(system: System, household: Household) -> None:
    assert system.zapette("players", "forget", household.id).returncode == 0


def gone_for_days(system: System, household: Household) -> None:
    with sqlite3.connect(system.data / "players.db") as database:
        database.execute(
            "UPDATE players SET seen_at = ? WHERE id = ?",
            (time.time() - 3 * 86400, household.id),
        )
    database.close()
    # it is looked at every hour, and at the start
    system.kill("web")
    eventually(system.is_up, "the web side is back", 30)


@pytest.mark.parametrize("forget", [by_its_owner, on_the_command_line, gone_for_days])
def test_forgotten(
    system: System, home: Instance, forget: Callable[[System, Household], None]
) -> None:
    added, offered = Household(system), Household(system)
    with of_household(added, "Studio"):
        home.accept("Studio")
        seen = home.seen(added.id)
        seen.shows("idle")
    with of_household(offered, "Shed"):
        eventually(lambda: "Shed" in home.offers(), "the other is offered")
    seen.shows("unavailable")

    def issues() -> list[dict[str, Any]]:
        told = home.api.ask("repairs/list_issues")["issues"]
        return [it for it in told if it["domain"] == "zapette"]

    forget(system, added)
    (issue,) = eventually(issues, "Home Assistant says that the player was forgotten", 30)
    assert issue["is_fixable"]
    assert issue["translation_placeholders"] == {"name": "Studio"}
    flow = home.rest(
        "POST", "repairs/issues/fix", {"handler": "zapette", "issue_id": issue["issue_id"]}
    )
    assert flow["step_id"] == "confirm"
    done = home.rest("POST", f"repairs/issues/fix/{flow['flow_id']}", {})
    assert done["type"] == "create_entry"
    eventually(lambda: added.id not in home.devices().values(), "nothing is left of it")
    seen.shows("gone")
    eventually(lambda: issues() == [], "there is nothing to repair any more")
    # one that nobody added is offered no longer
    forget(system, offered)
    eventually(lambda: home.offers() == {}, "nothing is offered", 30)
