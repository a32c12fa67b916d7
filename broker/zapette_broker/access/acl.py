"""What a client may publish and subscribe to: rules, compiled once per connection."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from zapette_broker.routing.topics import includes, is_topic_filter, matches, overlaps, split_share

Action = Literal["publish", "subscribe", "all"]
Permission = Literal["allow", "deny"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of an access list: the first rule that matches decides.

    Attributes:
        action: publish, subscribe or both.
        topic: a topic filter.
        permission: allow or deny.
        retain: None for every message; True or False to match only messages published with or
            without the retain flag.
    """

    action: Action
    topic: str
    permission: Permission = "allow"
    retain: bool | None = None

    def __post_init__(self) -> None:
        if self.action not in ("publish", "subscribe", "all"):
            raise ValueError(f"action {self.action!r}: want publish, subscribe or all")
        if self.permission not in ("allow", "deny"):
            raise ValueError(f"permission {self.permission!r}: want allow or deny")
        if not is_topic_filter(self.topic):
            raise ValueError(f"topic {self.topic!r}: not a topic filter")


AclEntry = tuple[str, bool]
"""A topic filter, and whether it is allowed."""


def mark(text: str, values: Sequence[str]) -> str:
    """Put a mark in the place of each value that follows a ``/``: U+0000 is in no filter.

    `values` are at most ten; an empty one has no mark.
    """
    for number, value in enumerate(values):
        if value:
            text = text.replace(f"/{value}", f"/\0{number}")
    return text


class Rights:
    """The rights of one connection. What no rule allows is denied.

    Publishing a retained message is a separate right: it stays when its publisher is gone.

    A subscription is checked as a filter: every topic it can match must be allowed, so that
    nothing needs a check at delivery. A leading wildcard never reaches a topic that starts
    with ``$``, neither to publish nor to subscribe.

    Most connections publish nothing: the tests for that are compiled when they are first used.
    """

    __slots__ = ("_may_publish", "_may_retain", "_publish", "_retain", "_subscribe", "_values")

    def __init__(
        self,
        publish: Sequence[AclEntry],
        subscribe: Sequence[AclEntry],
        retain: Sequence[AclEntry] | None = None,
        values: Sequence[str] = (),
    ) -> None:
        """Keep topic filters that were checked before; see `from_rules`.

        Args:
            publish: decides about messages without the retain flag.
            subscribe: decides about subscriptions.
            retain: decides about messages with the retain flag; None is the same as `publish`.
            values: what the marks of `mark` in the filters stand for.
        """
        self._publish = publish
        self._subscribe = subscribe
        self._retain = retain
        self._values = values
        self._may_publish: Callable[[str], bool] | None = None
        self._may_retain: Callable[[str], bool] | None = None

    def with_values(self, values: Sequence[str]) -> Rights:
        """Return rights that differ in the values only: they share the filters."""
        return Rights(self._publish, self._subscribe, self._retain, values)

    def _filled(self, entries: Sequence[AclEntry]) -> list[AclEntry]:
        """Return entries with the values of this connection."""
        return [(_fill(topic, self._values), allowed) for topic, allowed in entries]

    @classmethod
    def from_rules(cls, rules: Sequence[Rule], *, default: Permission = "deny") -> Rights:
        """Compile `rules`; `default` decides what none of them speaks of."""
        listed = list(rules)
        if default == "allow":
            listed += [Rule("all", "#"), Rule("subscribe", "$SYS/#")]
        while listed and listed[-1].permission == "deny":
            listed.pop()
        publish = [it for it in listed if it.action != "subscribe"]
        return cls(
            [(it.topic, it.permission == "allow") for it in publish if it.retain is not True],
            [(it.topic, it.permission == "allow") for it in listed if it.action != "publish"],
            [(it.topic, it.permission == "allow") for it in publish if it.retain is not False],
        )

    @classmethod
    def everything(cls) -> Rights:
        """Return rights to all topics but ``$…``; ``$SYS`` may be read."""
        return cls.from_rules([], default="allow")

    @classmethod
    def nothing(cls) -> Rights:
        """Return rights to no topic at all."""
        return cls((), ())

    def may_publish(self, topic: str) -> bool:
        """Return whether a message or will without the retain flag may go to this topic name."""
        test = self._may_publish
        if test is None:
            test = self._may_publish = _compile(self._filled(self._publish))
        return test(topic)

    def may_retain(self, topic: str) -> bool:
        """Return whether a message (a will too) with the retain flag may go to this topic name."""
        if self._retain is None:
            return self.may_publish(topic)
        test = self._may_retain
        if test is None:
            test = self._may_retain = _compile(self._filled(self._retain))
        return test(topic)

    def may_subscribe(self, pattern: str) -> bool:
        """Return whether all that the filter can match may be read; ``$share/name/`` is skipped."""
        split = split_share(pattern)
        if split is None:
            return False
        for topic, allowed in self._filled(self._subscribe):
            if allowed:
                if includes(topic, split[1]):
                    return True
            elif overlaps(topic, split[1]):
                return False
        return False


def _fill(topic: str, values: Sequence[str]) -> str:
    """Undo `mark`, the last mark first."""
    for number in reversed(range(len(values))):
        topic = topic.replace(f"\0{number}", values[number])
    return topic


def _compile(entries: Sequence[AclEntry]) -> Callable[[str], bool]:
    """Return a fast test of topic names: most rights are names and ``…/#`` that are allowed."""
    names: set[str] = set()
    prefixes: list[str] = []
    patterns: list[str] = []
    for pattern, allowed in entries:
        if not allowed:
            return lambda topic: _first_match(entries, topic)
        if pattern == "#":  # of what comes after it only `$…` is left to judge
            return lambda topic: topic[:1] != "$" or _first_match(entries, topic)
        if "+" in pattern:
            patterns.append(pattern)
        elif pattern.endswith("/#"):
            prefixes.append(pattern[:-1])
            names.add(pattern[:-2])
        else:
            names.add(pattern)
    below = tuple(prefixes)
    if not patterns:
        return lambda topic: topic.startswith(below) or topic in names
    search = re.compile("|".join(map(_expression, patterns)), re.DOTALL).fullmatch
    return lambda topic: topic.startswith(below) or topic in names or search(topic) is not None


def _first_match(entries: Sequence[AclEntry], topic: str) -> bool:
    for pattern, allowed in entries:
        if matches(pattern, topic):
            return allowed
    return False


def _expression(pattern: str) -> str:
    """Return the regular expression of a filter with ``+``."""
    body = re.escape(pattern.removesuffix("/#")).replace(r"\+", "[^/]*")
    head = "(?!\\$)" if pattern.startswith("+") else ""
    return head + body + ("(?:/.*)?" if pattern.endswith("/#") else "")
