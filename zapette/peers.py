"""Whom a client calls: what it knows of each callee."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from zapette.topics import Callee


@dataclass(slots=True)
class Peer:
    """A callee.

    Attributes:
        callee: its topics.
        heard: whether the broker has granted the subscription to its answers in this session.
        refused: whether it has refused it.
        offline: whether the callee is known to be offline.
        waiting: the calls to send once its answers can be heard.
    """

    callee: Callee
    heard: bool = False
    refused: bool = False
    offline: bool = False
    waiting: list[Callable[[], None]] = field(default_factory=list)

    @property
    def name(self) -> str:
        """What it is called in errors: without the base topic, and players without their id."""
        kind, _, name = self.callee.root.rpartition("/")
        return "the player" if kind.endswith("/players") else name
