"""A real PostgreSQL: one server for a session, a new database for each test."""

from __future__ import annotations

import contextlib
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import psycopg

from tests.programs.processes import ending_with_us
from tests.waiting import eventually
from zapette_server.postgresql.database import Database

NOT_ROOT = ("unshare", "--user", "--map-user=1000", "--map-group=1000")
"""PostgreSQL does not run as root, which a test in namespaces of its own is."""

_TEMPLATE = "zapette_template"


def program(name: str) -> str:
    """Return the path of one of its programs, which Debian keeps in a folder for each version."""
    found = shutil.which(name) or max(
        map(str, Path("/usr/lib/postgresql").glob(f"*/bin/{name}")), default=None
    )
    if found is None:
        raise AssertionError("PostgreSQL is missing; run scripts/system-packages.sh")
    return found


class PostgresqlServer:
    """A server that only this user can reach, on a socket; if not `is_safe`, it is fast.

    With a `host`, its URLs have that address, which its network can reach.

    As root, whom PostgreSQL refuses, it runs as the user of Debian's package.
    """

    def __init__(
        self, before: tuple[str, ...] = (), *, host: str = "", is_safe: bool = False
    ) -> None:
        """Make it, and start it; `before` its commands stands what changes the user."""
        # not below pytest's folder: its user must reach it, and a socket's path must be short
        self.folder = Path(tempfile.mkdtemp(prefix="zapette-postgresql-"))
        self._before = before
        self._host = host
        self._is_safe = is_safe
        self._numbers = itertools.count()
        self._process: subprocess.Popen[bytes] | None = None
        if os.geteuid() == 0 and not before:
            owner = pwd.getpwnam("postgres")
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
            ids = (f"--reuid={owner.pw_uid}", f"--regid={owner.pw_gid}", "--clear-groups")
            self._before = ("setpriv", *ids)
        self._run("initdb", "-D", str(self.data), "-U", "zapette", "-A", "trust", "-N")
        with (self.data / "pg_hba.conf").open("a") as rules:
            rules.write("host all all samenet trust\n")
        self.start()
        with self.connected() as connection:
            connection.execute(f"CREATE DATABASE {_TEMPLATE} TEMPLATE template0")
        Database(self.url(_TEMPLATE)).close()

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def url(self, name: str) -> str:
        return f"postgresql://zapette@/{name}?host={self._host or self.folder}"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        unsafe = () if self._is_safe else ("fsync", "full_page_writes", "synchronous_commit")
        options = [it for name in unsafe for it in ("-c", f"{name}=off")]
        options += ["-c", "max_connections=40"]
        command = [program("postgres"), "-D", str(self.data), "-k", str(self.folder)]
        self._process = subprocess.Popen(
            [*self._before, *ending_with_us([*command, "-h", self._host, *options])],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
        )
        eventually(self._answers, "PostgreSQL answers")

    def stop(self) -> None:
        """End it, and its connections, at once."""
        if self._process is not None:
            # a "fast shutdown": clients are told
            self._process.send_signal(signal.SIGINT)
            self._process.wait(30)
            self._process = None

    @contextlib.contextmanager
    def stopped(self) -> Iterator[None]:
        """Stop it while the block runs."""
        self.stop()
        try:
            yield
        finally:
            self.start()

    @contextlib.contextmanager
    def killed(self) -> Iterator[None]:
        """Kill all its processes by SIGKILL, and start it again after the block."""
        assert self._process is not None
        numbers = self._all()
        for number in numbers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        self._process.wait(30)
        eventually(lambda: not any(map(_runs, numbers)), "all have ended")
        self._process = None
        try:
            yield
        finally:
            self.start()

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Suspend all its processes while the block runs."""
        numbers = self._all()
        for number in numbers:
            os.kill(number, signal.SIGSTOP)
        try:
            yield
        finally:
            for number in numbers:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(number, signal.SIGCONT)

    def close(self) -> None:
        self.stop()
        shutil.rmtree(self.folder)

    @contextlib.contextmanager
    def database(self) -> Iterator[str]:
        """Provide the URL of a new database with our tables."""
        with self.empty_database(_TEMPLATE) as url:
            yield url

    @contextlib.contextmanager
    def empty_database(self, template: str = "template0") -> Iterator[str]:
        """Provide the URL of a new database."""
        name = f"test_{next(self._numbers)}"
        with self.connected() as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield self.url(name)
        finally:
            if self._process is not None:
                with self.connected() as connection:
                    connection.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def connected(self, name: str = "postgres") -> psycopg.Connection[Any]:
        return psycopg.connect(host=str(self.folder), user="zapette", dbname=name, autocommit=True)

    def clients(self, name: str, state: str = "%") -> int:
        """Return how many connections a database has, or those in one state."""
        question = "SELECT FROM pg_stat_activity WHERE datname = %s AND state LIKE %s"
        with self.connected() as connection:
            return connection.execute(question, (name, state)).rowcount

    def _answers(self) -> bool:
        try:
            self.connected().close()
        except psycopg.OperationalError:
            return False
        return True

    def _all(self) -> list[int]:
        assert self._process is not None
        number = self._process.pid
        children = Path(f"/proc/{number}/task/{number}/children").read_text().split()
        return [number, *map(int, children)]

    def _run(self, name: str, *arguments: str) -> None:
        command = [*self._before, program(name), *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")


def _runs(number: int) -> bool:
    try:
        return psutil.Process(number).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
