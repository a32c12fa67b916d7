"""What version 0.1.0 wrote, copied to PostgreSQL, is what two web sides work with."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.clients.mqtt_clients import Household
from tests.programs.system import System
from tests.server.test_upgrade import MADE, client, files, make

pytestmark = pytest.mark.slow


def test_two_web_sides_know_what_0_1_0_knew(tmp_path: Path, database_url: str) -> None:
    old = System(tmp_path / "old")
    old.folder.mkdir()
    make(old.data)
    before = files(old.data).keys()
    copied = old.zapette("store", "copy", str(old.data), database_url)
    assert copied.stdout.startswith("2 players and 4 remotes were copied"), copied.stderr
    assert files(old.data).keys() == before
    settings = {"ZAPETTE_DATABASE": database_url}
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    with System(tmp_path / "a", settings) as first, System(tmp_path / "b", settings) as second:
        for side in (first, second):
            for player in MADE["players"]:
                made = {"id": player["id"], "owner_key": player["owner_key"]}
                home = Household.of(side, made)
                for role, visitor in player["visitors"].items():
                    assert home.key(role) == visitor["key"]
                    with client(side, visitor) as phone:
                        assert phone.is_in
            with client(side, MADE["forgotten"]["token"]) as forgotten:
                assert not forgotten.is_in
        home = Household.of(first, made)
        home.new_code()
        with client(second, player["visitors"]["remote"]) as phone:
            assert not phone.is_in
