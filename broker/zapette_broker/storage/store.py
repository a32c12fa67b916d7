"""What survives a crash: retained messages, sessions, what is under way, and wills."""

from __future__ import annotations

import json
import logging
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from zapette_broker.message import OVERHEAD, Message
from zapette_broker.routing.topics import split_share
from zapette_broker.sessions.outgoing import Outgoing, Step
from zapette_broker.sessions.session import Session, Subscription
from zapette_broker.storage.batch import Row
from zapette_broker.storage.database import Database
from zapette_broker.storage.marks import APPLICATION_ID, SCHEMA_VERSION
from zapette_broker.storage.rows import (
    TABLES,
    consistent,
    message_of,
    message_row,
    outgoing_row,
    tag_of,
    tag_text,
)
from zapette_broker.storage.sqlite_errors import damaged
from zapette_broker.storage.state_store import Snapshot, StateStore
from zapette_broker.storage.store_errors import StoreDamaged, StoreError

logger = logging.getLogger("broker")


class Store(StateStore):
    """Keeps the state in a file; a change is durable when `after_commit` calls back."""

    def __init__(self, path: Path) -> None:
        self._database = Database(path, TABLES, application=APPLICATION_ID, version=SCHEMA_VERSION)
        self._next_message = 1
        self._next_outgoing = 1
        self._references: dict[int, int] = {}

    def load(self, most_queued: int, *, repair: bool) -> Snapshot:
        """Return the stored state, and begin to write."""
        try:
            snapshot = self.read(most_queued)
        except StoreDamaged:
            if not repair:
                raise
            snapshot = self.repair()
        self._database.on_failure = self.on_failure
        self.start()
        return snapshot

    def read(self, most_queued: int = sys.maxsize) -> Snapshot:
        """Return the stored state, with at most `most_queued` bytes of queued messages, the oldest.

        `start` drops the rest. StoreError if the file cannot be used; it stays unchanged.
        """
        found = self._database.read(lambda file: _within(file, most_queued))
        try:
            return self._restore(found)
        except (ValueError, TypeError, KeyError) as error:
            raise damaged(self._database.path, str(error)) from error

    def repair(self) -> Snapshot:
        """Put a damaged file aside, store what can be read in a new one, and return that.

        Raises:
            StoreError: the new file cannot be created.
        """
        aside = self._database.repair(consistent)
        left = self.read()
        logger.error(
            "event=store_repaired file=%s damaged=%s retained=%d sessions=%d",
            self._database.path,
            aside.name,
            len(left.retained),
            len(left.sessions),
        )
        return left

    def start(self) -> None:
        """Begin to write; StoreError if that cannot be done."""
        self._database.start()

    async def stop(self) -> None:
        """Write what is left to write."""
        await self._database.stop()

    def check(self) -> None:
        """Check that the last write worked; StoreError if not."""
        self._database.check()

    @property
    def changed(self) -> int:
        """Return a number that every change changes."""
        return self._database.changed

    def after_commit(
        self,
        act: Callable[[], None],
        on_failure: Callable[[StoreError], None] | None = None,
    ) -> None:
        """Act when all changes so far are durable, at once if they are."""
        self._database.after_commit(act, on_failure)

    # Changes

    def retain(self, message: Message) -> None:
        """Keep the retained message of a topic."""
        self._database.put("retained", message_row(message))

    def clear(self, topic: str) -> None:
        """Forget the retained message of a topic."""
        self._database.delete("retained", (topic,))

    def save(self, session: Session, ends_at: float | None) -> None:
        """Keep a session that outlives its connection, without what it holds, and forget others."""
        if not session.expiry:
            self.drop(session)
            return
        new = not session.stored
        session.stored = True
        self._database.put(
            "sessions",
            (session.client_id, session.username, tag_text(session.tag), session.expiry, ends_at),
            new=new,
        )

    def drop(self, session: Session) -> None:
        """Forget the session and all it holds."""
        if not session.stored:
            return
        database, client_id = self._database, session.client_id
        for name in session.subscriptions:
            database.delete("subscriptions", (client_id, name))
        for outgoing in session.pending():
            self.delivered(outgoing)
        for packet_id in session.received or ():
            database.delete("received", (client_id, packet_id))
        database.delete("sessions", (client_id,))
        session.stored = False

    def subscribe(self, subscription: Subscription) -> None:
        """Keep a subscription, if its session is kept."""
        if not subscription.session.stored:
            return
        self._database.put(
            "subscriptions",
            (
                subscription.session.client_id,
                subscription.name,
                subscription.qos,
                subscription.no_local,
                subscription.retain_as_published,
                subscription.identifier,
            ),
        )

    def unsubscribe(self, session: Session, name: str) -> None:
        """Forget a subscription."""
        if session.stored:
            self._database.delete("subscriptions", (session.client_id, name))

    def queue(self, session: Session, outgoing: Outgoing) -> None:
        """Keep a message for a session, if the session is kept."""
        if not session.stored:
            return
        message = outgoing.message
        if not message.row:
            message.row = self._next_message
            self._next_message += 1
            self._references[message.row] = 0
            self._database.put("messages", (message.row, *message_row(message)), new=True)
        self._references[message.row] += 1
        outgoing.row = self._next_outgoing
        self._next_outgoing += 1
        self._database.put("outgoing", outgoing_row(session, outgoing), new=True)

    def advance(self, session: Session, outgoing: Outgoing) -> None:
        """Keep how far the delivery of a message has come."""
        if outgoing.row:
            self._database.put("outgoing", outgoing_row(session, outgoing))

    def delivered(self, outgoing: Outgoing) -> None:
        """Forget a message of a session."""
        if not outgoing.row:
            return
        self._database.delete("outgoing", (outgoing.row,))
        outgoing.row = 0
        message = outgoing.message
        left = self._references[message.row] - 1
        if left:
            self._references[message.row] = left
        else:
            del self._references[message.row]
            self._database.delete("messages", (message.row,))
            message.row = 0

    def receive(self, session: Session, packet_id: int) -> None:
        """Keep the identifier of a QoS 2 message that came in, if the session is kept."""
        if session.stored:
            self._database.put("received", (session.client_id, packet_id), new=True)

    def release(self, session: Session, packet_id: int) -> None:
        """Forget the identifier of a QoS 2 message."""
        if session.stored:
            self._database.delete("received", (session.client_id, packet_id))

    def set_will(self, session: Session, message: Message, delay: float) -> None:
        """Keep the will of a client that is connected."""
        self._database.put(
            "wills",
            (session.client_id, delay, session.username, *message_row(message)),
            new=True,
        )

    def clear_will(self, client_id: str) -> None:
        """Forget a will."""
        self._database.delete("wills", (client_id,))

    # Reading

    def _restore(self, found: dict[str, list[Row]]) -> Snapshot:
        left = Snapshot()
        left.retained = [message_of(row) for row in found["retained"]]
        sessions: dict[str, Session] = {}
        for client_id, username, tag, expiry, ends_at in _typed(found["sessions"]):
            session = sessions[client_id] = Session(client_id)
            session.username = username
            session.tag = tag_of(tag)
            session.expiry = expiry
            session.stored = True
            left.sessions.append((session, ends_at))
        for client_id, name, qos, no_local, as_published, number in _typed(found["subscriptions"]):
            split = split_share(name)
            if split is None:
                raise ValueError(f"subscription to {name!r}")
            sessions[client_id].subscriptions[name] = Subscription(
                sessions[client_id],
                split[1],
                qos,
                share=split[0],
                no_local=bool(no_local),
                retain_as_published=bool(as_published),
                identifier=number,
            )
        self._restore_queues(found, sessions)
        for client_id, packet_id in _typed(found["received"]):
            sessions[client_id].begin_receipt(packet_id)
        for client_id, delay, username, *message in _typed(found["wills"]):
            left.wills[client_id] = (message_of(tuple(message)), delay, username)
        return left

    def _restore_queues(self, found: dict[str, list[Row]], sessions: dict[str, Session]) -> None:
        messages: dict[int, Message] = {}
        for number, *rest in _typed(found["messages"]):
            message = messages[number] = message_of(tuple(rest))
            message.row = number
            self._references[number] = 0
        for number, client_id, at, qos, retain, ids, packet_id, step in sorted(
            _typed(found["outgoing"])
        ):
            session = sessions[client_id]
            outgoing = Outgoing(messages[at], qos, bool(retain), tuple(json.loads(ids)))
            outgoing.row = number
            self._references[at] += 1
            if packet_id:
                session.restore(outgoing, packet_id, Step(step))
            else:
                session.wait(outgoing)
        self._next_message = max(messages, default=0) + 1
        self._next_outgoing = max((row[0] for row in _typed(found["outgoing"])), default=0) + 1


_CUT = """
SELECT number FROM (
    SELECT outgoing.number AS number,
        SUM(length(payload) + length(topic) + ?) OVER (ORDER BY outgoing.number) AS total
    FROM outgoing JOIN messages ON messages.number = outgoing.message
) WHERE total > ? LIMIT 1
"""


def _within(file: sqlite3.Connection, most_queued: int) -> dict[str, str]:
    """Return conditions for reading the queues, so that the messages stay within a limit."""
    row = file.execute(_CUT, (OVERHEAD, most_queued)).fetchone()
    if row is None:
        return {}
    kept = f"number < {int(row[0])}"
    messages = f"number IN (SELECT message FROM outgoing WHERE {kept})"  # noqa: S608
    return {"outgoing": kept, "messages": messages}


def _typed(rows: list[Row]) -> list[Any]:
    """Return rows as they come: what is of the wrong type shows when it is used."""
    return rows
