"""Budgets: by grant, by group, by owner, by address and in whole, with a reserve."""

from __future__ import annotations

import random
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.broker.servers import Running, run_ours
from tests.conformance.client import Client, ClosedError
from tests.conformance.wire.answers import Disconnect, Publish
from tests.conformance.wire.encodings import Version
from tests.conformance.wire.packets import disconnect, subscribe
from tests.conformance.wire.properties import Property
from tests.conformance.wire.stream import Stream
from tests.waiting import eventually
from zapette_broker import ConnectRequest, Grant, Limits, Rights
from zapette_broker.access.terms import Budget, Terms
from zapette_broker.codec.reasons import Reason
from zapette_broker.connection.connection import Connection
from zapette_broker.sessions.session import SMALL

FOREVER = ((Property.SESSION_EXPIRY, 0xFFFF_FFFF),)
TOPIC = "a/b"


class ByName:
    """Lets anybody in: ``home`` with all terms, others by the name of their grant."""

    def authenticate(self, request: ConnectRequest) -> Grant:
        return Grant(Rights.everything(), tag=("grant", request.username or "home"))


def terms(
    sessions: int = 1000, subscriptions: int = 1000, queued: int = 10**9, expiry: int = 600
) -> dict[str, Any]:
    """Return the options of a broker whose grants have such budgets; groups have twice of each."""

    def terms_of(tag: object) -> Terms:
        match tag:
            case ("grant", "home"):
                return Terms()
            case ("grant", str(name)):
                group = name.partition("-")[0]
                return Terms(
                    (
                        Budget(tag, sessions, subscriptions, queued),
                        Budget(group, 2 * sessions, 2 * subscriptions, 2 * queued),
                    ),
                    False,
                    expiry,
                )
        return Terms()

    return {"authenticator": ByName(), "terms_of": terms_of}


def join(
    running: Running, client_id: str, grant: str, *, expect: int = 0, clean: bool = False
) -> Client:
    return running.connect(
        client_id,
        Version.V5,
        username=grant,
        password=b"",
        properties=FOREVER,
        clean=clean,
        expect=expect,
    )


def leave(client: Client) -> None:
    client.send(disconnect())
    client.end()


def sessions(running: Running) -> set[str]:
    return running.call(lambda: set(running.broker.sessions))


def gauge(running: Running, name: str) -> int:
    return running.call(lambda: running.broker.counters[name])


def expected_charge(running: Running) -> int:
    """Count again what waits for clients, from the sessions themselves."""

    def look() -> int:
        total = 0
        for session in running.broker._core.sessions.by_client_id.values():
            total += session.queued_bytes
            large = [it.size for it in (session.inflight or {}).values() if it.size > SMALL]
            total += sum(large)
            if isinstance(session.connection, Connection):
                total += session.connection._held_bytes
        return total

    return running.call(look)


def test_a_session_lasts_as_long_as_its_terms_say() -> None:
    with run_ours(**terms(expiry=60)) as running:
        client = join(running, "guest", "a")
        assert client.connack is not None
        assert client.connack.properties.get(Property.SESSION_EXPIRY) == 60
        client.send(disconnect(code=0, properties=FOREVER))
        client.end()
        running.connect("old", Version.V311, username="a", password=b"", clean=False)
        home = join(running, "home", "home")
        assert home.connack is not None
        assert home.connack.properties.get(Property.SESSION_EXPIRY) == Limits().max_session_expiry

        def expiries() -> dict[str, int]:
            found = running.broker._core.sessions.by_client_id.values()
            return {it.client_id: it.expiry for it in found}

        assert running.call(expiries) == {"guest": 60, "old": 60, "home": 24 * 3600}


def test_the_oldest_absent_session_of_a_grant_makes_room() -> None:
    with run_ours(**terms(sessions=3)) as running:
        stays = join(running, "0", "a")
        other = join(running, "b-0", "b")
        leave(other)
        for number in range(1, 40):
            leave(join(running, str(number), "a"))
        assert sessions(running) == {"0", "38", "39", "b-0"}
        assert gauge(running, "sessions_evicted") == 37
        for number in (40, 41):
            join(running, str(number), "a")
        join(running, "42", "a", expect=0x97)
        stays.ping()
        # who is there already is let in again
        join(running, "41", "a")
        assert sessions(running) == {"0", "40", "41", "b-0"}


def test_grants_of_a_group_share_a_budget() -> None:
    with run_ours(**terms(sessions=2)) as running:
        for grant in ("g-1", "g-2"):
            for number in range(2):
                join(running, f"{grant}-{number}", grant)
        join(running, "more", "g-3", expect=0x97)
        join(running, "elsewhere", "h-1")
        assert gauge(running, "budgets") == 5


def test_the_household_has_a_reserve_of_sessions() -> None:
    with run_ours(limits=Limits(max_sessions=20), **terms()) as running:
        for number in range(60):
            leave(join(running, f"s{number}", f"g{number}"))
        assert len(sessions(running)) == 18
        kept = [join(running, f"c{number}", f"g{number}") for number in range(18)]
        join(running, "late", "late", expect=0x97)
        for number in range(2):
            join(running, f"home{number}", "home")
        join(running, "home2", "home", expect=0x97)
        leave(kept[0])
        join(running, "home2", "home")
        assert "c0" not in sessions(running)


