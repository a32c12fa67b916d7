"""From CONNECT to CONNACK (MQTT 5 sections 3.1 and 3.2)."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from amqtt.contexts import Action
from mqtt5 import AuthPacket, ConnectPacket
from mqtt5 import Will as WillPacket

from broker.access.authenticator import ConnectRequest, Grant, UnavailableError
from broker.access.authorizer import Admission
from broker.budgets import OverBudgetError
from broker.codec.codec import CONNECT
from broker.codec.codec5 import Codec5
from broker.codec.codec311 import Codec311
from broker.codec.reasons import Reason
from broker.errors import MalformedPacket, ProtocolViolation
from broker.handlers.publish import no_topic_name
from broker.message import V5, V311, Message
from broker.session import NEVER, Session, pseudonym
from broker.sessions import Will
from broker.topics import is_topic_name

if TYPE_CHECKING:
    from broker.connection import Connection

logger = logging.getLogger("broker")


@dataclass(slots=True)
class Welcome:
    """What an accepted client is told in CONNACK (MQTT 5 section 3.2.2.3)."""

    receive_max: int
    topic_alias_max: int
    max_packet_size: int
    session_expiry_interval: int | None = None
    assigned_client_id: str | None = None
    server_keep_alive: int | None = None


class Refusal(Exception):
    """A CONNECT that is answered with `code`."""

    def __init__(self, code: Reason, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


_BROKEN = Refusal(Reason.SERVER_UNAVAILABLE, "the authenticator failed")
_UNAVAILABLE = Refusal(Reason.SERVER_UNAVAILABLE, "the server cannot check credentials now")


def connect(connection: Connection, first: int, body: bytes) -> None:
    """Begin to admit the client. Until it is authenticated, nothing it sent has an effect."""
    if first & 15:
        raise MalformedPacket("flags in CONNECT")
    connection.codec = _codec(body)
    connection.version = connection.codec.version
    packet = connection.codec.read(CONNECT << 4, body)
    if not isinstance(packet, ConnectPacket):
        raise MalformedPacket("not a CONNECT")
    connection.max_out = packet.max_packet_size or NEVER
    if isinstance(connection.codec, Codec5):
        connection.codec.explains = packet.request_problem_info
    try:
        request = _request(connection, packet)
    except Refusal as refusal:
        _refuse(connection, refusal)
        return
    connection.authenticating()
    exchange = connection.exchange
    try:
        answer = exchange.gate.ask(request, connection.wire)
    except UnavailableError:
        _refuse(connection, _UNAVAILABLE)
        return
    except Exception:
        logger.exception("event=authentication_failed peer=%s", request.peer)
        _refuse(connection, _BROKEN)
        return
    if isinstance(answer, Awaitable):
        connection.hold()
        exchange.run(_decide(connection, packet, request, answer))
    else:
        _finish(connection, packet, request, answer)


async def _decide(
    connection: Connection,
    packet: ConnectPacket,
    request: ConnectRequest,
    answer: Awaitable[Admission | None],
) -> None:
    try:
        admission = await answer
        if admission is not None and packet.will is not None:
            await _ask_about_will(connection, packet.will, admission)
    except Refusal as refusal:
        _refuse(connection, refusal)
        return
    except UnavailableError:
        _refuse(connection, _UNAVAILABLE)
        return
    except Exception:
        logger.exception("event=authentication_failed peer=%s", request.peer)
        _refuse(connection, _BROKEN)
        return
    if connection.waiting_for_login:
        _finish(connection, packet, request, admission)


async def _ask_about_will(connection: Connection, will: WillPacket, admission: Admission) -> None:
    """Ask the topic plugins for the right to the will topic."""
    plugins = connection.exchange.plugins
    if plugins is None or not plugins.filters or admission.view is None:
        return
    if not await plugins.may(admission.view, will.topic, Action.PUBLISH):
        raise _no_will(connection)


def _finish(
    connection: Connection,
    packet: ConnectPacket,
    request: ConnectRequest,
    admission: Admission | None,
) -> None:
    """Admit the client if it is granted something, else refuse it after a delay."""
    try:
        if admission is None:
            _refuse_late(connection)
        else:
            connection.exchange.logins.succeeded(request.peer)
            _admit(connection, packet, request, admission)
    except Refusal as refusal:
        _refuse(connection, refusal)


def _admit(
    connection: Connection, packet: ConnectPacket, request: ConnectRequest, admission: Admission
) -> None:
    exchange = connection.exchange
    limits = exchange.limits
    grant = admission.grant
    client_id = request.client_id
    will = _will(client_id, packet.will, grant, connection) if packet.will is not None else None
    terms = exchange.budgets.terms_of(grant.tag)
    if not connection.wire.has_place(reserve=terms.reserve):
        raise Refusal(Reason.QUOTA_EXCEEDED, "too many connections")
    try:
        exchange.registry.make_room(client_id, terms)
    except OverBudgetError as error:
        raise Refusal(Reason.QUOTA_EXCEEDED, str(error)) from None
    connection.max_expiry = limits.max_session_expiry
    if terms.session_expiry is not None:
        connection.max_expiry = min(terms.session_expiry, limits.max_session_expiry)
    expiry = min(packet.session_expiry_interval, connection.max_expiry)
    connection.max_in = limits.max_packet
    connection.quota = min(packet.receive_max, limits.max_inflight)
    connection.aliases_out_max = min(packet.topic_alias_max, limits.max_topic_alias)
    connection.will = will
    connection.keep_alive = packet.keep_alive
    if connection.version == V5 and limits.max_keep_alive:
        connection.keep_alive = min(packet.keep_alive or NEVER, limits.max_keep_alive)
    welcome = _welcome(connection, packet, client_id, expiry)
    if len(connection.codec.connack(Reason.SUCCESS, False, welcome)) > connection.max_out:
        raise Refusal(Reason.PACKET_TOO_LARGE, "the client takes no packet as large as CONNACK")
    before = exchange.changed
    session, present = exchange.registry.attach(
        connection, client_id, grant, terms, clean=packet.clean_start, expiry=expiry
    )
    session.plugin_view = admission.view
    connection.accepted(session, grant)
    _log_connected(connection, session, present)
    connection.begin(before, connection.codec.connack(Reason.SUCCESS, present, welcome))
    if exchange.plugins is not None:
        exchange.plugins.connected(session)
    if will is not None:
        will.message.origin = session
        exchange.registry.keep_will(session, will)


def _welcome(connection: Connection, packet: ConnectPacket, client_id: str, expiry: int) -> Welcome:
    limits = connection.exchange.limits
    keep_alive = connection.keep_alive
    return Welcome(
        receive_max=limits.receive_maximum,
        topic_alias_max=limits.max_topic_alias,
        max_packet_size=limits.max_packet,
        session_expiry_interval=expiry if expiry != packet.session_expiry_interval else None,
        assigned_client_id=client_id if not packet.client_id else None,
        server_keep_alive=keep_alive if keep_alive != packet.keep_alive else None,
    )


def _log_connected(connection: Connection, session: Session, present: bool) -> None:
    if logger.isEnabledFor(logging.INFO):
        logger.info(
            "event=connected peer=%s listener=%s transport=%s client=%s protocol=%s keep_alive=%d "
            "session=%s expiry=%d will=%s",
            connection.wire.peer,
            connection.wire.listener,
            connection.wire.transport_name,
            pseudonym(session.client_id),
            "5" if connection.version == V5 else "3.1.1",
            connection.keep_alive,
            "resumed" if present else "new",
            session.expiry,
            "yes" if connection.will is not None else "no",
        )


def _codec(body: bytes) -> Codec311 | Codec5:
    """Return the codec of the version that CONNECT names [MQTT-3.1.2-1], [MQTT-3.1.2-2]."""
    size = int.from_bytes(body[:2], "big")
    name, level = body[2 : 2 + size], body[2 + size : 3 + size]
    if name == b"MQTT" and level == b"\x04":
        return Codec311()
    if name == b"MQTT" and level == b"\x05":
        return Codec5()
    if name in (b"MQTT", b"MQIsdp") and level:
        raise UnsupportedVersion(level[0])
    raise MalformedPacket("not MQTT")


class UnsupportedVersion(ProtocolViolation):
    """The client speaks a version of MQTT that the broker does not."""

    def __init__(self, level: int) -> None:
        super().__init__(f"protocol level {level}")
        self.level = level


def reject(connection: Connection, violation: ProtocolViolation) -> None:
    """Answer a CONNECT that breaks a rule, as far as the client could read the answer."""
    if isinstance(violation, UnsupportedVersion):
        code = Reason.UNSUPPORTED_PROTOCOL_VERSION
        codec: Codec311 | Codec5 = Codec5() if violation.level > V5 else Codec311()
        connection.refuse(codec.connack(code), violation.detail)
        return
    connack = b""
    if connection.version == V5:
        connack = connection.codec.connack(violation.reason, reason=violation.detail)
    connection.refuse(connack, violation.detail)


def authenticate_again(_: Connection, packet: AuthPacket) -> None:
    """Refuse AUTH: no client has an authentication method here [MQTT-4.12.0-6]."""
    raise ProtocolViolation(f"AUTH {int(packet.reason_code)} without authentication method")


def _request(connection: Connection, packet: ConnectPacket) -> ConnectRequest:
    if packet.will is not None:
        _check_topics(packet.will)
    if packet.authentication_method is not None:
        raise Refusal(Reason.BAD_AUTHENTICATION_METHOD, "no enhanced authentication here")
    if packet.authentication_data is not None:
        raise Refusal(Reason.PROTOCOL_ERROR, "authentication data without a method")
    client_id = packet.client_id
    if not client_id:
        if connection.version == V311 and not packet.clean_start:
            raise Refusal(Reason.CLIENT_ID_NOT_VALID, "no client id")  # [MQTT-3.1.3-8]
        client_id = f"auto-{secrets.token_urlsafe(16)}"
    return ConnectRequest(
        client_id=client_id,
        username=packet.username,
        password=packet.password,
        peer=connection.wire.peer,
        listener=connection.wire.listener,
    )


def _check_topics(will: WillPacket) -> None:
    for topic in (will.topic, will.response_topic):
        if topic is not None and not is_topic_name(topic):
            raise no_topic_name(topic)


def _will(client_id: str, packet: WillPacket, grant: Grant, connection: Connection) -> Will:
    """Check the will's rights like those of any message of the client, but now [MQTT-3.1.2-8]."""
    if packet.retain and not grant.rights.may_retain(packet.topic):
        if grant.rights.may_publish(packet.topic):
            connection.exchange.metrics.publish_denied += 1
            raise Refusal(Reason.RETAIN_NOT_SUPPORTED, "no right to a retained will on this topic")
        raise _no_will(connection)
    if not packet.retain and not grant.rights.may_publish(packet.topic):
        raise _no_will(connection)
    longest = connection.exchange.limits.max_will_delay
    delay = min(packet.will_delay_interval, longest)
    return Will(client_id, Message.of_will(packet), delay)


def _no_will(connection: Connection) -> Refusal:
    connection.exchange.metrics.publish_denied += 1
    return Refusal(Reason.NOT_AUTHORIZED, "no right to the will topic")


def _refuse(connection: Connection, refusal: Refusal) -> None:
    connack = connection.codec.connack(refusal.code, reason=refusal.detail)
    if len(connack) > connection.max_out:
        connack = connection.codec.connack(refusal.code)
    connection.refuse(connack, refusal.detail)


def _refuse_late(connection: Connection) -> None:
    """Answer a failed login the later, the more of them its address has made."""
    exchange = connection.exchange
    exchange.metrics.logins_failed += 1
    code = Reason.BAD_USER_NAME_OR_PASSWORD
    answer = connection.codec.connack(code)
    delay = exchange.logins.failed(connection.wire.peer, exchange.wheel.time())
    if delay is None:
        connection.refuse(b"", "bad credentials, one of too many")
        return
    connection.hold()

    def answer_now() -> None:
        exchange.logins.answered(connection.wire.peer)
        connection.refuse(answer, "bad credentials")

    asyncio.get_running_loop().call_later(delay, answer_now)
