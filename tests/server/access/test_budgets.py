"""What one link or one self-made player may use up of the household's broker."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from tests.clients.mqtt_clients import Household
from tests.conformance.client import Client
from tests.conformance.wire.answers import PubAck, Publish
from tests.conformance.wire.encodings import Version
from tests.conformance.wire.packets import Connect, disconnect, publish
from tests.conformance.wire.properties import Pairs, Property
from tests.conformance.wire.stream import Stream
from tests.programs.system import System
from tests.waiting import eventually
from zapette.protocol.topics import Topics
from zapette_server.access.credentials import Keyring
from zapette_server.access.rights import Role
from zapette_server.storage.tables.player_registry import PlayerRegistry

FOREVER: Pairs = ((Property.SESSION_EXPIRY, 0xFFFF_FFFF),)
MINUTES = 600


class Guests:
    """A household, and as many tokens of its links as a guest can ask for in some time."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.home = Household(system)
        secret = bytes.fromhex((system.data / "secret").read_text().strip())
        self._keyring = Keyring(secret, Topics())
        registry = PlayerRegistry(system.data / "players.db")
        self._generation = registry.generation(self.home.id) or ""
        registry.close()
        self._streams: list[Stream] = []

    def connect(self, role: Role, client_id: str, properties: Pairs = ()) -> Client:
        token, _ = self._keyring.issue(role, client_id, self.home.id, self._generation)
        return self._open(client_id, role.value, token.encode(), properties)

    def household(self, client_id: str, properties: Pairs = ()) -> Client:
        password = self.system.home_password().encode()
        return self._open(client_id, "home", password, properties)

    def _open(self, client_id: str, name: str, password: bytes, properties: Pairs) -> Client:
        self._streams.append(Stream(self.system.mqtt_port))
        client = Client(self._streams[-1], Version.V5)
        connack = client.connect(
            Connect(
                client_id,
                Version.V5,
                clean=False,
                username=name,
                password=password,
                properties=properties,
            )
        )
        assert connack.code == 0, connack
        return client

    def close(self) -> None:
        for stream in self._streams:
            stream.close()


@pytest.fixture
def guests(new_system: Callable[..., System]) -> Iterator[Guests]:
    made = Guests(new_system(ZAPETTE_LIMITS="sys_interval = 0.5"))
    yield made
    made.close()


def leave(client: Client) -> None:
    client.send(disconnect())
    client.end()
    client.close()


def figures(guests: Guests) -> dict[str, int]:
    """Return what the broker says of itself, published after this was asked."""
    client = guests.household("observer")
    client.subscribe("$SYS/broker/metrics")
    client.wait_for(Publish)
    found: dict[str, int] = json.loads(client.wait_for(Publish).payload)
    client.close()
    return found


def test_one_link_fills_no_table_of_sessions(guests: Guests) -> None:
    before = figures(guests)["sessions"]
    for number in range(700):
        client = guests.connect(Role.GUEST, f"guest-{number}", FOREVER)
        if not number:
            assert client.connack is not None
            assert client.connack.properties.number(Property.SESSION_EXPIRY) <= MINUTES
        leave(client)
    assert figures(guests)["sessions"] - before <= 501
    home = guests.household("home-1", FOREVER)
    assert home.connack is not None
    assert home.connack.properties.number(Property.SESSION_EXPIRY) > MINUTES
    with guests.home.visitor("remote") as remote:
        assert remote.is_in


@pytest.mark.long
def test_absent_remotes_queue_within_one_budget(guests: Guests) -> None:
    root = guests.home.root
    for number in range(100):
        remote = guests.connect(Role.REMOTE, f"remote-{number}", FOREVER)
        assert remote.subscribe(f"{root}/event/#", qos=1).codes == (1,)
        leave(remote)
    kept = guests.household("kept", FOREVER)
    assert kept.subscribe(f"{root}/event/#", qos=1).codes == (1,)
    leave(kept)
    player = guests.connect(Role.PLAYER, f"player-{guests.home.id}")
    for number in range(1, 2001):
        topic = f"{root}/event/play"
        player.send(publish(topic, b"x" * 100, version=Version.V5, qos=1, packet_id=number))
        assert player.wait_for(PubAck).code == 0
    told = figures(guests)
    assert told["messages_waiting"] < 20_000
    assert told["queued_bytes"] < 8 * 1024 * 1024
    assert guests.household("kept", FOREVER).message().payload == b"x" * 100
    player.close()
    # the link is void, and with it all that waited for those who came by it
    guests.home.new_code()
    eventually(lambda: figures(guests)["sessions"] < 10, "the sessions are gone")
    assert figures(guests)["queued_bytes"] < 1024 * 1024


def test_a_broker_with_no_room_for_phones_says_so(new_system: Callable[..., System]) -> None:
    guests = Guests(new_system(ZAPETTE_LIMITS="max_sessions = 10"))
    taken: list[Client] = []

    def problem() -> str:
        problems: dict[str, str] = guests.system.get("healthz").json["problems"]
        return problems.get("broker_sessions", "")

    with pytest.raises(AssertionError, match=r"0x97|151"):
        taken.extend(guests.connect(Role.GUEST, f"guest-{number}") for number in range(10))
    eventually(lambda: "only the household gets in" in problem(), "it is said")
    assert guests.household("home-1").connack is not None
    for guest in taken[:2]:
        leave(guest)
    eventually(lambda: not problem(), "there is room again")
    guests.close()
