"""What happens to a whole system whose stores and disk fail while it runs."""

from __future__ import annotations

import os
import random
import re
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.faults.disk import filled, may_mount, read_only, small_disk
from tests.faults.holding import held
from tests.faults.home import home
from tests.programs.system import Answer, System
from tests.waiting import SLACK, eventually
from zapette_broker.storage.sqlite_connection import WHOLE_INTERVAL
from zapette_server.paths import ROOT

pytestmark = pytest.mark.usefixtures("own_disk")

HELD: float = float(os.environ.get("ZAPETTE_TEST_HELD", "8"))
"""For how many seconds a store is held."""

STREAM = "streams/zapette.webm/h264-none/video-0.m4s"
"""A part of a film that is converted."""


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    """A system on a disk of its own; not started where the test is run again in a namespace."""
    system = System(tmp_path)
    if not may_mount():
        yield system
        return
    with small_disk(system.data, 12 << 20), system:
        yield system


def new_player(system: System) -> dict[str, Any]:
    """Return the id and owner key of a player that the system knows."""
    made: dict[str, Any] = system.get("api/id").json
    assert system.post("api/credentials", made).status == 200
    return made


def unavailable(answer: Answer, *words: str) -> None:
    """Check that an answer is a refusal in words that a program can read."""
    assert answer.status == 503, answer.body
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json["code"] == "unavailable"
    assert int(answer.headers["Retry-After"]) > 0
    for word in words:
        assert word in answer.json["detail"], answer.json


def problems(system: System) -> dict[str, str]:
    """Return what `/healthz` says does not work, in the answer that a watcher would get."""
    answer = system.get("healthz")
    found: dict[str, str] = answer.json["problems"]
    assert answer.status == (503 if found else 200)
    assert {name for name, word in answer.json["parts"].items() if word == "down"} == set(found)
    assert not any(str(system.data) in words for words in found.values())
    return found


def names(system: System, words: str, *parts: str) -> None:
    """Check that `/healthz` soon says these words of each of these parts."""
    for part in parts:
        what = f"/healthz says {words!r} of {part}"
        eventually(partial(_says, system, words, part), what)


def _says(system: System, words: str, part: str) -> bool:
    return words in problems(system).get(part, "")


def watchdog() -> str:
    """Return the path by which the Supervisor sees whether to restart the add-on."""
    config = (ROOT / "addon" / "zapette" / "config.yaml").read_text()
    (path,) = re.findall(r"^watchdog: \S+:8000/(\S+)$", config, re.MULTILINE)
    return str(path)


def quiet(system: System, *players: dict[str, Any]) -> None:
    """Check that the log holds neither tracebacks nor ids."""
    assert "Traceback" not in system.log
    for player in players:
        assert player["id"] not in system.log


def test_a_full_disk(system: System) -> None:
    old, new = new_player(system), system.get("api/id").json
    with home(system) as client, filled(system.data):
        unavailable(system.post("api/credentials", new), "players.db", "make room")
        names(system, "make room", "disk", "store_players")
        part = system.get(STREAM)
        assert (part.status, part.json["code"]) == (507, "no_room")
        # who is known still gets in as far as that writes nothing
        answer = client.publish("homeassistant/kept/x", bytes(60_000), qos=1, retain=True)
        assert answer is not None
        assert answer.code == 0x97
        names(system, "make room", "broker_store_messages")
        assert system.get(watchdog()).status == 200, (
            "Home Assistant would restart it again and again"
        )
    eventually(lambda: not problems(system), "it recovers by itself", timeout=20)
    assert system.post("api/credentials", new).status == 200
    eventually(lambda: system.get(STREAM).status == 200, "films are converted again")
    with home(system) as client:
        answer = client.publish("homeassistant/kept/y", bytes(60_000), qos=1, retain=True)
        assert answer is not None
        assert answer.code in {0, 0x10}
    quiet(system, old, new)


def test_a_start_on_a_disk_that_is_read_only(system: System) -> None:
    player = new_player(system)
    system.stop()
    with read_only(system.data):
        done = system.zapette("run")
        assert done.returncode == 2, done.stderr
        assert f"{system.data}" in done.stderr
        assert "make the file and its folder writable" in done.stderr
        assert "Traceback" not in done.stderr
    system.start()
    assert system.post("api/credentials", player).status == 200


