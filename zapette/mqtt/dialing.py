"""Connecting to a broker: address, account, TLS, and MQTT version."""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from zapette.errors import ConnectCause, ConnectError
from zapette.mqtt.event_loop import LoopThread
from zapette.mqtt.executor import ThreadExecutor
from zapette.mqtt.network_connection import NetworkConnection
from zapette.mqtt.publish_socket import PublishClient
from zapette.mqtt.subscriptions import Message
from zapette.mqtt.url import BrokerUrl, bracketed

_UNKNOWN_ISSUER: Final = frozenset({18, 19, 20, 21})
"""OpenSSL's codes for a certificate whose issuer is not trusted."""
_CA_REMEDY: Final = "; set ca_file (ZAPETTE_CA_FILE, --ca-file) to the certificate to trust"
_UNSUPPORTED_VERSION: Final = "Unsupported protocol version"
_V5: Final = MQTTProtocolVersion.MQTTv5
_V311: Final = MQTTProtocolVersion.MQTTv311


@dataclass(frozen=True, slots=True)
class Timing:
    """The time-outs of a connection, in seconds.

    Attributes:
        keep_alive: the client pings after this silence and gives up after twice that.
        connect: for each of connecting and the broker's answer.
        longest_delay: the longest pause between two attempts.
        insist: whether to try again when the first attempt at each node fails.
    """

    keep_alive: int = 10
    connect: float = 5.0
    longest_delay: float = 30.0
    insist: bool = True


class Dialer:
    """Opens connections to one broker, by MQTT 5 if the broker knows it, else by 3.1.1."""

    def __init__(
        self,
        *urls: BrokerUrl,
        loop: LoopThread,
        threads: ThreadExecutor,
        token: Callable[[str], str] | None = None,
        timing: Timing | None = None,
        ca_file: Path | None = None,
    ) -> None:
        """Set it up.

        Args:
            urls: the broker and the account; if it has several nodes, one after another is tried.
            loop: the event loop's thread.
            threads: run the calls that block.
            token: returns the password of a client id before each connection; the URL's if None.
            timing: the time-outs.
            ca_file: certificates to trust, in PEM, instead of the system's.
        """
        self._urls = deque(urls)
        self.timing = timing or Timing()
        self._loop = loop
        self._threads = threads
        self._token = token
        self._ca_file = ca_file
        self._version = _V5
        self._version_is_known = False

    @property
    def url(self) -> BrokerUrl:
        """The node that is connected, or will be tried next."""
        return self._urls[0]

    @property
    def nodes(self) -> int:
        """How many nodes there are."""
        return len(self._urls)

    @property
    def is_5(self) -> bool:
        """Whether the last connection used MQTT 5, or the next one will."""
        return self._version == _V5

    async def dial(
        self, client_id: str, on_message: Callable[[Message], object], will: str | None = None
    ) -> NetworkConnection:
        """Return a connection that the broker has accepted.

        Args:
            client_id: the MQTT client id.
            on_message: called for each incoming message.
            will: the topic of a retained ``offline`` when the connection is lost.

        Raises:
            ConnectError: the password cannot be read, the broker cannot be reached, or it refuses
                the client.
        """
        try:
            connection = await self._dial_once(client_id, on_message, will)
        except _OtherVersion:
            connection = await self._dial_once(client_id, on_message, will)
        self._version_is_known = True
        return connection

    async def _dial_once(
        self, client_id: str, on_message: Callable[[Message], object], will: str | None
    ) -> NetworkConnection:
        connection = NetworkConnection(
            self._new_client(client_id, will), self._loop.loop, on_message
        )
        tried = self._version
        try:
            await self._open(connection)
        except BaseException:
            connection.abort("it was not accepted")
            if self._version == tried:
                self._urls.rotate(-1)
            raise
        return connection

    async def _open(self, connection: NetworkConnection) -> None:
        timing = self.timing
        try:
            await connection.open(self.url.host, self.url.port, timing.keep_alive, self._threads)
        except (OSError, ValueError, paho.WebsocketConnectionError) as error:
            untrusted = isinstance(error, ssl.SSLError)
            cause: ConnectCause = "untrusted" if untrusted else "unreachable"
            raise ConnectError(_in_words(error), cause) from error
        done, _ = await asyncio.wait([connection.accepted], timeout=timing.connect)
        reason = connection.accepted.result() if done else None
        if reason is not None and not reason.is_failure:
            return
        unsupported = reason is not None and reason.getName() == _UNSUPPORTED_VERSION
        if (reason is None and not self._version_is_known) or unsupported:
            # brokers without MQTT 5 send an error, disconnect, or do not answer
            self._version = _V311 if self.is_5 else _V5
        if reason is None:
            raise ConnectError(
                "the broker closed the connection" if done else "the broker does not answer"
            )
        if unsupported:
            raise _OtherVersion(f"it refused the connection: {reason}")
        raise ConnectError(f"it refused the connection: {reason}", "refused")

    def _new_client(self, client_id: str, will: str | None) -> PublishClient:
        url = self.url
        mqtt = PublishClient(
            CallbackAPIVersion.VERSION2,
            client_id,
            clean_session=None if self.is_5 else True,
            protocol=self._version,
            transport="websockets" if url.is_websocket else "tcp",
            reconnect_on_failure=False,
        )
        mqtt.connect_timeout = self.timing.connect
        if url.is_websocket:
            mqtt.ws_set_options(path=url.path, headers=self._with_brackets)
        if url.is_encrypted:
            self._trust(mqtt)
        if url.username is not None:
            mqtt.username_pw_set(url.username, self._password(client_id))
        if will is not None:
            mqtt.will_set(will, b"offline", qos=1, retain=True)
        return mqtt

    def _with_brackets(self, headers: dict[str, str]) -> dict[str, str]:
        """Return the headers of an upgrade with an IPv6 address as paho does not write it."""
        host = self.url.host
        named = {it: headers[it].replace(host, bracketed(host)) for it in ("Host", "Origin")}
        return headers | named

    def _password(self, client_id: str) -> str | None:
        if self._token is None:
            return self.url.password
        try:
            return self._token(client_id)
        except Exception as error:
            raise ConnectError(f"the password cannot be read: {error}") from error

    def _trust(self, mqtt: PublishClient) -> None:
        try:
            context = ssl.create_default_context(cafile=self._ca_file)
        except OSError as error:
            why = (
                "it contains no certificate" if isinstance(error, ssl.SSLError) else error.strerror
            )
            raise ConnectError(f"ca_file {self._ca_file}: {why}", "untrusted") from error
        context.sslsocket_class = _ClosingSocket
        mqtt.tls_set_context(context)


class _OtherVersion(ConnectError):
    """The broker says that it does not know the version of MQTT; the other one is next."""


class _ClosingSocket(ssl.SSLSocket):
    """Closes itself when the handshake fails; paho does not."""

    def do_handshake(self, block: bool = False) -> None:
        """Perform the handshake, and close the socket if it fails."""
        try:
            super().do_handshake(block)
        except BaseException:
            self.close()
            raise


def _in_words(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        remedy = _CA_REMEDY if error.verify_code in _UNKNOWN_ISSUER else ""
        return f"its certificate is not trusted: {error.verify_message}{remedy}"
    return str(getattr(error, "strerror", None) or error) or type(error).__name__
