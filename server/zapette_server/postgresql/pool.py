"""A bounded pool of connections to PostgreSQL; every wait has a limit."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import TransactionStatus

from zapette.errors import SettingsError
from zapette_broker.storage.store_errors import StoreBusy
from zapette_server.postgresql.errors import NAME, store_error

CONNECT_TIMEOUT: Final = 2
"""Seconds that a connection may take to be made; libpq allows no less."""

GRACE: Final = 1.0
"""Seconds after the server's own time limit at which a connection is cut."""

SILENCE: Final = 15
"""Seconds after which each side ends a connection if the other cannot be reached."""

_LOOK: Final = 0.25

Driver = psycopg.Connection[tuple[Any, ...]]


def check_url(url: str) -> None:
    """Check that a URL is well-formed.

    Raises:
        SettingsError: it is not; the error names the setting.
    """
    try:
        conninfo_to_dict(url)
    except psycopg.ProgrammingError as error:
        # the rest may quote a password
        raise SettingsError("database", str(error).partition(":")[0]) from None


def problem_of(url: str) -> str | None:
    """Return why no connection to a database can be made; None if one can."""
    try:
        psycopg.connect(url, connect_timeout=CONNECT_TIMEOUT).close()
    except psycopg.Error as error:
        problem = store_error(error)
        if problem is None:
            raise
        return str(problem).removeprefix(f"{NAME}: ")
    return None


class Pool:
    """At most `most` connections, made when they are needed and kept for later.

    A connection whose server does not answer within the time limit is cut: the limit that the
    server keeps itself is no help if the server is frozen, or the network is gone.

    Args:
        url: the database.
        most: the most connections.
        patience: seconds to wait for one.
        limit: the time limit of a statement, in seconds.
    """

    def __init__(self, url: str, most: int, patience: float, limit: float) -> None:
        self._url = url
        self._patience = patience
        self._limit = limit
        self._places = threading.BoundedSemaphore(most)
        self._lock = threading.Lock()
        self._idle: list[Driver] = []
        self._running: dict[Driver, float] = {}
        self._closed = threading.Event()
        threading.Thread(target=self._watch, name="postgresql", daemon=True).start()

    def close(self) -> None:
        """Close the connections that are not in use; others when they are returned."""
        self._closed.set()
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    @contextmanager
    def taken(self) -> Iterator[Driver]:
        """Provide a connection outside of a transaction.

        Raises:
            StoreBusy: all are in use.
            psycopg.Error: none can be made.
        """
        if not self._places.acquire(timeout=self._patience):
            raise StoreBusy(f"{NAME}: all connections are in use")
        try:
            connection = self._kept() or self._connected()
            try:
                yield connection
            finally:
                self._give_back(connection)
        finally:
            self._places.release()

    @contextmanager
    def limited(self, connection: Driver) -> Iterator[None]:
        """Cut `connection` if the block takes longer than the time limit."""
        with self._lock:
            self._running[connection] = time.monotonic() + self._limit + GRACE
        try:
            yield
        finally:
            with self._lock:
                del self._running[connection]

    def _kept(self) -> Driver | None:
        while True:
            with self._lock:
                if not self._idle:
                    return None
                connection = self._idle.pop()
            # a server says nothing unasked, except that it ends
            with selectors.DefaultSelector() as selector:
                selector.register(connection.fileno(), selectors.EVENT_READ)
                is_silent = not selector.select(0)
            if is_silent:
                return connection
            connection.close()

    def _connected(self) -> Driver:
        limit = int(self._limit * 1000)
        options = {
            "statement_timeout": limit,
            "lock_timeout": limit,
            # a frozen process of ours must not hold others up for long
            "idle_in_transaction_session_timeout": 2 * limit,
            # by default, a server keeps the connections of a machine that has gone for two hours
            "tcp_keepalives_idle": SILENCE // 3,
            "tcp_keepalives_interval": SILENCE // 3,
            "tcp_user_timeout": SILENCE * 1000,
        }
        return psycopg.connect(
            self._url,
            autocommit=True,
            connect_timeout=CONNECT_TIMEOUT,
            options=" ".join(f"-c {name}={value}" for name, value in options.items()),
            keepalives_idle=SILENCE // 3,
            keepalives_interval=SILENCE // 3,
            tcp_user_timeout=SILENCE * 1000,
            application_name="zapette",
        )

    def _give_back(self, connection: Driver) -> None:
        good = (
            not connection.closed
            and connection.info.transaction_status == TransactionStatus.IDLE
            and not self._closed.is_set()
        )
        if good:
            with self._lock:
                self._idle.append(connection)
        else:
            connection.close()

    def _watch(self) -> None:
        while not self._closed.wait(_LOOK):
            now = time.monotonic()
            with self._lock:
                for connection, until in self._running.items():
                    if until < now:
                        _cut(connection)


def _cut(connection: Driver) -> None:
    """End a connection under the thread that waits for its answer, which then gets an error."""
    with (
        contextlib.suppress(OSError, psycopg.Error),
        # of whatever kind it is; on Windows, os.dup has no sockets
        socket.fromfd(connection.fileno(), socket.AF_INET, socket.SOCK_STREAM) as copy,
    ):
        copy.shutdown(socket.SHUT_RDWR)
