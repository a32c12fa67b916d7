"""Players are announced again on a broker that has forgotten them, however soon it is back."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.programs.mosquitto import Mosquitto
from tests.waiting import eventually
from zapette.client.client import Client
from zapette.mqtt.dialing import Timing
from zapette.mqtt.subscriptions import Message
from zapette.protocol.topics import Topics
from zapette_homeassistant.announcer import Announcer
from zapette_homeassistant.discovery_messages import DiscoveryMessages
from zapette_server.storage.tables.player_registry import PlayerRegistry

PLAYERS = ("1" * 32, "2" * 32)


class SlowRegistry(PlayerRegistry):
    """A registry that is asked between two looks at the connection, and may take its time.

    Attributes:
        asked: whether it is being asked.
        may_answer: whether it answers.
    """

    def __init__(self, file: Path) -> None:
        super().__init__(file)
        self.asked, self.may_answer = threading.Event(), threading.Event()
        self.may_answer.set()

    def last_removal(self) -> str:
        self.asked.set()
        assert self.may_answer.wait(60)
        return super().last_removal()


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[SlowRegistry]:
    opened = SlowRegistry(tmp_path / "players.db")
    for player in PLAYERS:
        opened.claim(player)
    yield opened
    opened.close()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    running = Mosquitto(tmp_path).start()
    yield running
    running.stop()


def announced(broker: Mosquitto) -> set[str]:
    """Return whom the broker has an announcement of."""
    found: set[str] = set()

    def take(message: Message) -> None:
        found.add(json.loads(message.payload)["id"])

    reader = Client(broker.url)
    reader.subscribe("zapette/discovery/+", take)
    reader.start()
    try:
        reader.wait(30)
        reader.fence(30)
        return found
    finally:
        reader.stop()


@contextmanager
def announcing(broker: Mosquitto, registry: SlowRegistry) -> Iterator[Client]:
    """Announce both players; provide the client that does."""
    topics = Topics()
    client = Client(broker.url, timing=Timing(longest_delay=0.5))
    announcer = Announcer(
        client, DiscoveryMessages("integration", topics, "1"), registry, lambda: "http://localhost/"
    )
    client.start()
    announcer.start()
    try:
        client.wait(30)
        for player in PLAYERS:
            state = {"version": 1, "seq": 1, "name": player[0], "can": ["status"]}
            client.publish(topics.player(player).state, json.dumps(state), qos=1, retain=True)
        eventually(lambda: announced(broker) == set(PLAYERS), "both are announced")
        yield client
    finally:
        registry.may_answer.set()
        announcer.stop()
        client.stop()


def test_a_broker_that_was_back_before_anybody_looked(
    broker: Mosquitto, registry: SlowRegistry
) -> None:
    with announcing(broker, registry) as client:
        registry.may_answer.clear()
        registry.asked.clear()
        assert registry.asked.wait(30)
        broker.kill()
        eventually(lambda: not client.is_live, "the client has lost it")
        broker.start()
        eventually(lambda: client.is_live, "the client is connected again")
        assert announced(broker) == set()
        registry.may_answer.set()
        eventually(lambda: announced(broker) == set(PLAYERS), "both are announced again")


def test_the_announcement_of_a_forgotten_player_is_cleared_last(
    broker: Mosquitto, registry: SlowRegistry
) -> None:
    cleared: list[str] = []

    def take(message: Message) -> None:
        if not message.payload:
            cleared.append(message.topic)

    with announcing(broker, registry) as client:
        client.subscribe("zapette/#", take)
        client.fence(30)
        registry.forget(PLAYERS[0])
        eventually(lambda: len(cleared) == 3, "all of it is cleared")
    # what is lost on the way is cleared again, as long as it is announced
    assert cleared[-1] == f"zapette/discovery/{PLAYERS[0]}"
