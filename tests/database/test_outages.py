"""PostgreSQL that ends, freezes or refuses, and what the stores say of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from select import select

import psycopg
import pytest

from tests.machines.machine import ip
from tests.machines.namespaces import rerun_in
from tests.machines.two_machines import THERE, Pair
from tests.programs.postgresql import NOT_ROOT, PostgresqlServer
from tests.waiting import SLACK, eventually
from zapette_broker.storage.store_errors import (
    StoreBusy,
    StoreDamaged,
    StoreError,
    StoreNewer,
    StoreUnreachable,
    UnusableStore,
)
from zapette_server import health_checks
from zapette_server.postgresql import pool
from zapette_server.postgresql.database import Database
from zapette_server.postgresql.errors import store_error
from zapette_server.postgresql.schema import VERSION
from zapette_server.storage.tables.leases import Leases
from zapette_server.storage.tables.player_registry import PlayerRegistry

pytestmark = pytest.mark.slow

ID = "a" * 32
LIMIT = 1.0


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url)
    yield opened
    opened.close()


@pytest.fixture
def hasty(database_url: str) -> Iterator[Database]:
    """The same with a short time limit, which a busy machine may exceed."""

    def opened() -> Database | None:
        try:
            return Database(database_url, timeout=LIMIT)
        except StoreError:
            return None

    database = eventually(opened, "it opens within its limit")
    assert database is not None
    yield database
    database.close()


def works(database: Database) -> bool:
    try:
        PlayerRegistry(database).claim(ID)
        database.check()
    except StoreError:
        return False
    return True


def test_a_restart_of_the_server_costs_no_call(
    server: PostgresqlServer, database: Database
) -> None:
    generation = PlayerRegistry(database).claim(ID)
    server.stop()
    with pytest.raises(StoreUnreachable, match="cannot be reached"):
        database.check()
    with pytest.raises(StoreUnreachable):
        PlayerRegistry(database).claim(ID)
    problem = health_checks.store(database.check)()
    assert problem is not None
    assert "cannot be reached" in problem
    server.start()
    assert PlayerRegistry(database).claim(ID) == generation
    # and once more, with connections that were good: nobody sees that they have ended
    server.stop()
    server.start()
    assert PlayerRegistry(database).claim(ID) == generation
    assert database.trouble is None


def test_a_frozen_server_is_given_up(server: PostgresqlServer, hasty: Database) -> None:
    eventually(lambda: works(hasty), "it works")
    with server.frozen():
        began = time.monotonic()
        with pytest.raises(StoreError):
            hasty.check()
        assert time.monotonic() - began < LIMIT + pool.GRACE + SLACK
        # a new connection is not made either
        with pytest.raises(StoreUnreachable):
            PlayerRegistry(hasty).generation(ID)
    eventually(lambda: works(hasty), "it works again, without a restart")


def test_a_cut_network_is_given_up_on_both_sides(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    if rerun_in(request, "net"):
        return
    monkeypatch.setattr(pool, "SILENCE", 3)
    with ExitStack() as stack:
        pair = stack.enter_context(Pair())
        pair.join()
        server = PostgresqlServer((*pair.far.inside, *NOT_ROOT), host=THERE)
        stack.callback(server.close)
        url = stack.enter_context(server.database())
        name = url.partition("?")[0].rpartition("/")[2]
        cut = stack.enter_context(closing(Database(url, timeout=LIMIT)))
        idle = stack.enter_context(closing(Database(url, timeout=LIMIT)))
        eventually(lambda: works(idle), "it works")
        with ThreadPoolExecutor(1) as thread:
            asked = thread.submit(cut.read, "SELECT pg_sleep(60)")
            eventually(lambda: server.clients(name, "active"), "one waits for an answer")
            ip("link set near down")
            with pytest.raises(StoreError):
                asked.result(LIMIT + pool.GRACE + SLACK)
        # a new connection is not made either
        with pytest.raises(StoreUnreachable):
            PlayerRegistry(cut).generation(ID)
        (own,) = idle._pool._idle
        eventually(lambda: select([own], [], [], 0)[0], "this side has ended the other one")
        # or each cut would leave some there for hours, until it has no more
        eventually(lambda: not server.clients(name), "the server has ended its connections")
        ip("link set near up")
        for each in (cut, idle):
            eventually(lambda it=each: works(it), "it works again, without a restart")  # type: ignore[misc]


def test_a_slow_statement_is_ended_and_named(hasty: Database) -> None:
    with pytest.raises(StoreBusy, match="took too long"):
        hasty.read("SELECT pg_sleep(60)")
    with pytest.raises(StoreBusy, match="slow"):
        hasty.check()


def test_a_transaction_waits_for_another_only_so_long(database_url: str, hasty: Database) -> None:
    other = Database(database_url)
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with other.transaction():
            held.set()
            done.wait(60)

    holder = threading.Thread(target=hold)
    holder.start()
    assert held.wait(30)
    with pytest.raises(StoreBusy):
        PlayerRegistry(hasty).claim(ID)
    done.set()
    holder.join(30)
    eventually(lambda: works(hasty), "the lock is free")
    other.close()


def test_a_failed_block_changes_nothing(database: Database) -> None:
    def claim_and_fail() -> None:
        with database.transaction():
            Leases(database, "one").take("name", 60)
            raise LookupError

    with pytest.raises(LookupError):
        claim_and_fail()
    assert Leases(database).holder("name") is None


def test_connections_are_bounded(database: Database) -> None:
    begun = threading.Semaphore(0)
    done = threading.Event()

    def use() -> None:
        with database._pool.taken():
            begun.release()
            done.wait(60)

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    assert all(begun.acquire(timeout=30) for _ in threads)
    with pytest.raises(StoreBusy, match="all connections are in use"):
        database.check()
    done.set()
    for thread in threads:
        thread.join(30)
    eventually(lambda: works(database), "it works")


def test_what_cannot_be_used_is_named(server: PostgresqlServer, database_url: str) -> None:
    name = database_url.partition("?")[0].rpartition("/")[2]
    with psycopg.connect(database_url, autocommit=True) as admin:
        admin.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        database = Database(database_url)
        for use in (lambda: PlayerRegistry(database).claim(ID), database.check):
            with pytest.raises(StoreError, match="read-only, or a standby") as caught:
                use()
            # a standby may take over soon: `zapette run` waits for that
            assert not isinstance(caught.value, UnusableStore)
        database.close()
        admin.execute("SET default_transaction_read_only = off")
        admin.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")
        database = Database(database_url)
        admin.execute("DROP TABLE players CASCADE")
        with pytest.raises(StoreDamaged, match="players"):
            PlayerRegistry(database).generation(ID)
        database.close()
        admin.execute("UPDATE zapette_schema SET version = 99")
        with pytest.raises(StoreNewer, match="newer version"):
            Database(database_url)
    with pytest.raises(StoreUnreachable, match="no_such"):
        Database(server.url("no_such"))


def test_two_first_starts_at_once(server: PostgresqlServer) -> None:
    with server.empty_database() as url:
        opened: list[Database] = []
        threads = [threading.Thread(target=lambda: opened.append(Database(url))) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert len(opened) == 3
        for each in opened:
            assert each.read("SELECT version FROM zapette_schema") == [(VERSION,)]
            each.close()


def test_the_reason_is_that_of_the_last_attempt() -> None:
    hint = "\n\tIs the server running on that host and accepting TCP/IP connections?"
    first, last = (f'connection to server at "192.0.2.{it}", port 5432 failed' for it in (1, 2))
    text = (
        f"connection failed: {last}: Connection refused{hint}\n"
        "Multiple connection attempts failed. All failures were:\n"
        f"- host: '192.0.2.1': connection failed: {first}: Connection refused{hint}\n"
        f"- host: '192.0.2.2': connection failed: {last}: Connection refused{hint}"
    )
    found = store_error(psycopg.OperationalError(text))
    assert str(found) == f"PostgreSQL: it cannot be reached ({last}: Connection refused)"
