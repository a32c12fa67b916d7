"""The contract's table of rights, by every role, kind of topic, action, version and transport."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

import pytest

from tests.clients.mqtt_clients import Household
from tests.conformance.client import Client
from tests.conformance.wire.answers import PubAck, Publish
from tests.conformance.wire.encodings import Version
from tests.conformance.wire.packets import Connect, Will, disconnect, publish
from tests.conformance.wire.properties import Property
from tests.conformance.wire.stream import Stream, WebSocketStream
from tests.programs.system import System
from zapette.protocol.topics import Topics
from zapette_server.access.credentials import Keyring
from zapette_server.access.rights import Role
from zapette_server.engine.engine import Tokens

F = TypeVar("F", bound=Callable[..., None])

OTHER = "f" * 32
ROLES = {"p": "player", "r": "remote", "g": "guest", "h": "household", "s": "server"}

# Written from the contract ("Topics", "Who may do what"), not from the code. The letters are those
# of `ROLES`: who publishes, who publishes retained, who subscribes. {P} is the player that the
# first three roles are of, {Q} another one, {me} the client id.
TOPICS = [
    ("{P}/availability", "phs", "phs", "rghs"),
    ("{P}/state", "phs", "phs", "rghs"),
    ("{P}/event/play", "phs", "hs", "rhs"),
    ("{P}/event/deep/er", "phs", "hs", "rhs"),
    ("{P}/command/play", "rhs", "hs", "phs"),
    ("{P}/command/queue/add", "rhs", "hs", "phs"),
    ("{P}/request/{me}/1/play", "rhs", "hs", "phs"),
    ("{P}/request/{me}/1/status", "rghs", "hs", "phs"),
    ("{P}/request/{me}/1/queue/add", "rghs", "hs", "phs"),
    ("{P}/request/{me}/1/queue/play_next", "rghs", "hs", "phs"),
    ("{P}/request/{me}/1/queue/clear", "rhs", "hs", "phs"),
    ("{P}/request/{me}/x/y/status", "rhs", "hs", "phs"),
    ("{P}/request/nobody/1/status", "hs", "hs", "phs"),
    ("{P}/response/{me}/1", "phs", "hs", "rghs"),
    ("{P}/response/nobody/1", "phs", "hs", "hs"),
    ("{P}/else", "hs", "hs", "hs"),
    ("{P}", "hs", "hs", "hs"),
    ("{Q}/availability", "hs", "hs", "hs"),
    ("{Q}/state", "hs", "hs", "hs"),
    ("{Q}/command/play", "hs", "hs", "hs"),
    ("{Q}/request/{me}/1/status", "hs", "hs", "hs"),
    ("{Q}/response/{me}/1", "hs", "hs", "hs"),
    ("zapette/server/availability", "hs", "hs", "prghs"),
    ("zapette/server/request/{me}/1/nothing", "prhs", "hs", "hs"),
    ("zapette/server/request/nobody/1/nothing", "hs", "hs", "hs"),
    ("zapette/server/response/{me}/1", "hs", "hs", "prhs"),
    ("zapette/server/response/nobody/1", "hs", "hs", "hs"),
    ("zapette/services/lamp/availability", "hs", "hs", "hs"),
    ("zapette/services/lamp/request/{me}/1/f", "hs", "hs", "hs"),
    ("zapette/discovery/" + OTHER, "hs", "hs", "hs"),
    ("homeassistant/status", "hs", "hs", "hs"),
    ("$SYS/broker/uptime", "", "", "hs"),
    ("elsewhere", "", "", ""),
]
FILTERS = [
    ("#", ""), ("+/#", ""), ("+/+/+/+", ""), ("+/players/+/state", ""), ("$SYS/#", "hs"),
    ("zapette/#", "hs"), ("zapette/+/#", "hs"), ("zapette/players/#", "hs"),
    ("zapette/players/+/state", "hs"), ("zapette/players/+/response/{me}/#", "hs"),
    ("homeassistant/#", "hs"), ("{P}/#", "hs"), ("{P}/+", "hs"), ("{P}/event/#", "rhs"),
    ("{P}/event/+", "rhs"), ("{P}/command/#", "phs"), ("{P}/command/+", "phs"),
    ("{P}/request/#", "phs"), ("{P}/request/{me}/#", "phs"), ("{P}/response/#", "hs"),
    ("{P}/response/+/1", "hs"), ("{P}/response/{me}/#", "rghs"), ("{P}/response/{me}/+", "rghs"),
    ("{P}/response/nobody/#", "hs"), ("{P}/state/#", "hs"), ("{Q}/#", "hs"),
    ("{Q}/command/#", "hs"), ("zapette/server/#", "hs"), ("zapette/server/+", "hs"),
    ("zapette/server/response/#", "hs"), ("zapette/server/response/{me}/#", "prhs"),
    ("zapette/server/response/+/1", "hs"), ("zapette/services/#", "hs"),
]  # fmt: skip
SUBSCRIBED = [(topic, roles) for topic, _, _, roles in TOPICS] + FILTERS


@dataclass
class ControlledPlayer:
    """A system of this module's own, and the credentials of one client of each role."""

    system: System
    home: Household
    logins: dict[str, tuple[str, str, str]]
    opened: list[Stream] = field(default_factory=list)

    def topic(self, template: str, role: str) -> str:
        player = f"zapette/players/{self.home.id}"
        other = f"zapette/players/{OTHER}"
        return template.format(P=player, Q=other, me=self.logins[role][0])

    def open(self, version: Version, transport: str) -> Client:
        made = {"tcp": Stream, "ws": WebSocketStream}[transport]
        port = self.system.ws_port if transport == "ws" else self.system.mqtt_port
        self.opened.append(made(port))
        return Client(self.opened[-1], version)

    def close(self) -> None:
        while self.opened:
            self.opened.pop().close()

    def connect(
        self, role: str, version: Version, transport: str, will: Will | None = None
    ) -> tuple[Client, int]:
        """Connect and return the client and the code of its CONNACK."""
        client_id, username, password = self.logins[role]
        client = self.open(version, transport)
        connack = client.connect(
            Connect(client_id, version, will=will, username=username, password=password.encode())
        )
        return client, connack.code