def test_subscriptions_are_counted_by_grant() -> None:
    with run_ours(**terms(subscriptions=10)) as running:
        one, two = join(running, "1", "a"), join(running, "2", "a")
        assert one.subscribe(*(f"x/{n}" for n in range(6))).codes == (0,) * 6
        assert two.subscribe(*(f"x/{n}" for n in range(6))).codes == (0,) * 4 + (0x97,) * 2
        assert join(running, "3", "b").subscribe("y").codes == (0,)
        one.unsubscribe("x/0")
        assert two.subscribe("z").codes == (0,)
        assert two.subscribe("z").codes == (0,), "the same again is no further one"
        assert two.subscribe("zz").codes == (0x97,)
        one.send(disconnect(code=0, properties=((Property.SESSION_EXPIRY, 0),)))
        one.end()
        assert two.subscribe("zz").codes == (0,)


def test_one_budget_for_all_queues() -> None:
    limits = Limits(max_total_queued_bytes=400_000)
    with run_ours(limits=limits, **terms(queued=10**6)) as running:
        for number in range(20):
            absent = join(running, f"s{number}", f"g{number % 4}")
            absent.subscribe(TOPIC, qos=1)
            leave(absent)
        home = join(running, "home", "home")
        home.subscribe(TOPIC, qos=1)
        leave(home)
        publisher = join(running, "publisher", "p")
        for _ in range(100):
            publisher.publish(TOPIC, b"x" * 800, qos=1)
        waiting = gauge(running, "queued_bytes")
        assert waiting == expected_charge(running)
        assert 190_000 < waiting < 200_000 + 100 * 1100
        assert gauge(running, "publish_dropped") > 1000

        def of_home() -> int:
            return running.broker._core.sessions.by_client_id["home"].queued

        assert running.call(of_home) == 100, "the household's queue has the reserve"
        running.call(lambda: running.broker.disconnect(lambda it: it.tag != ("grant", "home")))
        assert gauge(running, "queued_bytes") == expected_charge(running) < 120_000


def test_a_grant_takes_no_room_from_another() -> None:
    with run_ours(**terms(queued=50_000)) as running:
        for number in range(10):
            absent = join(running, f"s{number}", "a")
            absent.subscribe(TOPIC, qos=1)
            leave(absent)
        other = join(running, "other", "b")
        other.subscribe(TOPIC, qos=1)
        leave(other)
        publisher = join(running, "publisher", "p")
        for _ in range(20):
            publisher.publish(TOPIC, b"x" * 500, qos=1)
        again = join(running, "other", "b")
        assert len(again.messages(20)) == 20


def test_what_is_charged_is_given_back() -> None:
    """Whatever clients do, what is counted is what is there, and nothing when all are gone."""
    chance = random.Random(12)
    with run_ours(limits=Limits(receive_maximum=1000), **terms(queued=60_000)) as running:
        publisher = join(running, "publisher", "home")
        present: dict[str, Client] = {}
        for _ in range(400):
            name = str(chance.randrange(8))
            act = chance.choice(["come", "come", "go", "cut", "send", "send", "ack", "end"])
            if act == "come":
                present[name] = join(
                    running, name, f"g{int(name) % 3}", clean=chance.random() < 0.2
                )
                present[name].send(subscribe(1, ("t/#", chance.randrange(3)), version=Version.V5))
            elif act == "send":
                size = chance.choice([10, 900, 1500, 20_000])
                publisher.publish(f"t/{name}", b"x" * size, qos=chance.randrange(3))
            elif name in present:
                client = present.pop(name)
                if act == "go":
                    client.send(disconnect())
                elif act == "end":
                    client.send(disconnect(code=0, properties=((Property.SESSION_EXPIRY, 0),)))
                elif act == "ack":
                    take_some(client)
                    present[name] = client
                if name not in present:
                    client.close()
            assert gauge(running, "queued_bytes") == expected_charge(running)
        running.call(lambda: running.broker.disconnect(lambda it: it.tag != ("grant", "home")))
        assert gauge(running, "queued_bytes") == 0
        assert gauge(running, "budgets") == 0
        publisher.ping()


def take_some(client: Client) -> None:
    """Take up to three messages; the connection may have ended for what waited for it."""
    try:
        client.ping()
        for _ in range(3):
            if not client._inbox:
                return
            answer = client.receive()
            if isinstance(answer, Publish):
                client.acknowledge(answer)
            elif isinstance(answer, Disconnect):
                return
    except ClosedError:
        return


def owner(topic: str) -> str | None:
    return topic.split("/")[1] if topic.startswith("p/") else None


