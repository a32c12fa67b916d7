"""Topic filters and who wants what."""

from __future__ import annotations

from functools import partial

import paho.mqtt.client as paho
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from zapette.errors import TopicError
from zapette.mqtt.subscriptions import Filter, Message, Subscriptions

levels = st.sampled_from(["", "a", "b", "$a"])
topics = st.lists(levels, min_size=1, max_size=4).map("/".join).filter(bool)
filters = (
    st.lists(st.sampled_from(["", "a", "b", "+", "$a"]), min_size=1, max_size=4)
    .map("/".join)
    .filter(bool)
)


@given(filters | filters.map(lambda text: f"{text}/#") | st.just("#"), topics)
@example("a/#", "a")
@example("+/#", "$a/b")
def test_matching_is_as_in_another_client(text: str, topic: str) -> None:
    assert Filter(text).matches(topic) == paho.topic_matches_sub(text, topic)


@pytest.mark.parametrize(
    ("text", "topic", "wildcards"),
    [
        ("a/b", "a/b", ()),
        ("a/+/c", "a/b/c", ("b",)),
        ("+/b/#", "a/b/c/d", ("a", "c/d")),
        ("a/#", "a", ("",)),
        ("a/+", "a", None),
    ],
)
def test_wildcards(text: str, topic: str, wildcards: tuple[str, ...] | None) -> None:
    assert Filter(text).wildcards(topic) == wildcards


@pytest.mark.parametrize("text", ["", "a/#/b", "a#", "a/b+", "a\0"])
def test_what_is_no_filter(text: str) -> None:
    with pytest.raises(TopicError):
        Filter(text)


def test_handlers_in_the_order_of_their_subscriptions() -> None:
    subscriptions = Subscriptions()
    seen: list[str] = []

    def note(name: str, _message: Message) -> None:
        seen.append(name)

    for name, text in (("one", "a/+"), ("two", "a/b"), ("three", "b/#"), ("four", "a/+")):
        subscriptions.add(text, partial(note, name), 1)
    assert len(subscriptions) == 3

    def hand_on(message: Message) -> None:
        seen.clear()
        for handler in subscriptions.handlers(message):
            handler(message)

    hand_on(Message("a/b", b""))
    assert seen == ["one", "four", "two"]
    # a broker that says by which subscriptions a message comes
    hand_on(Message("a/b", b"", numbers=(2,)))
    assert seen == ["two"]
    hand_on(Message("a/b", b"", numbers=(1, 2)))
    assert seen == ["one", "four", "two"]
    subscriptions.remove("a/+")
    hand_on(Message("a/b", b"", numbers=(1,)))
    assert seen == []
    hand_on(Message("a/b", b""))
    assert seen == ["two"]


@pytest.mark.parametrize("numbers", [(), (1,), (1, 2)])
def test_a_handler_may_subscribe(numbers: tuple[int, ...]) -> None:
    subscriptions = Subscriptions()

    def again(_message: Message) -> None:
        subscriptions.add("a", again, 1)
        subscriptions.add(f"b{len(subscriptions)}", again, 1)

    subscriptions.add("a", again, 1)
    for handler in subscriptions.handlers(Message("a", b"", numbers=numbers)):
        handler(Message("a", b""))
    for subscription in subscriptions:
        subscriptions.add(f"c{subscription.number}", again, 1)
    assert len(subscriptions) == 4
