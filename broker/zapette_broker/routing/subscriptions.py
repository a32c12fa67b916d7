"""Which subscriptions a topic name matches; no I/O."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, Protocol, TypeVar

from zapette_broker.sessions.session import Subscription


class Entry(Protocol):
    """What is kept under a filter: a subscription, or a group of shared ones."""

    @property
    def key(self) -> Hashable:
        """Return what tells the entries of one filter apart: a client id, or a group's name."""


E = TypeVar("E", bound=Entry)

_ALL = "\0"
"""The name of the filter ``#``: one that no topic and no part of a topic can have."""


class _Level(Generic[E]):
    """A node of the tree of the filters that hold ``+``."""

    __slots__ = ("below", "entries", "rest")

    def __init__(self) -> None:
        self.below: dict[str, _Level[E]] = {}
        self.entries: dict[Hashable, E] = {}
        #: Entries of the filter that goes on with ``#`` from here.
        self.rest: dict[Hashable, E] = {}

    @property
    def empty(self) -> bool:
        return not (self.below or self.entries or self.rest)


class SubscriptionTree(Generic[E]):
    """Entries by topic filter; a look-up costs by the levels of the topic, not by the filters.

    Filters without wildcard and filters whose only wildcard is a last ``#`` are found by
    their text in a dictionary, which is most of them and takes the least memory. Only
    filters with ``+`` are in a tree.
    """

    __slots__ = ("_depths", "_exact", "_lowest", "_prefix", "_root", "count")

    def __init__(self) -> None:
        # One entry stands for itself: most filters have one, and a dictionary takes 200 bytes.
        self._exact: dict[str, E | dict[Hashable, E]] = {}
        self._prefix: dict[str, E | dict[Hashable, E]] = {}
        self._root: _Level[E] = _Level()
        #: How many names in `_prefix` have so many slashes, and the fewest of them.
        self._depths: dict[int, int] = {}
        self._lowest = 0
        self.count = 0

    def add(self, pattern: str, entry: E) -> None:
        """Put `entry` under the filter; one with the same key is replaced."""
        if "+" in pattern:
            entries = self._entries(pattern)
            self.count += entry.key not in entries
            entries[entry.key] = entry
            return
        table, name = self._table(pattern)
        found = table.get(name)
        if found is None:
            table[name] = entry
            self.count += 1
            if table is self._prefix:
                self._count_depth(name, 1)
        elif isinstance(found, dict):
            self.count += entry.key not in found
            found[entry.key] = entry
        elif found.key == entry.key:
            table[name] = entry
        else:
            table[name] = {found.key: found, entry.key: entry}
            self.count += 1

    def remove(self, pattern: str, key: Hashable) -> bool:
        """Take the entry with `key` away from the filter; False if there is none."""
        if "+" in pattern:
            return self._remove_from_tree(pattern, key)
        table, name = self._table(pattern)
        found = table.get(name)
        if found is None:
            return False
        if isinstance(found, dict):
            if found.pop(key, None) is None:
                return False
            if len(found) == 1:
                table[name] = next(iter(found.values()))
        elif found.key == key:
            del table[name]
            if table is self._prefix:
                self._count_depth(name, -1)
        else:
            return False
        self.count -= 1
        return True

    @property
    def empty(self) -> bool:
        """Return whether nothing is left of all that was ever added."""
        return not (self._exact or self._prefix or self._depths) and self._root.empty

    def match(self, topic: str) -> list[E]:
        """Return the entries of all filters that match the topic name, in no special order.

        An entry whose key is under several matching filters comes once for each of them.
        """
        matched: list[E] = []
        found = self._exact.get(topic)
        if found is not None:
            if isinstance(found, dict):
                matched.extend(found.values())
            else:
                matched.append(found)
        if self._depths:
            self._match_prefixes(topic, matched)
        root = self._root
        if root.below:
            _walk(root, topic.split("/"), topic[0] == "$", matched)
        return matched

    def _match_prefixes(self, topic: str, matched: list[E]) -> None:
        """Collect what is under filters that end in ``#``, from the longest to the shortest."""
        table, depths = self._prefix, self._depths
        depth = topic.count("/")
        name = topic
        lowest = self._lowest
        while True:
            if depth in depths:
                found = table.get(name)
                if found is not None:
                    if isinstance(found, dict):
                        matched.extend(found.values())
                    else:
                        matched.append(found)
            if depth <= lowest:
                break
            depth -= 1
            name = name[: name.rfind("/")]
        # `#` alone stands for no prefix of a topic, and is no match for `$…`.
        found = table.get(_ALL)
        if found is not None and topic[0] != "$":
            if isinstance(found, dict):
                matched.extend(found.values())
            else:
                matched.append(found)

    def _count_depth(self, name: str, change: int) -> None:
        """Keep count of the levels that filters with a last ``#`` have before it."""
        depth = name.count("/")
        self._depths[depth] = self._depths.get(depth, 0) + change
        if not self._depths[depth]:
            del self._depths[depth]
        self._lowest = min(self._depths, default=0)

    def _table(self, pattern: str) -> tuple[dict[str, E | dict[Hashable, E]], str]:
        if pattern == "#":
            return self._prefix, _ALL
        if pattern.endswith("/#"):
            return self._prefix, pattern[:-2]
        return self._exact, pattern

    def _entries(self, pattern: str) -> dict[Hashable, E]:
        """Return the entries of a filter with ``+``, making its place in the tree."""
        node = self._root
        for level in pattern.split("/"):
            if level == "#":
                return node.rest
            below = node.below.get(level)
            if below is None:
                below = node.below[level] = _Level()
            node = below
        return node.entries

    def _remove_from_tree(self, pattern: str, key: Hashable) -> bool:
        path: list[tuple[_Level[E], str]] = []
        node = self._root
        entries: dict[Hashable, E] | None = None
        for level in pattern.split("/"):
            if level == "#":
                entries = node.rest
                break
            path.append((node, level))
            below = node.below.get(level)
            if below is None:
                return False
            node = below
        if entries is None:
            entries = node.entries
        if entries.pop(key, None) is None:
            return False
        self.count -= 1
        for parent, level in reversed(path):
            if not parent.below[level].empty:
                break
            del parent.below[level]
        return True


