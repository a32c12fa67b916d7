"""A data folder that version 0.1.0 made, in this version; and one of a later version.

``data/data_folder_0.1.0.json`` is what that version wrote, as text: two players with a remote and a
guest each, one that was forgotten, an account, and a session with a message that waits.
"""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import pytest
from paho.mqtt.enums import MQTTProtocolVersion

from tests.clients.mqtt_clients import Household, MqttClient
from tests.programs.system import System
from tests.waiting import eventually

MADE: Final[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "data" / "data_folder_0.1.0.json").read_text()
)
TIMES: Final = (
    ("players.db", "players", "seen_at"),
    ("visitors.db", "visitors", "since"),
    ("broker.db", "sessions", "ends_at"),
)


def make(data: Path) -> None:
    """Write the folder as if version 0.1.0 had ended just now."""
    data.mkdir(mode=0o700)
    for name, text in MADE["files"].items():
        (data / name).write_text(text)
    for name, store in MADE["stores"].items():
        with closing(sqlite3.connect(data / name)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript("\n".join(store["script"]))
            for mark in ("application_id", "user_version"):
                connection.execute(f"PRAGMA {mark} = {store[mark]}")
            for file, table, column in TIMES:
                if file == name:
                    connection.execute(
                        f"UPDATE {table} SET {column} = {column} + ?",
                        (time.time() - MADE["made_at"],),
                    )
            connection.commit()


def files(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Return the content of each file but locks, and when it was written."""
    return {
        it.name: (it.read_bytes(), it.stat().st_mtime_ns)
        for it in folder.iterdir()
        if it.is_file() and it.suffix != ".lock"
    }


def client(system: System, given: dict[str, str]) -> MqttClient:
    return MqttClient(system, given["client_id"], given["username"], given["password"])


def first_of(receiver: MqttClient) -> tuple[str, Any]:
    topic, payload = eventually(lambda: receiver.received, "a message comes")[0]
    return topic, json.loads(payload)


def test_what_0_1_0_knew_works_on(tmp_path: Path) -> None:
    system = System(tmp_path)
    make(system.data)
    password = MADE["files"]["home-password"].strip()
    waiting = MADE["session"]
    with system:
        nightly = MqttClient(
            system, waiting["client_id"], "home", password,
            version=MQTTProtocolVersion.MQTTv311, clean=False,
        )  # fmt: skip
        with nightly:
            assert first_of(nightly) == (waiting["topic"], json.loads(waiting["payload"]))
        for player in MADE["players"]:
            home = Household.of(system, {"id": player["id"], "owner_key": player["owner_key"]})
            state = f"{home.root}/state"
            with client(system, player["token"]) as page:
                assert page.is_in
                for role, visitor in player["visitors"].items():
                    # the link in the code that a phone keeps is the same
                    assert home.key(role) == visitor["key"]
                    with client(system, visitor) as phone, home.visitor(role) as new_phone:
                        assert phone.is_in
                        assert new_phone.is_in
                        assert phone.subscribe(state)
                        assert first_of(phone) == (state, player["state"])
        with client(system, MADE["forgotten"]["token"]) as forgotten:
            assert not forgotten.is_in
        with MqttClient(system, "ann", "ann", "ann's") as ann:
            assert ann.is_in
        names = [each["name"] for each in json.loads(system.zapette("players", "--json").stdout)]
        assert sorted(names) == ["Kitchen", "Living room"]
    for complaint in ("damaged", "ERROR", "was gone"):
        assert complaint not in system.log


@pytest.mark.parametrize("store", ["players.db", "visitors.db", "broker.db"])
def test_a_folder_of_a_later_version_stays_as_it_is(tmp_path: Path, store: str) -> None:
    system = System(tmp_path)
    make(system.data)
    # what SQLite's header keeps is in the file once the log is written back
    with closing(sqlite3.connect(system.data / store)) as connection:
        connection.execute("PRAGMA user_version = 99")
    before = files(system.data)
    ended = system.zapette("run")
    assert ended.returncode == 2
    assert f"{store}: it was written by a newer version (schema 99, this one knows 1)" in (
        ended.stderr
    )
    assert "install the newer version again, or restore a backup" in ended.stderr
    assert files(system.data) == before
