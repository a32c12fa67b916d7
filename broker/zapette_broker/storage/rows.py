"""The tables of the broker's state, and what a row of them stands for; no I/O."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Hashable
from typing import Any

import mqtt5

from zapette_broker.message import Message
from zapette_broker.routing.topics import split_share
from zapette_broker.sessions.outgoing import Outgoing, Step
from zapette_broker.sessions.session import Session
from zapette_broker.storage.batch import Row, Table

_MESSAGE = {
    "topic": "TEXT NOT NULL",
    "payload": "BLOB NOT NULL",
    "qos": "INTEGER NOT NULL",
    "retain": "INTEGER NOT NULL",
    "expires_at": "REAL",
    "properties": "BLOB",
    "checksum": "INTEGER NOT NULL",
}
TABLES = {
    "retained": Table(_MESSAGE),
    "sessions": Table(
        {
            "client_id": "TEXT NOT NULL",
            "username": "TEXT",
            "tag": "TEXT NOT NULL",
            "expiry": "INTEGER NOT NULL",
            "ends_at": "REAL",
        }
    ),
    "subscriptions": Table(
        {
            "client_id": "TEXT NOT NULL",
            "name": "TEXT NOT NULL",
            "qos": "INTEGER NOT NULL",
            "no_local": "INTEGER NOT NULL",
            "retain_as_published": "INTEGER NOT NULL",
            "identifier": "INTEGER NOT NULL",
        },
        keys=2,
    ),
    "messages": Table({"number": "INTEGER NOT NULL", **_MESSAGE}),
    "outgoing": Table(
        {
            "number": "INTEGER NOT NULL",
            "client_id": "TEXT NOT NULL",
            "message": "INTEGER NOT NULL",
            "qos": "INTEGER NOT NULL",
            "retain": "INTEGER NOT NULL",
            "ids": "TEXT NOT NULL",
            "packet_id": "INTEGER NOT NULL",
            "step": "INTEGER NOT NULL",
        }
    ),
    "received": Table({"client_id": "TEXT NOT NULL", "packet_id": "INTEGER NOT NULL"}, keys=2),
    "wills": Table(
        {"client_id": "TEXT NOT NULL", "delay": "REAL NOT NULL", "username": "TEXT", **_MESSAGE}
    ),
}


def message_row(message: Message) -> Row:
    """Return the columns of a message."""
    source = message.source
    properties = None
    if source is not None:
        properties = message.properties()
    return (
        message.topic,
        message.payload,
        message.qos,
        int(message.retain),
        message.expires_at,
        properties,
        _checksum(message.topic, message.payload, properties),
    )


def message_of(row: tuple[Any, ...]) -> Message:
    """Return the message of its columns; ValueError if they were damaged."""
    topic, payload, qos, retain, expires_at, properties, checksum = row
    if checksum != _checksum(topic, payload, properties):
        raise ValueError("the checksum of a message is wrong")
    source = None
    if properties is not None:
        packet, _ = mqtt5.read(memoryview(properties))
        if not isinstance(packet, mqtt5.PublishPacket):
            raise ValueError("the properties of a message cannot be read")
        source = packet
    message = Message(topic, payload, qos, bool(retain), source)
    message.expires_at = expires_at
    return message


def _checksum(topic: str, payload: bytes, properties: bytes | None) -> int:
    return zlib.crc32(properties or b"", zlib.crc32(payload, zlib.crc32(topic.encode())))


def outgoing_row(session: Session, outgoing: Outgoing) -> Row:
    """Return the row of a message that is on its way to a client."""
    return (
        outgoing.row,
        session.client_id,
        outgoing.message.row,
        outgoing.qos,
        int(outgoing.retain),
        json.dumps(outgoing.ids),
        outgoing.packet_id,
        int(outgoing.step),
    )


def tag_text(tag: Hashable | None) -> str:
    """Return the tag of a session as JSON; of one that JSON cannot hold, none."""
    try:
        return json.dumps(tag)
    except TypeError:
        return "null"


def tag_of(text: str) -> Hashable | None:
    """Return the tag that `tag_text` wrote."""
    return _frozen(json.loads(text))


def _frozen(value: Any) -> Hashable | None:
    """Return JSON with its lists as tuples, which is what they were."""
    if isinstance(value, list):
        return tuple(_frozen(item) for item in value)
    return value if isinstance(value, (str, int, float, bool)) else None


def consistent(rows: dict[str, list[Row]]) -> dict[str, list[Row]]:
    """Return the rows of a damaged file that are valid and consistent with each other."""

    def good(name: str, check: Callable[[Any], object]) -> list[Row]:
        kept = []
        for row in rows[name]:
            try:
                if check(row):
                    kept.append(row)
            except (ValueError, TypeError, KeyError):
                continue
        return kept

    sessions = good("sessions", lambda row: (tag_of(row[2]), int(row[3])))
    known = {row[0] for row in sessions}
    messages = good("messages", lambda row: message_of(row[1:]))
    stored = {row[0] for row in messages}
    return {
        "retained": good("retained", message_of),
        "sessions": sessions,
        "subscriptions": good("subscriptions", lambda row: row[0] in known and split_share(row[1])),
        "messages": messages,
        "outgoing": good(
            "outgoing",
            lambda row: (
                row[1] in known
                and row[2] in stored
                and isinstance(json.loads(row[5]), list)
                and int(row[0]) > 0
                and Step(row[7]) is not None
            ),
        ),
        "received": good("received", lambda row: row[0] in known and int(row[1]) > 0),
        "wills": good("wills", lambda row: message_of(row[3:])),
    }
