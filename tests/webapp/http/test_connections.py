"""One address's connections cost nobody else theirs."""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.programs.system import System
from tests.waiting import eventually
from tests.webapp import raw
from zapette_broker.client_addresses import client_of
from zapette_broker.transports.descriptors import allow_many_files
from zapette_webapp.http.connections import MOST_OF_ADDRESS, Connections
from zapette_webapp.http.reading.fair_channel import BODY_SECONDS, HEADER_SECONDS

GET = b"GET /api/ip HTTP/1.1\r\nHost: localhost\r\n\r\n"


@dataclass(eq=False)
class Fake:
    """A connection that has waited since a moment, or is busy."""

    idle_since: float | None


ADDRESS = st.sampled_from(["a", "b", "c", "proxy"])
WAITING = st.one_of(st.none(), st.integers(0, 9).map(float))


@given(st.lists(st.tuples(ADDRESS, WAITING), max_size=60))
def test_no_limit_is_ever_exceeded(joining: list[tuple[str, float | None]]) -> None:
    connections: Connections[Fake] = Connections(8, 4)
    present: dict[Fake, str] = {}
    for address, waiting in joining:
        newcomer = Fake(waiting)
        before = dict(present)
        present[newcomer] = address
        last = connections.join(newcomer, address, is_proxy=address == "proxy")
        if last is not None:
            assert last is newcomer or last.idle_since is not None
            connections.leave(last, present.pop(last))
            # nobody loses a connection to an address that has more of its own
            many = list(before.values())
            loser = before.get(last, address)
            assert loser == address or many.count(loser) >= many.count(address)
        shares = list(present.values())
        assert len(connections) == len(present) <= 8
        assert all(shares.count(it) <= 4 for it in "abc")


def test_the_one_that_waited_for_longest_makes_room() -> None:
    connections: Connections[Fake] = Connections(100, 3)
    busy, old, new = Fake(None), Fake(1.0), Fake(2.0)
    for each in (new, busy, old):
        assert connections.join(each, "a") is None
    assert connections.join(Fake(3.0), "a") is old
    assert connections.join(Fake(3.0), "b") is None


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.168.1.5", "192.168.1.5", True),
        ("192.168.1.5", "192.168.1.6", False),
        ("::ffff:192.168.1.5", "192.168.1.5", True),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", True),
        ("[2001:db8:1:2::1]", "2001:DB8:1:2::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("fe80::1%eth0", "fe80::2", True),
        ("unknown", "unknown", True),
        ("unknown", "hidden", False),
    ],
)
def test_who_is_the_same(one: str, other: str, same: bool) -> None:
    assert (client_of(one) == client_of(other)) == same


@pytest.fixture
def sockets() -> Iterator[ExitStack]:
    """Closes the connections that a test has opened."""
    allow_many_files()
    with ExitStack() as stack:
        yield stack


def is_readable(connection: socket.socket) -> bool:
    """Tell whether there is an answer, or an end."""
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    return bool(poll.poll(0))


def trickle(connections: list[socket.socket]) -> None:
    """Send one more letter on each connection that is still open."""
    for each in connections:
        try:
            each.sendall(b"x")
        except OSError:
            continue


def test_a_trickle_from_one_address(system: System, sockets: ExitStack) -> None:
    """4,100 connections of which a letter comes now and then; others are answered as ever."""
    slow: list[socket.socket] = []

    def begin() -> None:
        slow.append(sockets.enter_context(raw.connect(system, "127.0.0.2")))
        slow[-1].sendall(b"GET /api/ip HTTP/1.1\r\nX-A: ")

    for _ in range(4100):
        begin()
    other = sockets.enter_context(raw.connect(system, "127.0.0.3"))
    for _ in range(20):
        begin()
        trickle(slow)
        other.sendall(GET)
        assert raw.read(other).status == 200
        for source in ("127.0.0.1", "127.0.0.2", "127.0.0.4"):
            with raw.connect(system, source) as connection:
                connection.sendall(GET)
                assert raw.read(connection).status == 200
        # all were answered while this one still trickled
        assert not is_readable(slow[-1])
    still = [it for it in slow if not is_readable(it)]
    assert 0 < len(still) <= MOST_OF_ADDRESS


SLOW_HEADERS = [
    b"GET /api/ip HTTP/1.1\r\nX-A: ",
    b"GET /mqtt HTTP/1.1\r\nUpgrade: websocket\r\nX-A: ",
]
SLOW_BODY = b"POST /api/pairing HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900\r\n\r\n"


def test_headers_that_take_too_long(system: System) -> None:
    # both at once, as all that they do is wait
    with ThreadPoolExecutor(len(SLOW_HEADERS)) as threads:
        list(threads.map(partial(takes_too_long, system, seconds=HEADER_SECONDS), SLOW_HEADERS))


@pytest.mark.long
def test_a_body_that_takes_too_long(system: System) -> None:
    takes_too_long(system, SLOW_BODY, BODY_SECONDS)


def takes_too_long(system: System, begin: bytes, seconds: float) -> None:
    """Send a letter now and then, and see that this ends after so many seconds."""
    began = time.monotonic()
    with raw.connect(system) as slow:
        slow.sendall(begin)
        while not is_readable(slow):
            slow.sendall(b"x")
            time.sleep(0.2)
            assert time.monotonic() - began < seconds + 10
        answer = raw.read(slow)
    assert time.monotonic() - began >= seconds
    assert (answer.status, answer.is_closed) == (408, True)
    assert answer.json["detail"]


def test_connections_that_say_nothing_make_room(system: System, sockets: ExitStack) -> None:
    idle = [
        sockets.enter_context(raw.connect(system, "127.0.0.5")) for _ in range(MOST_OF_ADDRESS + 50)
    ]

    def ended() -> list[socket.socket]:
        return [it for it in idle if is_readable(it)]

    eventually(lambda: len(ended()) == 50, "the first ones are closed")
    assert set(ended()) == set(idle[:50])
    for each in (idle[50], idle[-1]):
        each.sendall(GET)
        assert raw.read(each).status == 200


def test_films_that_are_sent_make_no_room(
    new_system: Callable[..., System], sockets: ExitStack, tmp_path: Path
) -> None:
    size = 16 << 20
    media = tmp_path / "media"
    media.mkdir()
    with (media / "film.webm").open("wb") as film:
        film.truncate(size)
    system = new_system(ZAPETTE_MEDIA_DIR=str(media))
    viewers = []
    for _ in range(5):
        viewers.append(sockets.enter_context(raw.connect(system, "127.0.0.6")))
        request = f"GET /media/film.webm HTTP/1.1\r\nHost: localhost\r\n{system.proof_line}\r\n"
        viewers[-1].sendall(request.encode())
        assert viewers[-1].recv(12, socket.MSG_PEEK) == b"HTTP/1.1 200"
    for _ in range(MOST_OF_ADDRESS):
        sockets.enter_context(raw.connect(system, "127.0.0.6"))
    refused = b'zapette_http_refused_total{reason="connections"} 5\n'
    eventually(lambda: refused in system.get("metrics").body, "five idle ones are closed")
    for viewer in viewers:
        assert len(raw.read(viewer).body) == size
