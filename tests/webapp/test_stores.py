"""A file of the data folder that is held or damaged is said in words, and holds up nobody else."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from flask import Flask

from tests.clients.mqtt_clients import Household
from tests.programs.system import Answer, System
from tests.waiting import eventually
from tests.webapp.test_api import problem
from zapette_broker.storage.store_errors import (
    ForeignStore,
    StoreBusy,
    StoreDamaged,
    StoreError,
    StoreFull,
    StoreNewer,
    StoreReadOnly,
    StoreUnreachable,
)
from zapette_webapp import problem_details
from zapette_webapp.http.refusal_counts import RefusalCounts


@pytest.fixture
def host(new_system: Callable[..., System]) -> Household:
    return Household(new_system())


@contextmanager
def held(file: Path) -> Iterator[None]:
    """Hold a file as a backup would."""
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
        connection.close()


def said_nothing_secret(host: Household) -> bool:
    log = host.system.log
    return all(it not in log for it in ("Traceback", host.id, host.owner_key, host.key("remote")))


@pytest.mark.parametrize("name", ["players.db", "visitors.db"])
def test_a_file_that_is_held(host: Household, name: str) -> None:
    system = host.system
    made = {"id": host.id, "owner_key": host.owner_key}
    wanted = made if name == "players.db" else {"id": host.id, "key": host.key("remote")}
    with held(system.data / name), ThreadPoolExecutor(30) as threads:
        waiting = [threads.submit(system.post, "api/credentials", wanted) for _ in range(30)]
        answered = 0
        # fewer reads than the rate of one client
        while not all(it.done() for it in waiting) and answered < 300:
            for path in ("", "api/ip", "api/library"):
                assert system.get(path).status == 200
                answered += not all(it.done() for it in waiting)
        assert answered > 0, "others are answered while these wait"
        for each in waiting:
            body = problem(each.result(), 503, "unavailable")
            assert body["detail"]
            assert int(each.result().headers["Retry-After"]) >= 1
    eventually(lambda: system.post("api/credentials", wanted).status == 200, "all is well again")
    assert said_nothing_secret(host)


def test_noise_in_a_file(host: Household) -> None:
    system = host.system
    for file in (system.data / "visitors.db", system.data / "visitors.db-wal"):
        with file.open("r+b") as stream:
            stream.write(bytes(range(256)) * 256)
    wanted = {"id": host.id, "key": host.key("remote")}

    def refused() -> Answer | None:
        try:
            answer = system.post("api/credentials", wanted)
        except OSError:
            # the web side ends, to be started again without the damage
            return None
        return answer if answer.status == 503 else None

    answer = eventually(refused, "it is noticed", timeout=20)
    assert answer is not None
    assert "damaged" in problem(answer, 503, "unavailable")["detail"]
    eventually(system.is_up, "it is up again")
    assert said_nothing_secret(host)


KINDS = [
    StoreError,
    StoreBusy,
    StoreFull,
    StoreUnreachable,
    StoreDamaged,
    StoreReadOnly,
    StoreNewer,
    ForeignStore,
]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_said_in_words(kind: type[StoreError]) -> None:
    app = Flask(__name__)
    problem_details.register(app, RefusalCounts())

    @app.get("/")
    def fail() -> str:
        raise kind("/home/ann/data/players.db: wrong")

    answer = app.test_client().get("/")
    assert (answer.status_code, answer.mimetype) == (503, "application/problem+json")
    is_silent = kind in (StoreBusy, StoreUnreachable)
    assert answer.json is not None
    assert answer.json["reason"] == ("database_silent" if is_silent else "database_unusable")
    assert "/home" not in answer.get_data(as_text=True)
    assert "wrong" in answer.get_data(as_text=True)


def test_a_broker_that_does_not_answer_holds_up_no_credentials(host: Household) -> None:
    """Its answer to who is connected is waited for."""
    system = host.system
    broker = psutil.Process(system.pid("broker"))
    broker.suspend()
    try:
        owner = {"owner_key": host.owner_key}
        with ThreadPoolExecutor(20) as threads:
            path = f"api/players/{host.id}/visitors"
            asking = [threads.submit(system.post, path, owner) for _ in range(20)]
            answered = 0
            # fewer changes than the rate of one client
            while not all(it.done() for it in asking) and answered < 100:
                assert system.post("api/credentials", {"id": host.id} | owner).status == 200
                assert system.get("api/ip").status == 200
                answered += not all(it.done() for it in asking)
            assert answered > 0, "others are answered while these wait"
            assert {it.result().status for it in asking} <= {200, 503}
    finally:
        broker.resume()