@pytest.mark.parametrize(
    ("store", "part"),
    [
        ("players.db", "store_players"),
        pytest.param("visitors.db", "store_visitors", marks=pytest.mark.long),
    ],
)
def test_a_store_that_is_held(system: System, store: str, part: str) -> None:
    player = new_player(system)
    link = system.post("api/credentials", player).json["links"]["remote"]["url"]
    asked = {"id": player["id"], "key": link.rpartition(".")[2]}
    with home(system) as client, ThreadPoolExecutor(6) as pool:
        with held(system.data / store):
            until = time.monotonic() + HELD
            answers = [pool.submit(system.post, "api/credentials", asked) for _ in range(6)]
            names(system, "another process has locked it", part)
            while time.monotonic() < until:
                began = time.monotonic()
                client.publish("zapette/test", b"x", qos=1)
                assert time.monotonic() - began < 1 + SLACK
        for answer in answers:
            # it was waited for, or not
            if answer.result().status != 200:
                unavailable(answer.result())
        assert any(answer.result().status == 503 for answer in answers)
    eventually(lambda: not problems(system), "it recovers by itself", timeout=20)
    assert system.post("api/credentials", asked).status == 200
    quiet(system, player)


def noise(file: Path) -> None:
    size = file.stat().st_size
    with file.open("r+b") as stream:
        stream.write(random.Random(5).randbytes(size))


def cut_off(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def empty(file: Path) -> None:
    os.truncate(file, 0)


def remove(file: Path) -> None:
    file.unlink()


def empty_the_log(file: Path) -> None:
    """Have the file hold everything: what is in the log would hide the damage."""
    with closing(sqlite3.connect(file, timeout=20)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


# all of them take six minutes: ZAPETTE_TEST_FAULTS=1
_HARMS = [noise, cut_off, empty, remove] if os.environ.get("ZAPETTE_TEST_FAULTS") else [noise]


@pytest.mark.parametrize("harm", _HARMS)
@pytest.mark.parametrize(
    "store",
    [
        "players.db",
        *(
            pytest.param(it, marks=pytest.mark.long)
            for it in ("visitors.db", "library.db", "broker.db")
        ),
    ],
)
def test_a_store_that_is_damaged(system: System, store: str, harm: Callable[[Path], None]) -> None:
    player = new_player(system)
    with home(system) as client:
        for number in range(20):
            client.publish(f"homeassistant/kept/{number}", bytes(2000), qos=1, retain=True)
    if store == "library.db":
        empty_the_log(system.data / store)
    harm(system.data / store)
    # a part that only writes notices when it next does; what the log still holds is not damaged
    rounds = iter(range(10_000))
    noticed = time.monotonic() + WHOLE_INTERVAL + 5

    def recovered() -> bool:
        try:
            with home(system) as client:
                topic = f"homeassistant/kept/{next(rounds) % 20}"
                client.publish(topic, os.urandom(3000), qos=1, retain=True)
            system.post("api/credentials", player)
            system.get("api/library")
            is_well = not problems(system)
        except (OSError, AssertionError):
            return False
        was_noticed = any(words in system.log for words in _NOTICED)
        return is_well and (was_noticed or time.monotonic() > noticed)

    eventually(recovered, "it recovers by itself", timeout=60)
    assert system.post("api/credentials", player).status == 200
    assert "Traceback" not in system.log
    # and a later start finds nothing wrong
    assert system.stop() == 0
    system.start()
    assert system.post("api/credentials", player).status == 200


def test_a_disk_that_is_away_for_a_while(tmp_path: Path) -> None:
    """Only the empty folder it was mounted on is left; Zapette must not set up a new home there."""
    with System(tmp_path) as system:
        player = new_player(system)
        disk = system.data.rename(tmp_path / "disk")
        system.data.mkdir()
        eventually(lambda: "it is no longer there" in system.log, "it says so", timeout=60)
        assert not (system.data / "secret").exists()
        shutil.rmtree(system.data)
        disk.rename(system.data)
        eventually(system.is_up, "it recovers by itself", timeout=60)
        assert system.post("api/credentials", player).status == 200


_NOTICED = ("kept as", "store_repaired", "new index", "was removed or replaced", "was gone")
