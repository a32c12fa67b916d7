"""What a client may publish and subscribe to: rules, compiled once per connection."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from broker.topics import includes, is_topic_filter, matches, overlaps, split_share

Action = Literal["publish", "subscribe", "all"]
Permission = Literal["allow", "deny"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of an access list: `topic` is a topic filter, the first rule that fits decides."""

    action: Action
    topic: str
    permission: Permission = "allow"

    def __post_init__(self) -> None:
        if self.action not in ("publish", "subscribe", "all"):
            raise ValueError(f"action {self.action!r}: want publish, subscribe or all")
        if self.permission not in ("allow", "deny"):
            raise ValueError(f"permission {self.permission!r}: want allow or deny")
        if not is_topic_filter(self.topic):
            raise ValueError(f"topic {self.topic!r}: not a topic filter")


class Rights:
    """The rights of one connection. What no rule allows is denied.

    A subscription is checked as a filter: every topic it can match must be allowed, so that
    nothing needs a check at delivery. A leading wildcard never reaches a topic that starts
    with ``$``, neither to publish nor to subscribe.
    """

    __slots__ = ("_publish", "_subscribe", "may_publish")

    may_publish: Callable[[str], bool]

    def __init__(self, publish: tuple[Rule, ...], subscribe: tuple[Rule, ...]) -> None:
        self._publish = publish
        self._subscribe = subscribe
        #: Whether a message (a will too) may go to this topic name.
        self.may_publish = _compile(publish)

    @classmethod
    def from_rules(cls, rules: Sequence[Rule], *, default: Permission = "deny") -> Rights:
        """Compile `rules`; `default` decides what none of them speaks of."""
        listed = list(rules)
        if default == "allow":
            listed += [Rule("all", "#"), Rule("subscribe", "$SYS/#")]
        while listed and listed[-1].permission == "deny":
            listed.pop()
        return cls(
            tuple(rule for rule in listed if rule.action != "subscribe"),
            tuple(rule for rule in listed if rule.action != "publish"),
        )

    @classmethod
    def everything(cls) -> Rights:
        """Return rights to all topics but ``$…``; ``$SYS`` may be read."""
        return cls.from_rules([], default="allow")

    @classmethod
    def nothing(cls) -> Rights:
        """Return rights to no topic at all."""
        return cls((), ())

    def may_subscribe(self, pattern: str) -> bool:
        """Tell whether all that the filter can match may be read; ``$share/name/`` is skipped."""
        split = split_share(pattern)
        if split is None:
            return False
        for rule in self._subscribe:
            if rule.permission == "allow":
                if includes(rule.topic, split[1]):
                    return True
            elif overlaps(rule.topic, split[1]):
                return False
        return False


def _compile(rules: tuple[Rule, ...]) -> Callable[[str], bool]:
    """Return a fast test of topic names: most rights are names and ``…/#`` that are allowed."""
    if any(rule.permission == "deny" for rule in rules):
        return lambda topic: _first_match(rules, topic)
    names = frozenset(r.topic.removesuffix("/#") for r in rules if "+" not in r.topic)
    prefixes = tuple(r.topic[:-1] for r in rules if r.topic.endswith("/#") and "+" not in r.topic)
    patterns = [r.topic for r in rules if "+" in r.topic]
    if any(rule.topic == "#" for rule in rules):
        return lambda topic: topic[:1] != "$" or _first_match(rules, topic)
    if not patterns:
        return lambda topic: topic.startswith(prefixes) or topic in names
    search = re.compile("|".join(map(_expression, patterns)), re.DOTALL).fullmatch
    return lambda topic: topic.startswith(prefixes) or topic in names or search(topic) is not None


def _first_match(rules: tuple[Rule, ...], topic: str) -> bool:
    for rule in rules:
        if matches(rule.topic, topic):
            return rule.permission == "allow"
    return False


def _expression(pattern: str) -> str:
    """Return the regular expression of a filter with ``+``."""
    body = re.escape(pattern.removesuffix("/#")).replace(r"\+", "[^/]*")
    head = "(?!\\$)" if pattern.startswith("+") else ""
    return head + body + ("(?:/.*)?" if pattern.endswith("/#") else "")
