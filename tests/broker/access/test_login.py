"""Before a client is authenticated nothing it sends has an effect; a grant can end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest

from tests.broker.servers import Running, config, run_ours
from tests.conformance.client import PATIENCE, Client
from tests.conformance.wire.answers import ConnAck, Disconnect, PingResp
from tests.conformance.wire.encodings import Version
from tests.conformance.wire.packets import PINGREQ, Connect, Will, publish, subscribe
from tests.conformance.wire.properties import Property
from tests.waiting import eventually
from zapette_broker import ConnectRequest, Grant, Limits, Rights, Rule
from zapette_broker.access.logins import FailedLogins

BOTH = pytest.mark.parametrize("version", list(Version))
RIGHTS = Rights.from_rules([Rule("all", "open/#"), Rule("subscribe", "readable/#")])


@dataclass
class Doorkeeper:
    """Lets in who has the password; `slow` makes it wait for `open_door`."""

    slow: bool = False
    lasts: float | None = None
    rights: Rights = RIGHTS
    requests: list[ConnectRequest] = field(default_factory=list)
    door: asyncio.Event | None = None
    broken: bool = False

    def authenticate(self, request: ConnectRequest) -> Grant | Awaitable[Grant | None] | None:
        self.requests.append(request)
        if self.broken:
            raise OSError("no database")
        if self.slow:
            return self.later(request)
        return self.decide(request)

    async def later(self, request: ConnectRequest) -> Grant | None:
        if self.door is None:
            self.door = asyncio.Event()
        await self.door.wait()
        return self.decide(request)

    def decide(self, request: ConnectRequest) -> Grant | None:
        if request.password != b"right":
            return None
        ends = time.time() + self.lasts if self.lasts is not None else None
        return Grant(self.rights, ends, ("code", request.client_id[-1]), request.username)


Login = Callable[..., Client]


def login(
    running: Running, client_id: str, version: Version = Version.V5, **more: object
) -> Client:
    options: dict[str, object] = {"username": "user", "password": b"right", **more}
    return running.connect(client_id, version, **options)  # type: ignore[arg-type]


def test_nobody_comes_in_without_authenticator_or_plugin() -> None:
    settings = config()
    del settings["plugins"]
    with run_ours(settings) as running:
        running.connect("anybody", expect=4)


@BOTH
def test_a_client_that_proves_nothing_is_refused(version: Version) -> None:
    code = 0x86 if version is Version.V5 else 4
    with run_ours(config(plugins={}), authenticator=Doorkeeper()) as running:
        running.connect("c", version, username="user", password=b"wrong", expect=code)
        running.connect("c", version, expect=code)
        login(running, "c", version)
        assert running.broker.metrics.logins_failed == 2


def test_the_authenticator_sees_who_asks() -> None:
    keeper = Doorkeeper()
    with run_ours(config(plugins={}), authenticator=keeper) as running:
        login(running, "some-id")
        login(running, "", Version.V5)
    first, second = keeper.requests
    assert (first.client_id, first.username, first.password) == ("some-id", "user", b"right")
    assert (first.peer, first.listener) == ("127.0.0.1", "default")
    assert second.client_id.startswith("auto-")
    assert "right" not in repr(first)


@BOTH
def test_what_follows_connect_waits_for_the_answer(version: Version) -> None:
    keeper = Doorkeeper(slow=True)
    with run_ours(config(plugins={}), authenticator=keeper) as running:
        client = running.open(version)
        connect = Connect("c", version, username="user", password=b"right")
        client.ledger.connected(connect)
        client.send(
            connect.encode()
            + subscribe(1, ("open/x", 0), version=version)
            + publish("open/x", b"held", version=version)
        )
        eventually(lambda: keeper.door, "the authenticator is asked")
        assert running.call(lambda: len(running.broker.sessions)) == 0
        assert keeper.door is not None
        running.call(keeper.door.set)
        assert isinstance(client.receive(), ConnAck)
        client.receive()
        assert client.message().payload == b"held"


@BOTH
@pytest.mark.parametrize("slow", [False, True])
def test_a_failed_login_has_no_effect_at_all(version: Version, slow: bool) -> None:
    """No takeover, no will, no session, nothing deleted, nothing published."""
    keeper = Doorkeeper()
    limits = Limits(login_delay=0.05)
    with run_ours(config(plugins={}), authenticator=keeper, limits=limits) as running:
        expiry = ((Property.SESSION_EXPIRY, 60),) if version is Version.V5 else ()
        victim = login(running, "victim", version, clean=False, properties=expiry)
        victim.subscribe("open/#", qos=1)
        keeper.slow = slow
        attacker = running.open(version)
        will = Will("open/will", b"gotcha")
        attacker.send(
            Connect("victim", version, username="user", password=b"wrong", will=will).encode()
            + publish("open/x", b"gotcha", version=version)
        )
        if slow:
            eventually(lambda: keeper.door, "the authenticator is asked")
            assert keeper.door is not None
            running.call(keeper.door.set)
        code = 0x86 if version is Version.V5 else 4
        assert attacker.refused(code)
        keeper.slow = False
        victim.silence()
        login(running, "other", version).publish("open/x", b"fine", qos=1)
        assert victim.message().payload == b"fine"
        assert running.call(lambda: len(running.broker.sessions)) == 2


def test_a_broken_authenticator_lets_nobody_in(caplog: pytest.LogCaptureFixture) -> None:
    keeper = Doorkeeper(broken=True)
    with run_ours(config(plugins={}), authenticator=keeper) as running:
        login(running, "c", expect=0x88)
        keeper.broken = False
        login(running, "c")
    assert "authentication_failed" in caplog.text


def test_failed_logins_are_answered_the_later_the_more_there_are() -> None:
    limits = Limits(login_delay=0.1, max_login_delay=0.4)
    with run_ours(config(plugins={}), authenticator=Doorkeeper(), limits=limits) as running:
        times = []
        # the eighth would be answered after 12.8 s, were there no longest wait
        for _ in range(8):
            began = time.monotonic()
            login(running, "c", password=b"wrong", expect=0x86)
            times.append(time.monotonic() - began)
        assert times[0] >= 0.1
        assert times[1] >= 0.2
        assert min(times[2:]) >= 0.4


def test_one_machine_cannot_spread_its_failures_over_its_network() -> None:
    """One machine has all addresses of an IPv6 network of 64 bits to choose from."""
    logins = FailedLogins(Limits(login_delay=1, max_login_delay=100))
    delays = [logins.failed(f"2001:db8:0:1::{number:x}", 0.0) for number in range(1, 5)]
    assert delays == [1, 2, 4, 8]
    assert logins.failed("2001:db8:0:2::1", 0.0) == 1


def test_too_many_failed_logins_get_no_answer() -> None:
    limits = Limits(login_delay=5, max_login_delay=5, max_failed_logins=2)
    with run_ours(config(plugins={}), authenticator=Doorkeeper(), limits=limits) as running:
        waiting = []
        for _ in range(2):
            client = running.open(Version.V5)
            client.send(Connect("c", Version.V5, username="u", password=b"wrong").encode())
            waiting.append(client)
        eventually(lambda: running.broker.metrics.logins_failed == 2, "two wait")
        third = running.open(Version.V5)
        third.send(Connect("c", Version.V5, username="u", password=b"wrong").encode())
        assert third.refused() is None
        login(running, "honest")


@BOTH
def test_a_will_needs_a_right_at_connection(version: Version) -> None:
    code = 0x87 if version is Version.V5 else 5
    with run_ours(config(plugins={}), authenticator=Doorkeeper()) as running:
        for topic in ("closed/x", "$SYS/x", "readable/x"):
            login(running, "c", version, will=Will(topic, b"x"), expect=code)
        login(running, "c", version, will=Will("open/x", b"x"))


def test_an_expired_token_ends_the_connection() -> None:
    with run_ours(config(plugins={}), authenticator=Doorkeeper(lasts=1)) as running:
        old = login(running, "old", Version.V311)
        new = login(running, "new", Version.V5)
        farewell = new.expect(Disconnect)
        assert farewell.code == 0x87
        assert farewell.properties.get(Property.REASON_STRING) == "token expired"
        assert new.end(timeout=PATIENCE) is None
        assert old.end(timeout=PATIENCE) is None


@BOTH
def test_revoking_ends_connections_and_sessions_at_once(version: Version) -> None:
    expiry = ((Property.SESSION_EXPIRY, 60),) if version is Version.V5 else ()
    with run_ours(config(plugins={}), authenticator=Doorkeeper()) as running:
        watcher = login(running, "watcher-b", version)
        watcher.subscribe("open/will/#")
        will = Will("open/will/x", b"x")
        online = login(running, "online-a", version, clean=False, properties=expiry, will=will)
        away = login(running, "away-a", version, clean=False, properties=expiry)
        away.subscribe("open/#", qos=1)
        away.leave()
        count = running.call(
            lambda: running.broker.disconnect(lambda session: session.tag == ("code", "a"))
        )
        assert count == 2
        farewell = online.end(timeout=PATIENCE)
        assert (farewell is not None and farewell.code == 0x87) or version is Version.V311
        watcher.silence()
        again = login(running, "away-a", version, clean=False, properties=expiry)
        assert again.connack is not None
        assert not again.connack.session_present


def test_what_a_revoked_client_left_in_the_socket_has_no_effect() -> None:
    with run_ours(config(plugins={}), authenticator=Doorkeeper()) as running:
        watcher = login(running, "watcher-b")
        watcher.subscribe("open/#")
        bad = login(running, "bad-a")

        def revoke() -> None:
            bad.send(publish("open/x", b"late", version=Version.V5))
            # in the event loop: the bytes are there before it looks again
            bad.stream.wait_until_arrived()
            running.broker.disconnect(lambda session: session.client_id == "bad-a")

        running.call(revoke)
        assert bad.end(timeout=PATIENCE) is not None
        watcher.silence()


def test_someone_elses_session_is_not_taken_up() -> None:
    expiry = ((Property.SESSION_EXPIRY, 60),)
    with run_ours(config(plugins={}), authenticator=Doorkeeper()) as running:
        mine = login(running, "shared-id", clean=False, properties=expiry)
        mine.subscribe("open/#", qos=1)
        mine.leave()
        login(running, "writer").publish("open/x", b"for me", qos=1)
        other = login(running, "shared-id", clean=False, properties=expiry, username="other")
        assert other.connack is not None
        assert not other.connack.session_present
        other.silence()


def test_a_session_keeps_only_what_is_still_permitted() -> None:
    keeper = Doorkeeper()
    expiry = ((Property.SESSION_EXPIRY, 60),)
    with run_ours(config(plugins={}), authenticator=keeper) as running:
        client = login(running, "c", clean=False, properties=expiry)
        client.subscribe("open/#", "readable/#", qos=1)
        client.leave()
        keeper.rights = Rights.from_rules([Rule("all", "#")])
        writer = login(running, "writer")
        writer.publish("open/x", b"not any more", qos=1)
        writer.publish("readable/x", b"still", qos=1)
        keeper.rights = Rights.from_rules([Rule("subscribe", "readable/#")])
        client = login(running, "c", clean=False, properties=expiry)
        assert client.message().payload == b"still"
        writer.publish("open/x", b"not any more", qos=1)
        client.silence()


def test_a_guest_learns_nothing_by_any_filter() -> None:
    with run_ours(config(plugins={}), authenticator=Doorkeeper()) as running:
        client = login(running, "c")
        asked = ("#", "+/#", "closed/x", "$SYS/#", "$share/g/#", "$share/g/closed/+")
        assert set(client.subscribe(*asked).codes) == {0x87}
        assert list(client.subscribe("open/#", "$share/g/open/+").codes) == [0, 0]


def test_a_denied_message_is_refused_but_the_connection_goes_on() -> None:
    with run_ours(config(plugins={}), authenticator=Doorkeeper()) as running:
        client = login(running, "c")
        answer = client.publish("closed/x", b"x", qos=1)
        assert answer is not None
        assert answer.code == 0x87
        answer = client.publish("closed/x", b"x", qos=2)
        assert answer is not None
        assert answer.code == 0x87
        client.publish("closed/x", b"x", qos=0)
        client.send(PINGREQ)
        client.expect(PingResp)
        assert running.broker.metrics.publish_denied == 3
