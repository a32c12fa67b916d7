"""The copy of what is retained: whatever happens, both sides agree once both are there."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bridge.ledger import Ledger
from bridge.mapping import Mapping
from bridge.mirror import Mirror
from zapette.topics import Topics

MAPPING = Mapping(Topics("zapette"), "tv")
FOREIGN = {"tv/zapette/players/foreign/state": b"theirs", "homeassistant/device/lamp/config": b"x"}
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
        """The bridge dies and begins anew, knowing its ledger only."""
        file = Path(self.folder.name) / "bridge.json"
        self.mirror = Mirror(MAPPING, Ledger(file, "here"), self.publish)
        self.ours_up = self.home_up = False
        self.asked = None

    def publish(self, topic: str, payload: bytes) -> bool:
        if not self.home_up:
            return False
        assert self.home.get(topic, b"") != payload, "it was there already"
        retain(self.home, topic, payload)
        return True

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
            online = [topic for topic, payload in self.home.items() if payload == b"online"]
            assert [topic for topic in online if topic.endswith("availability")] == []


def retain(broker: dict[str, bytes], topic: str, payload: bytes) -> None:
    if payload:
        broker[topic] = payload
    else:
        broker.pop(topic, None)


Bridged.TestCase.settings = settings(max_examples=200, stateful_step_count=30, deadline=None)
TestBridged = Bridged.TestCase
