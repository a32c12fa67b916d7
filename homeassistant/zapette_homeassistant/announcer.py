"""Announces players to home-automation systems, and forgets absent players."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from zapette.client.client import Client
from zapette.errors import Unavailable
from zapette.mqtt.subscriptions import Message
from zapette.protocol.topics import is_player_id
from zapette_broker.storage.store_errors import StoreError
from zapette_homeassistant.discovery_messages import DiscoveryMessages, Known, read_object
from zapette_homeassistant.distinct_names import DEFAULTS, DistinctNames
from zapette_server.storage.tables.player_registry import PlayerRegistry
from zapette_server.supervisor import Supervisor

log = logging.getLogger("zapette.discovery")

SETTLE: Final = 0.5
"""Seconds after a connection in which retained messages arrive."""

BIRTH_DELAY: Final = 2.0
"""The longest delay after Home Assistant's birth message, in seconds."""

_SWEEP: Final = 1.0
_PRUNE: Final = 3600.0
_DAY: Final = 86400.0


class Announcer:
    """Keeps a retained announcement of each known player on the broker.

    A player is known once it has published a state and is in the registry. The retained messages
    also serve as memory: after a restart, they provide the names of absent players.
    The second of two players with the same name gets a number.
    """

    def __init__(
        self,
        client: Client,
        messages: DiscoveryMessages,
        registry: PlayerRegistry,
        pages: Callable[[], str],
        *,
        forget_after_days: int = 0,
    ) -> None:
        """Set it up; `start` begins.

        Args:
            client: the server's own, which somebody else starts and stops.
            messages: makes the retained messages.
            registry: says who is known.
            pages: gives the address of the pages as it is now.
            forget_after_days: after how many days a player that is gone is forgotten; 0 is never.
        """
        self._client = client
        self._messages = messages
        self._registry = registry
        self._pages = pages
        self._forget_after_days = forget_after_days
        self._lock = threading.Lock()
        self._known: dict[str, Known] = {}
        self._names = DistinctNames()
        self._to_rename: set[str] = set()
        self._online: set[str] = set()
        self._retained: dict[str, bytes] = {}
        self._dirty: set[str] = set()
        self._born_at: float | None = None
        self._wake = threading.Event()
        self._lost = threading.Event()
        self._stopping = threading.Event()
        #: Keeps the thread running.
        self.supervisor = Supervisor(log)

    def start(self) -> None:
        """Subscribe, and begin to announce."""
        self._client.on_lost = self._on_lost
        topics = self._messages.topics
        any_player = f"{topics.base}/players/+"
        self._client.subscribe(f"{any_player}/availability", self._on_availability)
        self._client.subscribe(f"{any_player}/state", self._on_state)
        self._client.subscribe(self._messages.discovery_filter, self._on_announcement)
        self._client.subscribe(self._messages.device_filter, self._on_announcement)
        self._client.subscribe(self._messages.birth, self._on_birth)
        self.supervisor.thread("discovery", self._run)

    def stop(self) -> None:
        """Stop; the announcements stay."""
        self.supervisor.stop()
        self._stopping.set()
        self._wake.set()
        self.supervisor.stop(5)

    def refresh(self) -> None:
        """Announce again what has changed, such as the address of the pages."""
        self._mark_all()
        self._wake.set()

    def _on_lost(self, _reason: str) -> None:
        # at once: the next connection may come before the thread looks again
        self._forget_retained()
        self._lost.set()
        self._wake.set()

    def _forget_retained(self) -> None:
        with self._lock:
            self._retained.clear()
            self._online.clear()

    def _on_availability(self, message: Message) -> None:
        player_id = message.topic.split("/")[-2]
        with self._lock:
            if message.payload == b"online":
                self._online.add(player_id)
            else:
                self._online.discard(player_id)
            is_awaited = player_id in self._to_rename
        if is_awaited:
            self._mark(player_id)

    def _on_state(self, message: Message) -> None:
        player_id = message.topic.split("/")[-2]
        state = read_object(message.payload)
        if not state or not is_player_id(player_id):
            return
        with self._lock:
            earlier = self._known.get(player_id)
            if earlier is None and not self._is_registered(player_id):
                return
            known = (earlier or Known(player_id)).after(state)
            self._known[player_id] = known
        if known != earlier:
            self._mark(player_id)

    def _is_registered(self, player_id: str) -> bool:
        try:
            return self._registry.generation(player_id) is not None
        except StoreError:
            # The next state of the player announces it.
            return False

    def _on_announcement(self, message: Message) -> None:
        player_id = self._messages.player_of(message.topic)
        if player_id is None:
            return
        with self._lock:
            self._retained[message.topic] = message.payload
            name = self._messages.name_in(message.payload)
            if name is not None:
                self._known.setdefault(player_id, Known(player_id, name))
                self._names.remember(player_id, name)
        # A live message is our own, or someone has removed the device: do not restore it now.
        if message.retained:
            self._mark(player_id)

    def _on_birth(self, message: Message) -> None:
        if message.payload == b"online" and not message.retained:
            # After a random delay, so that not all devices announce themselves at once.
            self._born_at = time.monotonic() + random.uniform(0, BIRTH_DELAY)  # noqa: S311

    def _mark(self, player_id: str) -> None:
        with self._lock:
            self._dirty.add(player_id)
        self._wake.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._keep_announced()
            except StoreError as error:
                log.warning("announcements are waiting for the registry of players: %s", error)
                self._stopping.wait(_SWEEP)

    def _keep_announced(self) -> None:
        live_since: float | None = None
        pruned_at = -_PRUNE
        swept = ("", -1)
        while not self._stopping.is_set():
            self._wake.wait(_SWEEP if live_since is None or not self._dirty else 0.1)
            self._wake.clear()
            now = time.monotonic()
            if self._lost.is_set():
                self._lost.clear()
                live_since = None
            if not self._client.is_live:
                if live_since is not None:
                    # it was stopped
                    live_since = None
                    self._forget_retained()
                continue
            if live_since is None:
                live_since = now
                self._mark_all()
            if now - live_since < SETTLE:
                self._stopping.wait(SETTLE)
            if now - pruned_at >= _PRUNE:
                pruned_at = now
                self._prune()
            removals = (self._registry.last_removal(), self._registry.removals)
            if removals != swept:
                swept = removals
                self._mark_all()
            if self._born_at is not None and now >= self._born_at:
                self._born_at = None
                with self._lock:
                    self._retained.clear()
                self._mark_all()
            self._announce_all()

    def _mark_all(self) -> None:
        with self._lock:
            self._dirty |= self._known.keys()

    def _prune(self) -> None:
        if self._forget_after_days == 0:
            return
        with self._lock:
            online = set(self._online)
        for player_id in self._registry.unseen_for(self._forget_after_days * _DAY):
            if player_id not in online and self._registry.forget(player_id):
                log.info("forgot a player that was gone for %d days", self._forget_after_days)

    def _announce_all(self) -> None:
        with self._lock:
            dirty, self._dirty = self._dirty, set()
        pages = self._pages() if dirty else ""
        while dirty:
            player_id = dirty.pop()
            try:
                self._announce(player_id, pages)
            except Unavailable:
                with self._lock:
                    self._dirty |= {player_id, *dirty}
                return

    def _announce(self, player_id: str, pages: str) -> None:
        forgotten = self._registry.generation(player_id) is None
        with self._lock:
            known = self._known.get(player_id)
            if known is None:
                return
            if not forgotten:
                known = self._named(known)
        if forgotten:
            # the announcements last: as long as they are there, a reconnection clears all again
            self._clear(player_id)
        else:
            self._rename(known)
        wanted = {} if forgotten else self._messages.messages(known, pages)
        for topic in self._messages.topics_of(player_id):
            payload = wanted.get(topic, b"")
            # a connection that is lost meanwhile clears what is noted here
            with self._lock:
                if payload != self._retained.get(topic, b""):
                    self._client.publish(topic, payload, qos=1, retain=True)
                    self._retained[topic] = payload
        if forgotten:
            self._drop(player_id)

    def _named(self, known: Known) -> Known:
        """Return a player with a distinct name."""
        is_new = not self._names.knows(known.id)
        name = self._names.give(known.id, known.name)
        if is_new and name != known.name:
            self._to_rename.add(known.id)
        if known.name not in DEFAULTS:
            self._to_rename.discard(known.id)
        return replace(known, name=name)

    def _rename(self, known: Known) -> None:
        """Give a new player its numbered name once it is online."""
        with self._lock:
            if known.id not in self._to_rename or known.id not in self._online:
                return
        self._client.command(self._messages.topics.player(known.id), "rename", known.name)
        with self._lock:
            self._to_rename.discard(known.id)

    def _clear(self, player_id: str) -> None:
        player = self._messages.topics.player(player_id)
        for topic in (player.state, player.availability):
            self._client.publish(topic, b"", qos=1, retain=True)

    def _drop(self, player_id: str) -> None:
        with self._lock:
            self._known.pop(player_id, None)
            self._names.forget(player_id)
            self._to_rename.discard(player_id)
            for topic in self._messages.topics_of(player_id):
                self._retained.pop(topic, None)
