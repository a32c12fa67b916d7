"""Routing and retained messages against a model that looks at everything."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import hypothesis.strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tests.broker.routing.test_topics import TOPICS, filters
from zapette_broker.message import Message
from zapette_broker.routing.retained import RetainedMessages
from zapette_broker.routing.subscriptions import SubscriptionTree
from zapette_broker.routing.topics import matches

keys = st.integers(0, 3)
topics = st.sampled_from(TOPICS)


@dataclass(frozen=True)
class Entry:
    key: int
    version: int


class Subscriptions(RuleBasedStateMachine):
    """The tree next to a dictionary of filters."""

    def __init__(self) -> None:
        super().__init__()
        self.tree: SubscriptionTree[Entry] = SubscriptionTree()
        self.model: dict[tuple[str, int], Entry] = {}
        self.versions = 0

    @rule(pattern=filters, key=keys)
    def add(self, pattern: str, key: int) -> None:
        self.versions += 1
        entry = Entry(key, self.versions)
        self.tree.add(pattern, entry)
        self.model[pattern, key] = entry

    @rule(pattern=filters, key=keys)
    def remove(self, pattern: str, key: int) -> None:
        existed = self.model.pop((pattern, key), None) is not None
        assert self.tree.remove(pattern, key) == existed

    @rule(topic=topics)
    def match(self, topic: str) -> None:
        expected = Counter(
            entry for (pattern, _), entry in self.model.items() if matches(pattern, topic)
        )
        assert Counter(self.tree.match(topic)) == expected

    @invariant()
    def counts(self) -> None:
        assert self.tree.count == len(self.model)

    def teardown(self) -> None:
        for pattern, key in list(self.model):
            assert self.tree.remove(pattern, key)
        for topic in TOPICS:
            assert not self.tree.match(topic)
        assert self.tree.empty


class Retained(RuleBasedStateMachine):
    """Retained messages next to a dictionary of topics."""

    def __init__(self) -> None:
        super().__init__()
        self.kept = RetainedMessages()
        self.model: dict[str, Message] = {}

    @rule(topic=topics, size=st.integers(1, 50))
    def put(self, topic: str, size: int) -> None:
        self.model[topic] = message = Message(topic, bytes(size))
        self.kept.put(message)

    @rule(topic=topics)
    def remove(self, topic: str) -> None:
        assert self.kept.remove(topic) is self.model.pop(topic, None)

    @rule(pattern=filters)
    def match(self, pattern: str) -> None:
        found = self.kept.match(pattern)
        assert len(found) == len(set(found))
        assert set(found) == {m for topic, m in self.model.items() if matches(pattern, topic)}

    @invariant()
    def measures(self) -> None:
        assert len(self.kept) == len(self.model)
        assert self.kept.size == sum(message.size for message in self.model.values())
        assert set(self.kept) == set(self.model.values())


TestSubscriptions = Subscriptions.TestCase
TestRetained = Retained.TestCase
