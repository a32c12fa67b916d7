"""Rights: rules compiled once, subscriptions judged as filters."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.broker.routing.test_topics import TOPICS, filters
from zapette_broker.access.acl import Action, Permission, Rights, Rule, mark
from zapette_broker.routing.topics import matches

rules = st.lists(
    st.builds(
        Rule,
        st.sampled_from(("publish", "subscribe", "all")),
        filters,
        st.sampled_from(("allow", "deny")),
        st.sampled_from((None, True, False)),
    ),
    max_size=5,
)
allowing = st.lists(
    st.builds(Rule, st.sampled_from(("publish", "subscribe", "all")), filters), max_size=5
)


def first_match(listed: list[Rule], action: Action, topic: str, retain: bool = False) -> bool:
    for rule in listed:
        if action == "publish" and rule.retain not in (None, retain):
            continue
        if rule.action in (action, "all") and matches(rule.topic, topic):
            return rule.permission == "allow"
    return False


@given(st.one_of(rules, allowing))
@example([Rule("publish", "#"), Rule("publish", "$x/+")])
def test_publishing_is_by_the_first_rule_that_fits(listed: list[Rule]) -> None:
    rights = Rights.from_rules(listed)
    for topic in TOPICS:
        assert rights.may_publish(topic) == first_match(listed, "publish", topic), topic
        assert rights.may_retain(topic) == first_match(listed, "publish", topic, True), topic


@given(rules, filters)
def test_a_subscription_reaches_nothing_that_is_not_allowed(
    listed: list[Rule], pattern: str
) -> None:
    if Rights.from_rules(listed).may_subscribe(pattern):
        for topic in TOPICS:
            if matches(pattern, topic):
                assert first_match(listed, "subscribe", topic), topic


@given(filters)
def test_what_is_allowed_may_be_subscribed_to(pattern: str) -> None:
    rights = Rights.from_rules([Rule("subscribe", pattern)])
    assert rights.may_subscribe(pattern)
    assert rights.may_subscribe(f"$share/group/{pattern}")


@pytest.mark.parametrize(
    ("allowed", "asked"),
    [
        ("a/+", "a/#"),
        ("a/+", "a/+/+"),
        ("a/b", "a/+"),
        ("a/b", "#"),
        ("+/b", "#"),
        ("a/b/#", "a/#"),
        ("#", "$SYS/#"),
        ("+/x", "$SYS/x"),
        ("#", "$share/g/$SYS/x"),
    ],
)
def test_no_more_than_allowed(allowed: str, asked: str) -> None:
    assert not Rights.from_rules([Rule("subscribe", allowed)]).may_subscribe(asked)


def test_a_denied_topic_is_not_reached_by_a_wider_filter() -> None:
    rights = Rights.from_rules([Rule("all", "a/secret", "deny"), Rule("all", "a/#")])
    assert not rights.may_subscribe("a/#")
    assert not rights.may_subscribe("a/+")
    assert rights.may_subscribe("a/open")
    assert rights.may_publish("a/open")
    assert not rights.may_publish("a/secret")


def test_everything_is_all_but_what_starts_with_a_dollar() -> None:
    rights = Rights.everything()
    assert rights.may_publish("a/b")
    assert not rights.may_publish("$SYS/broker/uptime")
    assert rights.may_subscribe("#")
    assert rights.may_subscribe("$SYS/#")
    assert not rights.may_subscribe("$other/#")


def test_nothing_is_nothing() -> None:
    assert not Rights.nothing().may_publish("a")
    assert not Rights.nothing().may_subscribe("a")


@pytest.mark.parametrize(
    ("action", "topic", "permission"),
    [("read", "a", "allow"), ("all", "a#", "allow"), ("all", "", "allow"), ("all", "a", "maybe")],
)
def test_wrong_rules(action: Action, topic: str, permission: Permission) -> None:
    with pytest.raises(ValueError, match=r"want|filter"):
        Rule(action, topic, permission)


def test_line_ends_are_no_way_around() -> None:
    rights = Rights.from_rules([Rule("publish", "a/+/b/#")])
    assert rights.may_publish("a/x\ny/b/c\nd")
    assert not rights.may_publish("a/x/c\na/x/b")


IDS = st.text("ab/", min_size=0, max_size=4)


@given(IDS, IDS, st.lists(st.tuples(st.text("ab/+", min_size=1), st.booleans())), st.text("ab/"))
def test_rights_that_share_their_lists_decide_as_others_do(
    client: str, player: str, entries: list[tuple[str, bool]], topic: str
) -> None:
    alone = Rights(entries, entries, entries)
    ids = (client, player)
    marked = [(mark(pattern, ids), allowed) for pattern, allowed in entries]
    sharing = Rights(marked, marked, marked).with_values(ids)
    for name in ("may_publish", "may_retain", "may_subscribe"):
        for asked in (topic, *(pattern.replace("+", "a") for pattern, _ in entries)):
            assert getattr(sharing, name)(asked) == getattr(alone, name)(asked)
