"""From CONNECT to CONNACK (MQTT 5 sections 3.1 and 3.2)."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Awaitable
from dataclasses import dataclass

from mqtt5 import AuthPacket, ConnectPacket
from mqtt5 import Will as WillPacket

from zapette_broker.access.authenticator import ConnectRequest, Grant, UnavailableError
from zapette_broker.access.authorizer import Admission, Authorizer
from zapette_broker.access.logins import FailedLogins
from zapette_broker.codec.packet_types import CONNECT
from zapette_broker.codec.reasons import Reason
from zapette_broker.codec.versions import UnsupportedVersion, codec5, codec311, codec_of
from zapette_broker.errors import MalformedPacket, ProtocolViolation
from zapette_broker.handlers.client import NewClient
from zapette_broker.hooks import Hooks
from zapette_broker.limits import Limits
from zapette_broker.message import V5, V311, Message, Will
from zapette_broker.monitoring.metrics import Metrics
from zapette_broker.routing.topics import is_topic_name, no_topic_name
from zapette_broker.session_budgets import Budgets, OverBudgetError
from zapette_broker.sessions.pseudonym import pseudonym
from zapette_broker.sessions.session import NEVER, Session
from zapette_broker.sessions.sessions import Sessions
from zapette_broker.tasks import Tasks
from zapette_broker.timer_wheel import TimerWheel

logger = logging.getLogger("broker")


@dataclass(slots=True)
class Welcome:
    """The properties of CONNACK for an accepted client (MQTT 5 section 3.2.2.3)."""

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


@dataclass(frozen=True, slots=True)
class ConnectHandler:
    """Admits clients."""

    limits: Limits
    timers: TimerWheel
    metrics: Metrics
    hooks: Hooks
    tasks: Tasks
    authorizer: Authorizer
    budgets: Budgets
    sessions: Sessions
    logins: FailedLogins

    def connect(self, client: NewClient, first: int, body: bytes) -> None:
        """Begin to admit the client. Until it is authenticated, nothing it sent has an effect."""
        if first & 15:
            raise MalformedPacket("flags in CONNECT")
        client.codec = codec_of(body)
        client.version = client.codec.version
        packet = client.codec.read(CONNECT << 4, body)
        if not isinstance(packet, ConnectPacket):
            raise MalformedPacket("not a CONNECT")
        client.max_out = packet.max_packet_size or NEVER
        if client.version == V5 and not packet.request_problem_info:
            client.codec = codec5(explains=False)
        try:
            request = self._request(client, packet)
        except Refusal as refusal:
            _refuse(client, refusal)
            return
        client.authenticating()
        try:
            answer = self.authorizer.ask(request, client.transport)
        except Exception as error:  # noqa: BLE001 - it is logged
            _refuse(client, _refusal_of(error, request.peer))
            return
        if isinstance(answer, Awaitable):
            client.hold()
            self.tasks.run(self._decide(client, packet, request, answer))
        else:
            self._finish(client, packet, request, answer)

    async def _decide(
        self,
        client: NewClient,
        packet: ConnectPacket,
        request: ConnectRequest,
        answer: Awaitable[Admission | None],
    ) -> None:
        try:
            admission = await answer
            if admission is not None and packet.will is not None:
                await self._ask_about_will(packet.will, admission)
        except Exception as error:  # noqa: BLE001 - it is logged
            _refuse(client, _refusal_of(error, request.peer))
            return
        if client.waiting_for_login:
            self._finish(client, packet, request, admission)

    async def _ask_about_will(self, will: WillPacket, admission: Admission) -> None:
        """Ask the hooks for the right to the will topic."""
        if self.hooks.filters and not await self.hooks.may_leave_will(admission.view, will.topic):
            raise self._no_will()

    def _finish(
        self,
        client: NewClient,
        packet: ConnectPacket,
        request: ConnectRequest,
        admission: Admission | None,
    ) -> None:
        """Admit the client if it is granted something, else refuse it after a delay."""
        try:
            if admission is None:
                self._refuse_late(client)
            else:
                self.logins.succeeded(request.peer)
                self._admit(client, packet, request, admission)
        except Refusal as refusal:
            _refuse(client, refusal)

    def _admit(
        self,
        client: NewClient,
        packet: ConnectPacket,
        request: ConnectRequest,
        admission: Admission,
    ) -> None:
        limits = self.limits
        grant = admission.grant
        client_id = request.client_id
        will = self._will(client_id, packet.will, grant) if packet.will is not None else None
        terms = self.budgets.terms_of(grant.tag)
        if not client.transport.has_place(reserve=terms.reserve):
            raise Refusal(Reason.QUOTA_EXCEEDED, "too many connections")
        try:
            self.sessions.make_room(client_id, terms)
        except OverBudgetError as error:
            raise Refusal(Reason.QUOTA_EXCEEDED, str(error)) from None
        client.max_expiry = limits.max_session_expiry
        if terms.session_expiry is not None:
            client.max_expiry = min(terms.session_expiry, limits.max_session_expiry)
        expiry = min(packet.session_expiry_interval, client.max_expiry)
        client.max_in = limits.max_packet
        client.quota = min(packet.receive_max, limits.max_inflight)
        client.aliases_out_max = min(packet.topic_alias_max, limits.max_topic_alias)
        client.will = will
        client.keep_alive = packet.keep_alive
        if client.version == V5 and limits.max_keep_alive:
            client.keep_alive = min(packet.keep_alive or NEVER, limits.max_keep_alive)
        welcome = self._welcome(client, packet, client_id, expiry)
        # most clients take packets of any size
        if client.max_out < NEVER and (
            len(client.codec.connack(Reason.SUCCESS, False, welcome)) > client.max_out
        ):
            raise Refusal(
                Reason.PACKET_TOO_LARGE,
                "the client's maximum packet size is less than CONNACK needs",
            )
        client.begin_changes()
        session, present = self.sessions.attach(
            client, client_id, grant, terms, clean=packet.clean_start, expiry=expiry
        )
        session.plugin_view = admission.view
        client.accepted(session, grant)
        self._log_connected(client, session, present)
        self.hooks.connected(session)
        if will is not None:
            will.message.origin = session
        client.begin(client.codec.connack(Reason.SUCCESS, present, welcome))
        # it may have left already: packets behind CONNECT are handled when it has its answer
        if client.will is not None:
            self.sessions.wills.keep(session, client.will)

    def _welcome(
        self, client: NewClient, packet: ConnectPacket, client_id: str, expiry: int
    ) -> Welcome:
        limits = self.limits
        keep_alive = client.keep_alive
        return Welcome(
            receive_max=limits.receive_maximum,
            topic_alias_max=limits.max_topic_alias,
            max_packet_size=limits.max_packet,
            session_expiry_interval=expiry if expiry != packet.session_expiry_interval else None,
            assigned_client_id=client_id if not packet.client_id else None,
            server_keep_alive=keep_alive if keep_alive != packet.keep_alive else None,
        )

    def _log_connected(self, client: NewClient, session: Session, present: bool) -> None:
        if logger.isEnabledFor(logging.INFO):
            logger.info(
                "event=connected peer=%s listener=%s transport=%s client=%s protocol=%s "
                "keep_alive=%d session=%s expiry=%d will=%s",
                client.transport.peer,
                client.transport.listener,
                client.transport.kind,
                pseudonym(session.client_id),
                "5" if client.version == V5 else "3.1.1",
                client.keep_alive,
                "resumed" if present else "new",
                session.expiry,
                "yes" if client.will is not None else "no",
            )

    def reject(self, client: NewClient, violation: ProtocolViolation) -> None:
        """Answer a CONNECT that breaks a rule, as far as the client could read the answer."""
        if isinstance(violation, UnsupportedVersion):
            code = Reason.UNSUPPORTED_PROTOCOL_VERSION
            codec = codec5() if violation.level > V5 else codec311()
            client.refuse(codec.connack(code), violation.detail)
            return
        connack = b""
        if client.version == V5:
            connack = client.codec.connack(violation.reason, reason=violation.detail)
        client.refuse(connack, violation.detail)

    def authenticate_again(self, _: NewClient, packet: AuthPacket) -> None:
        """Refuse AUTH: no client has an authentication method here [MQTT-4.12.0-6]."""
        raise ProtocolViolation(f"AUTH {int(packet.reason_code)} without authentication method")

    def _request(self, client: NewClient, packet: ConnectPacket) -> ConnectRequest:
        if packet.will is not None:
            _check_topics(packet.will)
        if packet.authentication_method is not None:
            raise Refusal(
                Reason.BAD_AUTHENTICATION_METHOD, "enhanced authentication is not supported"
            )
        if packet.authentication_data is not None:
            raise Refusal(Reason.PROTOCOL_ERROR, "authentication data without a method")
        client_id = packet.client_id
        if not client_id:
            if client.version == V311 and not packet.clean_start:
                raise Refusal(Reason.CLIENT_ID_NOT_VALID, "no client id")  # [MQTT-3.1.3-8]
            client_id = f"auto-{secrets.token_urlsafe(16)}"
        return ConnectRequest(
            client_id=client_id,
            username=packet.username,
            password=packet.password,
            peer=client.transport.peer,
            listener=client.transport.listener,
        )

    def _will(self, client_id: str, packet: WillPacket, grant: Grant) -> Will:
        """Check the will's rights as those of any message, but now [MQTT-3.1.2-8]."""
        if packet.retain and not grant.rights.may_retain(packet.topic):
            if grant.rights.may_publish(packet.topic):
                self.metrics.publish_denied += 1
                raise Refusal(
                    Reason.RETAIN_NOT_SUPPORTED, "no right to a retained will on this topic"
                )
            raise self._no_will()
        if not packet.retain and not grant.rights.may_publish(packet.topic):
            raise self._no_will()
        longest = self.limits.max_will_delay
        delay = min(packet.will_delay_interval, longest)
        return Will(client_id, Message.of_will(packet), delay)

    def _no_will(self) -> Refusal:
        self.metrics.publish_denied += 1
        return Refusal(Reason.NOT_AUTHORIZED, "no right to the will topic")

    def _refuse_late(self, client: NewClient) -> None:
        """Answer a failed login the later, the more of them its address has made."""
        self.metrics.logins_failed += 1
        code = Reason.BAD_USER_NAME_OR_PASSWORD
        answer = client.codec.connack(code)
        delay = self.logins.failed(client.transport.peer, self.timers.time())
        if delay is None:
            client.refuse(b"", "bad credentials, and too many failed logins")
            return
        client.hold()

        def answer_now() -> None:
            self.logins.answered(client.transport.peer)
            client.refuse(answer, "bad credentials")

        self.timers.call_after(delay, answer_now)


def _check_topics(will: WillPacket) -> None:
    for topic in (will.topic, will.response_topic):
        if topic is not None and not is_topic_name(topic):
            raise no_topic_name(topic)


def _refusal_of(error: Exception, peer: str) -> Refusal:
    """Return the answer to a login that an error ended; log an error of ours."""
    if isinstance(error, Refusal):
        return error
    if isinstance(error, UnavailableError):
        return _UNAVAILABLE
    logger.error("event=authentication_failed peer=%s", peer, exc_info=error)
    return _BROKEN


def _refuse(client: NewClient, refusal: Refusal) -> None:
    connack = client.codec.connack(refusal.code, reason=refusal.detail)
    if len(connack) > client.max_out:
        connack = client.codec.connack(refusal.code)
    client.refuse(connack, refusal.detail)
