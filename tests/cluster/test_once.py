"""What must happen once happens once, while web sides come and go."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest

from tests.clients.mqtt_clients import Household
from tests.programs.nats_cluster import SystemOnNats
from tests.programs.system import System
from tests.programs.two_web_sides import TwoWebSides
from tests.waiting import HANG_TIMEOUT, eventually
from zapette.client.client import Client
from zapette.errors import CallError
from zapette.mqtt.subscriptions import Message
from zapette.protocol.topics import DISCOVERY, Topics
from zapette_server.access.rights import Role
from zapette_webapp.procedures import CLIENT_ID

SERVER = Topics().server
FILTERS = (f"{SERVER.root}/response/#", f"{DISCOVERY}/+")


class Home:
    """Two members of the household: one calls the server, one counts what is published live.

    NATS delivers a message once for each filter of a client, and a caller has filters of its own.
    """

    def __init__(self, caller: Client, observer: Client) -> None:
        self._caller = caller
        self._observer = observer
        self._published: list[tuple[str, bytes]] = []
        for topic_filter in FILTERS:
            observer.subscribe(topic_filter, self._take)

    def _take(self, message: Message) -> None:
        if not message.retained:
            self._published.append((message.topic, message.payload))

    def answer(self, timeout: float = 1) -> object:
        """Return what the server answers; None if it does not."""
        try:
            return self._caller.call(SERVER, "id", timeout=timeout)
        except CallError:
            return None

    def publish(self, topic: str, state: Mapping[str, object]) -> None:
        """Retain a state."""
        self._caller.publish(topic, json.dumps(state).encode(), qos=1, retain=True)

    def answers(self) -> list[str]:
        """Return the topics of all answers so far."""
        self._observer.fence(HANG_TIMEOUT)
        return [topic for topic, _ in self._published if topic.startswith(SERVER.root)]

    def repeated(self) -> list[str]:
        """Return the topics of announcements that came more than once."""
        counted = Counter(it for it in self._published if it[0].startswith(DISCOVERY))
        return [topic for (topic, _), times in counted.items() if times > 1]

    def names(self, player: Household) -> list[str]:
        """Return the names that were announced of a player."""
        at = f"{DISCOVERY}/{player.id}"
        return [json.loads(payload)["name"] for topic, payload in self._published if topic == at]


@pytest.fixture
def home(on_nats: SystemOnNats) -> Iterator[Home]:
    clients = [Client(on_nats.household()) for _ in range(2)]
    home = Home(*clients)
    for client in clients:
        client.start()
    try:
        for client in clients:
            client.wait(HANG_TIMEOUT)
        yield home
    finally:
        for client in clients:
            client.stop()


def check_answers(home: Home) -> None:
    """Check that each call has one answer: a second one would come before the next call's."""
    eventually(home.answer, "the server answers")
    before = len(home.answers())
    for _ in range(20):
        assert home.answer(HANG_TIMEOUT)
    counted = Counter(home.answers()[before:])
    # one that came too late for its call may be among them
    assert len(counted) >= 20
    assert set(counted.values()) == {1}


def check_announcements(home: Home, side: System) -> None:
    """Check that each new name of a player is announced once."""
    players = [Household(side) for _ in range(3)]
    for seq in (1, 2, 3):
        for player in players:
            state = {"version": 1, "seq": seq, "name": f"{player.id} {seq}", "can": ["status"]}
            home.publish(f"{player.root}/state", state)
        for player in players:
            wanted = [f"{player.id} {it}" for it in range(1, seq + 1)]
            eventually(lambda it=player, last=wanted[-1]: home.names(it)[-1] == last, "it comes")  # type: ignore[misc]
            assert home.names(player) == wanted


def test_calls_and_announcements_while_web_sides_stop_and_start(
    two_web_sides: TwoWebSides, home: Home
) -> None:
    check_answers(home)
    check_announcements(home, two_web_sides.first)
    # one of them is the holder, and the other is so after it
    for side, other in zip(two_web_sides.each, reversed(two_web_sides.each), strict=True):
        # not the nodes, which the first one has with it
        System.stop(side)
        try:
            check_answers(home)
            check_announcements(home, other)
        finally:
            System.start(side)
    check_answers(home)
    check_announcements(home, two_web_sides.first)
    # a web side that has just connected announces half a second later
    assert home.repeated() == []


def test_a_holder_whose_client_is_replaced_takes_it_back(on_nats: SystemOnNats, home: Home) -> None:
    url = replace(
        on_nats.household(),
        username=Role.SERVER.value,
        password=on_nats.tokens.issue(Role.SERVER, CLIENT_ID)[0],
    )
    other = Client(url, client_id=CLIENT_ID, callee=SERVER, procedures={"id": lambda: "other"})
    replaced = threading.Event()
    other.on_replaced = replaced.set
    other.start()
    try:
        other.wait(HANG_TIMEOUT)
        assert replaced.wait(HANG_TIMEOUT)
        eventually(lambda: home.answer() not in (None, "other"), "the holder answers")
        # its client has been started again
        check_answers(home)
    finally:
        other.stop()