@pytest.mark.parametrize("by", ["count", "size"])
def test_an_owner_of_topics_retains_so_much(by: str) -> None:
    limits = (
        Limits(max_retained_of_owner=4)
        if by == "count"
        else Limits(max_retained_bytes_of_owner=5000)
    )
    with run_ours(limits=limits, owner_of=owner, **terms()) as running:
        player = join(running, "player", "a")
        codes = [
            player.publish(f"p/a/{number}", b"x" * 1000, qos=1, retain=True) for number in range(10)
        ]
        assert [it.code < 0x80 for it in codes if it is not None] == [True] * 4 + [False] * 6
        again = player.publish("p/a/0", b"y" * 1000, qos=1, retain=True)
        assert again is not None
        assert again.code < 0x80, "in place of an old one"
        for topic in ("p/b/0", "else"):
            other = player.publish(topic, b"x" * 1000, qos=1, retain=True)
            assert other is not None
            assert other.code < 0x80
        home = join(running, "home", "home")
        more = home.publish("p/a/99", b"x" * 1000, qos=1, retain=True)
        assert more is not None
        assert more.code < 0x80
        assert gauge(running, "retained_refused") == 6
        assert running.call(lambda: running.broker.forget_owner("a")) == 5
        freed = player.publish("p/a/7", b"x" * 1000, qos=1, retain=True)
        assert freed is not None
        assert freed.code < 0x80


def test_the_household_has_a_reserve_of_retained_messages() -> None:
    limits = Limits(max_retained=20, sys_interval=0)
    with run_ours(limits=limits, owner_of=owner, **terms()) as running:
        stranger, home = join(running, "1", "a"), join(running, "home", "home")
        for number in range(30):
            stranger.publish(f"p/{number}/x", b"x", qos=1, retain=True)
        assert gauge(running, "retained") == 18
        for number in range(3):
            home.publish(f"h/{number}", b"x", qos=1, retain=True)
        assert gauge(running, "retained") == 20


def test_a_store_with_more_than_the_budget_is_cut_at_the_start(tmp_path: Path) -> None:
    """What an older version left behind is not taken into memory."""
    store = tmp_path / "broker.db"
    with run_ours(store=store, **terms()) as running:
        for number in range(30):
            absent = join(running, f"s{number}", "home")
            absent.subscribe(TOPIC, qos=1)
            leave(absent)
        publisher = join(running, "publisher", "home")
        for number in range(100):
            publisher.publish(TOPIC, b"%03d" % number + b"x" * 197, qos=1)
    small = Limits(max_total_queued_bytes=100_000)
    with run_ours(store=store, limits=small, **terms()) as running:
        assert 99_000 < gauge(running, "queued_bytes") <= 100_000
        again = join(running, "s7", "home")
        first = again.message()
        assert first.payload.startswith(b"000"), "the oldest are kept"
    with sqlite3.connect(store) as file:
        (rows,) = file.execute("SELECT count(*) FROM outgoing").fetchone()
        (messages,) = file.execute("SELECT count(*) FROM messages").fetchone()
    file.close()
    assert rows <= 250
    assert messages <= 10


def test_one_address_has_so_many_connections() -> None:
    limits = Limits(max_connections_of_address=5)
    with run_ours(limits=limits) as running:
        silent = [Stream(running.port) for _ in range(5)]
        eventually(lambda: gauge(running, "connections_opened") == 5, "all are there")
        # those that have not said who they are make room, the oldest first
        clients = [running.connect(f"c{number}") for number in range(5)]
        assert silent[0].receive(10) == b""
        with Stream(running.port) as late:
            assert late.receive(10) == b""
        for client in clients:
            client.ping()
        for stream in silent:
            stream.close()


def test_a_full_listener_lets_those_in_who_say_who_they_are() -> None:
    with run_ours(limits=Limits(max_connections=10)) as running:
        silent = [Stream(running.port) for _ in range(200)]
        clients = [running.connect(f"c{number}") for number in range(10)]
        for client in clients:
            client.ping()
        assert gauge(running, "clients_connected") == 10
        for stream in silent:
            stream.close()


@pytest.mark.parametrize("limit", ["max_connections", "max_connections_of_address"])
def test_the_household_has_a_reserve_of_connections(limit: str) -> None:
    limits = Limits.from_mapping({limit: 20})
    with run_ours(limits=limits, **terms()) as running:
        guests = [join(running, f"g{number}", f"g{number}-a") for number in range(18)]
        # a further one is told why, and leaves its place
        for number in range(40):
            join(running, f"late{number}", "late", expect=Reason.QUOTA_EXCEEDED)
        assert gauge(running, "connections_refused") >= 40
        silent = [Stream(running.port) for _ in range(50)]
        home = [join(running, f"h{number}", "home") for number in range(2)]
        for client in (*guests, *home):
            client.ping()
        # the place of a guest that leaves is a guest's again, once
        leave(guests.pop())
        leave(home.pop())
        eventually(lambda: gauge(running, "clients_connected") == 18, "they have left")
        guests.append(join(running, "next", "next"))
        join(running, "one more", "next", expect=Reason.QUOTA_EXCEEDED)
        for stream in silent:
            stream.close()
