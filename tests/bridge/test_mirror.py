"""The copy of what is retained: whatever happens, both sides agree once both are there."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from zapette.protocol.topics import Topics
from zapette_bridge.ledger import Ledger
from zapette_bridge.mapping import Mapping
from zapette_bridge.mirror import Mirror

MAPPING = Mapping(Topics("zapette"), "tv")
FOREIGN = {"tv/zapette/players/foreign/state": b"theirs", "homeassistant/device/lamp/config": b"x"}
SERVER = "tv/zapette/server/availability"
topics = st.sampled_from(
    [
        "zapette/players/a/state",
        "zapette/players/a/availability",
        "zapette/players/b/availability",
        "zapette/server/availability",
        "zapette/discovery/a",
    ]
)
payloads = st.sampled_from([b"online", b"offline", b"1", b""])


class Bridged(RuleBasedStateMachine):
    """Two brokers that retain messages, and a bridge that may be away from each."""

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.ours: dict[str, bytes] = {}
        self.home = dict(FOREIGN)
        self.ours_up = self.home_up = False
        self.asked: dict[str, bytes] | None = None
        self.restart()

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            self.folder.cleanup()

    @rule()
    def restart(self) -> None:
        """The bridge dies, leaves its will, and begins again, knowing its ledger only."""
        if SERVER in self.home:
            self.home[SERVER] = b"offline"
        file = Path(self.folder.name) / "bridge.json"
        self.mirror = Mirror(MAPPING, Ledger(file, "here"), self.publish)
        self.ours_up = self.home_up = False
        self.asked = None

    def publish(self, topic: str, payload: bytes) -> bool:
        if not self.home_up:
            return False
        assert self.home.get(topic, b"") != payload, "it was there already"
        retain(self.home, topic, payload)
        if (topic, payload) == (SERVER, b"online"):
            assert self.online() <= self.online(self.ours), "who is gone is shown as live"
        return True

    def online(self, broker: dict[str, bytes] | None = None) -> set[str]:
        return {
            topic.removeprefix("tv/")
            for topic, payload in (self.home if broker is None else broker).items()
            if topic.endswith("/availability") and payload == b"online"
        }

    @rule(topic=topics, payload=payloads)
    def change(self, topic: str, payload: bytes) -> None:
        retain(self.ours, topic, payload)
        if self.ours_up:
            self.mirror.change(topic, payload)

    @precondition(lambda self: not self.ours_up)
    @rule()
    def ours_comes(self) -> None:
        self.ours_up = True
        self.mirror.expect()
        self.asked = dict(self.ours)

    @precondition(lambda self: self.asked is not None)
    @rule()
    def ours_has_answered(self) -> None:
        assert self.asked is not None
        self.mirror.begin(self.asked)
        self.asked = None

    @precondition(lambda self: self.ours_up)
    @rule()
    def ours_goes(self) -> None:
        self.ours_up, self.asked = False, None
        self.mirror.end()

    @precondition(lambda self: not self.home_up)
    @rule(forgets=st.booleans())
    def home_comes(self, forgets: bool) -> None:
        if forgets:
            self.home = dict(FOREIGN)
        self.home_up = True
        self.mirror.found(dict(self.home))

    @precondition(lambda self: self.home_up)
    @rule()
    def home_goes(self) -> None:
        self.home_up = False
        if SERVER in self.home:
            self.home[SERVER] = b"offline"
        self.mirror.lost()

    @invariant()
    def both_agree(self) -> None:
        if not hasattr(self, "home"):
            return
        assert FOREIGN.items() <= self.home.items()
        if self.ours_up and self.home_up and self.asked is None:
            expected = {MAPPING.to_home(topic): each for topic, each in self.ours.items()}
            assert self.home == FOREIGN | expected

    @invariant()
    def nobody_is_online_when_our_broker_is_gone(self) -> None:
        if getattr(self, "home_up", False) and not self.ours_up:
            assert self.online() == set()


def retain(broker: dict[str, bytes], topic: str, payload: bytes) -> None:
    if payload:
        broker[topic] = payload
    else:
        broker.pop(topic, None)


Bridged.TestCase.settings = settings(max_examples=200, stateful_step_count=30, deadline=None)
TestBridged = Bridged.TestCase


@pytest.mark.parametrize("name", ["players/a", "players/b", "players/c", "services/d"])
def test_the_server_is_online_at_home_once_all_else_is_right(tmp_path: Path, name: str) -> None:
    """A killed bridge leaves its will for the server only: what it said of others is old."""
    server, other = MAPPING.topics.server.availability, f"zapette/{name}/availability"
    others = [other, "zapette/players/a/state"]
    ledger = Ledger(tmp_path / "bridge.json", "here")
    for topic in (server, *others):
        ledger.add(topic)
    published: list[tuple[str, bytes]] = []

    def publish(topic: str, payload: bytes) -> bool:
        published.append((topic.removeprefix("tv/"), payload))
        return True

    mirror = Mirror(MAPPING, ledger, publish)
    mirror.expect()
    mirror.begin({server: b"online", other: b"offline"})
    mirror.found({f"tv/{server}": b"offline", **{f"tv/{it}": b"online" for it in others}})
    assert published[-1] == (server, b"online")
    assert set(published[:-1]) == {(other, b"offline"), (others[1], b"")}
    mirror.change(other, b"online")
    published.clear()
    mirror.end()
    assert published == [(server, b"offline"), (other, b"offline")]