def _walk(root: _Level[E], levels: list[str], special: bool, matched: list[E]) -> None:  # noqa: C901
    """Collect from the tree; `special` topics start with ``$`` and are no match for ``+`` there."""
    nodes = [root]
    for index, level in enumerate(levels):
        following: list[_Level[E]] = []
        for node in nodes:
            if node.rest:
                matched.extend(node.rest.values())
            below = node.below.get(level)
            if below is not None:
                following.append(below)
            if index or not special:
                below = node.below.get("+")
                if below is not None:
                    following.append(below)
        if not following:
            return
        nodes = following
    for node in nodes:
        if node.entries:
            matched.extend(node.entries.values())
        if node.rest:
            matched.extend(node.rest.values())


class ShareGroup:
    """The sessions that share one subscription (MQTT 5 section 4.8.2)."""

    __slots__ = ("_turn", "key", "members")

    def __init__(self, name: str) -> None:
        #: Tuples, so that no client id can be taken for a group.
        self.key: Hashable = ("$share", name)
        self.members: dict[Hashable, Subscription] = {}
        self._turn = 0

    def choose(self) -> Subscription | None:
        """Return the member whose turn it is, one that is connected if there is any."""
        members = list(self.members.values())
        if not members:
            return None
        count = len(members)
        self._turn = (self._turn + 1) % count
        for offset in range(count):
            member = members[(self._turn + offset) % count]
            if member.session.connection is not None:
                self._turn = (self._turn + offset) % count
                return member
        return members[self._turn]
