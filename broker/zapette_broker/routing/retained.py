"""The retained messages, and which of them a filter matches; no I/O."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator

from zapette_broker.message import Message


class _Topics:
    """A node of the tree of retained messages."""

    __slots__ = ("below", "message")

    def __init__(self) -> None:
        self.below: dict[str, _Topics] | None = None
        self.message: Message | None = None


OwnerOf = Callable[[str], Hashable | None]
"""Returns the owner of a topic, for the budgets of retained messages; None if there is none."""


def _nobody(_: str) -> None:
    return None


class RetainedMessages:
    """The retained message of each topic (MQTT 5 section 3.3.1.3)."""

    __slots__ = ("_owned", "_owner_of", "_root", "_topics", "size")

    def __init__(self, owner_of: OwnerOf | None = None) -> None:
        self._owner_of = owner_of or _nobody
        self._owned: dict[Hashable, dict[str, int]] = {}
        self._topics: dict[str, Message] = {}
        self._root = _Topics()
        #: Bytes of all of them together.
        self.size = 0

    def __len__(self) -> int:
        """Return how many topics have a retained message."""
        return len(self._topics)

    def __iter__(self) -> Iterator[Message]:
        """Go through all of them."""
        return iter(self._topics.values())

    def get(self, topic: str) -> Message | None:
        """Return the retained message of the topic."""
        return self._topics.get(topic)

    def of_owner(self, topic: str) -> tuple[int, int]:
        """Return the number and size of the retained messages of a topic's owner."""
        owned = self._owned.get(self._owner_of(topic), {})
        return len(owned), sum(owned.values())

    def owned_by(self, owner: Hashable) -> list[Message]:
        """Return the retained messages on an owner's topics."""
        return [self._topics[topic] for topic in self._owned.get(owner, ())]

    def put(self, message: Message) -> None:
        """Keep the message as the retained one of its topic."""
        topic = message.topic
        old = self._topics.get(topic)
        if old is not None:
            self.size -= old.size
        size = message.size
        self.size += size
        self._topics[topic] = message
        owner = self._owner_of(topic)
        if owner is not None:
            self._owned.setdefault(owner, {})[topic] = size
        node = self._root
        for level in topic.split("/"):
            if node.below is None:
                node.below = {}
            below = node.below.get(level)
            if below is None:
                below = node.below[level] = _Topics()
            node = below
        node.message = message

    def remove(self, topic: str) -> Message | None:
        """Forget the retained message of the topic and return it, None if there was none."""
        message = self._topics.pop(topic, None)
        if message is None:
            return None
        self.size -= message.size
        owner = self._owner_of(topic)
        if owner is not None:
            owned = self._owned[owner]
            del owned[topic]
            if not owned:
                del self._owned[owner]
        path: list[tuple[_Topics, str]] = []
        node = self._root
        for level in topic.split("/"):
            path.append((node, level))
            assert node.below is not None  # noqa: S101 - put() has made the whole path
            node = node.below[level]
        node.message = None
        for parent, level in reversed(path):
            assert parent.below is not None  # noqa: S101
            child = parent.below[level]
            if child.message is not None or child.below:
                break
            del parent.below[level]
            if not parent.below:
                parent.below = None
        return message

    def match(self, pattern: str) -> list[Message]:
        """Return the retained messages whose topic the filter matches."""
        if "+" not in pattern and not pattern.endswith("#"):
            message = self._topics.get(pattern)
            return [] if message is None else [message]
        nodes = [self._root]
        for index, level in enumerate(pattern.split("/")):
            if level == "#":
                return _all_below(nodes, skip_special=not index)
            following: list[_Topics] = []
            for node in nodes:
                if node.below is None:
                    continue
                if level == "+":
                    following.extend(
                        below for name, below in node.below.items() if index or name[:1] != "$"
                    )
                elif level in node.below:
                    following.append(node.below[level])
            nodes = following
        return [node.message for node in nodes if node.message is not None]


def _all_below(nodes: list[_Topics], *, skip_special: bool) -> list[Message]:
    """Return what is at the nodes and below; topics ``$…`` not, if the nodes are the root."""
    matched: list[Message] = []
    stack = list(nodes)
    if skip_special:
        root = stack.pop()
        stack = [below for name, below in (root.below or {}).items() if name[:1] != "$"]
    while stack:
        node = stack.pop()
        if node.message is not None:
            matched.append(node.message)
        if node.below is not None:
            stack.extend(node.below.values())
    return matched
