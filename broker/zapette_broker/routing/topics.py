"""Topic names and topic filters: their form, and how they match (MQTT 5 section 4.7)."""

from __future__ import annotations

from zapette_broker.codec.reasons import Reason
from zapette_broker.errors import MalformedPacket, ProtocolViolation

MAX_LEVELS = 201
"""As many as mosquitto takes, whose limit is 200 slashes."""


def is_topic_name(topic: str) -> bool:
    """Return whether a message may be published to `topic`.

    At least one character, no wildcard, no U+0000 [MQTT-4.7.1-1], [MQTT-4.7.3-1], [MQTT-4.7.3-2].
    """
    return (
        bool(topic)
        and "#" not in topic
        and "+" not in topic
        and "\0" not in topic
        and topic.count("/") < MAX_LEVELS
    )


def no_topic_name(topic: str) -> ProtocolViolation:
    """Return what is wrong with a topic that is no topic name.

    0x90 is for one that is well formed and not accepted (section 3.14.2.1).
    """
    if "\0" in topic:
        return MalformedPacket("a topic name holds U+0000")  # [MQTT-1.5.4-2]
    if "#" in topic or "+" in topic or not topic:
        return ProtocolViolation("not a topic name")  # [MQTT-3.3.2-2], [MQTT-4.7.3-1]
    return ProtocolViolation("a topic of too many levels", Reason.TOPIC_NAME_INVALID)


def is_topic_filter(pattern: str) -> bool:
    """Return whether `pattern` is a filter; ``$share/…`` is judged by `split_share` first.

    ``#`` only alone in the last level, ``+`` only alone in its level (section 4.7.1).
    """
    if not pattern or "\0" in pattern or pattern.count("/") >= MAX_LEVELS:
        return False
    if "#" in pattern and pattern.index("#") != len(pattern) - 1:
        return False
    if "#" in pattern and pattern != "#" and not pattern.endswith("/#"):
        return False
    return "+" not in pattern or all(level == "+" for level in pattern.split("/") if "+" in level)


def split_share(pattern: str) -> tuple[str | None, str] | None:
    """Return the share name (None if not shared) and the filter, or None if malformed.

    ``$share/name/filter``: the name has a character and no wildcard, the filter follows
    [MQTT-4.8.2-1], [MQTT-4.8.2-2].
    """
    if not pattern.startswith("$share/"):
        return (None, pattern) if is_topic_filter(pattern) else None
    name, _, rest = pattern[7:].partition("/")
    if not name or "+" in name or "#" in name or not is_topic_filter(rest):
        return None
    return name, rest


def matches(pattern: str, topic: str) -> bool:
    """Return whether the filter matches the topic name; a leading wildcard never matches ``$…``."""
    return includes(pattern, topic)


def includes(wide: str, narrow: str) -> bool:
    """Return whether every topic that the filter `narrow` matches is matched by `wide` too.

    A topic name is the filter that matches itself only. ``a/+`` does not include ``a/#``.
    """
    if narrow[:1] == "$" and wide[:1] in ("#", "+"):
        return False
    if wide == "+/#":
        wide = "#"  # the same: no topic name is without a first level
    wide_levels, narrow_levels = wide.split("/"), narrow.split("/")
    for index, level in enumerate(wide_levels):
        if level == "#":
            return True
        if index >= len(narrow_levels):
            return False
        other = narrow_levels[index]
        if other == "#" or (level not in ("+", other)):
            return False
    return len(wide_levels) == len(narrow_levels)


def overlaps(one: str, other: str) -> bool:
    """Return whether some topic is matched by both filters."""
    if (one[:1] == "$" and other[:1] in ("#", "+")) or (other[:1] == "$" and one[:1] in ("#", "+")):
        return False
    ours, theirs = one.split("/"), other.split("/")
    for left, right in zip(ours, theirs, strict=False):
        if left == "#" or right == "#":
            return True
        if left != right and "+" not in (left, right):
            return False
    # `a/#` matches `a` as well, so one level more is no difference when it is `#`.
    longer = ours if len(ours) > len(theirs) else theirs
    shorter = min(len(ours), len(theirs))
    return len(ours) == len(theirs) or longer[shorter] == "#"