def controlled_on(system: System, tokens: Tokens) -> ControlledPlayer:
    """Return a new player on `system`, and a client of each role."""
    home = Household(system)
    logins = {"household": ("matrix-home", "home", system.home_password())}
    given = [home.player(), home.visitor("remote"), home.visitor("guest")]
    for role, party in zip(("player", "remote", "guest"), given, strict=True):
        assert party.username is not None
        assert party.password is not None
        logins[role] = (party.client_id, party.username, party.password)
    token, _ = tokens.issue(Role.SERVER, "matrix-server")
    logins["server"] = ("matrix-server", "server", token)
    return ControlledPlayer(system, home, logins)


@pytest.fixture(scope="module")
def controlled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlledPlayer]:
    with System(tmp_path_factory.mktemp("matrix")) as system:
        secret = bytes.fromhex((system.data / "secret").read_text().strip())
        yield controlled_on(system, Keyring(secret, Topics()))


@pytest.fixture(autouse=True)
def closed(controlled: ControlledPlayer) -> Iterator[None]:
    yield
    controlled.close()


EVERY = [
    pytest.mark.parametrize("role", ROLES.values()),
    pytest.mark.parametrize("version", list(Version), ids=["3.1.1", "5"]),
    pytest.mark.parametrize("transport", ["tcp", "ws"]),
]


def every(function: F) -> F:
    """Run a test for each role, version and transport."""
    for mark in EVERY:
        function = mark(function)
    return function


def letter(role: str) -> str:
    return role[0]


@every
def test_publishing(
    controlled: ControlledPlayer, role: str, version: Version, transport: str
) -> None:
    """A refused message has no effect; MQTT 5 says so, and why a retained one is refused."""
    observer = controlled.open(Version.V5, "tcp")
    _, username, password = controlled.logins["household"]
    observer.connect(Connect("observer", Version.V5, username=username, password=password.encode()))
    # of what is retained nothing comes, and what is published comes with its flag
    assert observer.subscribe("zapette/#", "homeassistant/#", options=0x28).codes == (0, 0)
    client, code = controlled.connect(role, version, transport)
    assert code == 0
    published: dict[bytes, tuple[str, bool, bool]] = {}
    for (topic, plain, retained, _), retain in itertools.product(TOPICS, (False, True)):
        name = controlled.topic(topic, role)
        payload = f"matrix {len(published)}".encode()
        allowed = letter(role) in (retained if retain else plain)
        published[payload] = (name, retain, allowed)
        identifier = client.next_id()
        client.send(
            publish(name, payload, version=version, qos=1, retain=retain, packet_id=identifier)
        )
        answer = client.wait_for(PubAck)
        if version is Version.V5:
            assert (answer.code < 0x80) is allowed, (name, retain, answer)
            if not allowed:
                assert answer.code == 0x87
                reason = answer.properties.get(Property.REASON_STRING)
                assert ("retained" in str(reason)) is (retain and letter(role) in plain), name
    client.send(publish("zapette/x", b"", version=version))
    client.ping()
    observer.publish("zapette/services/end", b"end", qos=1)
    came = {}
    while (message := observer.wait_for(Publish)).payload != b"end":
        came[message.payload] = (message.topic, message.retain)
    for payload, (name, retain, allowed) in published.items():
        if name.startswith("$"):
            continue
        assert (payload in came) is allowed, (name, retain)
        if allowed:
            assert came[payload] == (name, retain)


@every
def test_subscribing(
    controlled: ControlledPlayer, role: str, version: Version, transport: str
) -> None:
    client, code = controlled.connect(role, version, transport)
    assert code == 0
    for (topic, roles), share in itertools.product(SUBSCRIBED, ("", "$share/g/")):
        pattern = share + controlled.topic(topic, role)
        (granted,) = client.subscribe(pattern).codes
        refused = 0x87 if version is Version.V5 else 0x80
        assert granted == (0 if letter(role) in roles else refused), pattern
        client.unsubscribe(pattern)


@every
def test_wills(controlled: ControlledPlayer, role: str, version: Version, transport: str) -> None:
    for (topic, plain, retained, _), retain in itertools.product(TOPICS, (False, True)):
        name = controlled.topic(topic, role)
        will = Will(name, b"will", 1, retain)
        client, code = controlled.connect(role, version, transport, will)
        if letter(role) in (retained if retain else plain):
            assert code == 0, (name, retain)
            client.send(disconnect())  # or the will has its effect
            client.close()
            continue
        wanted = 0x9A if retain and letter(role) in plain else 0x87
        assert code == (wanted if version is Version.V5 else 5), (name, retain)
        client.close()
