"""Clients that speak MQTT 3.1.1 or 5, over TCP or WebSocket."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal

from bench.broker_load import packets
from bench.broker_load.calling import Calls
from bench.broker_load.dialect import PARAMETER, PROCEDURE, RESULT
from bench.broker_load.framing import MARK, Framing, TcpFraming, Template, WebSocketFraming
from bench.broker_load.names import TOPICS, Login
from bench.broker_load.peer import Peer

Transport = Literal["tcp", "ws"]

_KEEP_ALIVE: Final = 3600
_PLACE: Final = "A" * len(MARK)
_FILTERS_AT_ONCE: Final = 100


class MqttPeer(Peer):
    """A client that counts the messages that reach it."""

    def __init__(self, framing: Framing, login: Login, version: int) -> None:
        super().__init__(framing)
        self._login = login
        self._version = version
        self._rest = b""

    async def subscribe(self, topics: Sequence[str]) -> None:
        """Subscribe to all of `topics`, and return once the server has confirmed it."""
        for start in range(0, len(topics), _FILTERS_AT_ONCE):
            confirmed = self._wait()
            some = topics[start : start + _FILTERS_AT_ONCE]
            self.send(packets.subscribe(1, some, self._version))
            await confirmed

    def publish(self, topic: str, payload: str, *, retain: bool = False) -> None:
        """Publish with QoS 0."""
        self.send(packets.publish(topic, payload.encode(), self._version, retain=retain))

    async def ping(self) -> None:
        """Send a PINGREQ and wait for the PINGRESP, which also comes after all that was sent."""
        confirmed = self._wait()
        self.send(packets.PINGREQ)
        await confirmed

    def _greet(self) -> None:
        login = self._login
        self.send(
            packets.connect(
                login.client_id, login.username, login.password, _KEEP_ALIVE, self._version
            )
        )

    def _received(self, payloads: list[bytes]) -> None:
        stream = b"".join(payloads) if len(payloads) != 1 else payloads[0]
        arrived, self._rest = packets.split(self._rest + stream if self._rest else stream)
        out = []
        for first, body in arrived:
            if first & 0xF0 == packets.PUBLISH:
                answer = self._published(body)
                if answer:
                    out.append(answer)
            else:
                self._control(first, body)
        if out:
            self.write(b"".join(out))

    def _published(self, body: bytes) -> bytes:  # noqa: ARG002 - it is only counted here
        if self.arrived is not None:
            self.arrived()
        return b""

    def _control(self, first: int, body: bytes) -> None:
        if first == packets.CONNACK:
            if body[1]:
                raise ConnectionRefusedError(f"CONNACK with code {body[1]}")
            self._confirm()
        elif first == packets.SUBACK:
            refused = [code for code in _codes(body, self._version) if code >= 0x80]
            if refused:
                raise PermissionError(f"a subscription was refused with code {refused[0]}")
            self._confirm()
        elif first == packets.PINGRESP:
            self._confirm()
        else:
            raise ConnectionAbortedError(f"the server sent {first:#04x} {body[:1].hex()}")


class MqttCaller(MqttPeer):
    """A remote of one player.

    Attributes:
        calls: the calls under way, and when each was answered.
    """

    def __init__(self, framing: Framing, login: Login, version: int, player: str) -> None:
        super().__init__(framing, login, version)
        topics = TOPICS.player(player)
        request = topics.request(login.client_id, _PLACE, PROCEDURE)
        packet = packets.publish(request, PARAMETER.encode(), version)
        self.calls = Calls(framing.template(packet.replace(_PLACE.encode(), MARK)))
        self._responses = topics.responses(login.client_id)
        self._prefix = _text_prefix(self._responses.removesuffix("#"), len(MARK))
        self._token = slice(len(self._prefix), len(self._prefix) + len(MARK))

    async def prepare(self) -> None:
        """Subscribe to the responses."""
        await self.subscribe([self._responses])

    def start(self, at_once: int) -> None:
        """Make `at_once` calls, and another for each that is answered."""
        self.write(self.calls.start(at_once))

    def _published(self, body: bytes) -> bytes:
        if not body.startswith(self._prefix):
            return b""  # stock amqtt sends everybody what others have subscribed to
        return self.calls.answer(body[self._token])


class MqttResponder(MqttPeer):
    """A player that answers each request at once."""

    def __init__(
        self, framing: Framing, login: Login, version: int, player: str, callers: Sequence[str]
    ) -> None:
        super().__init__(framing, login, version)
        self._requests = TOPICS.player(player).requests
        self._prefix = self._requests.removesuffix("#").encode()
        self._answers: Mapping[bytes, Template] = {
            caller.encode(): self._answer(player, caller) for caller in callers
        }

    async def prepare(self) -> None:
        """Subscribe to the requests."""
        await self.subscribe([self._requests])

    def _answer(self, player: str, caller: str) -> Template:
        topic = TOPICS.player(player).response(caller, _PLACE)
        packet = packets.publish(topic, RESULT.encode(), self._version)
        return self._framing.template(packet.replace(_PLACE.encode(), MARK))

    def _published(self, body: bytes) -> bytes:
        topic = body[2 : 2 + (body[0] << 8 | body[1])]
        if not topic.startswith(self._prefix):
            return b""  # as above
        caller, call, _ = topic[len(self._prefix) :].split(b"/", 2)
        return self._answers[caller].fill(call)


class MqttDialect:
    """MQTT of one version over one transport.

    Args:
        transport: TCP or WebSocket.
        port: the server's.
        path: of the WebSocket.
        version: 4 (MQTT 3.1.1) or 5.
    """

    def __init__(self, transport: Transport, port: int, path: str, version: int) -> None:
        self._transport = transport
        self._port = port
        self._path = path
        self._version = version

    def peer(self, login: Login) -> MqttPeer:
        """Return a client that calls nobody."""
        return MqttPeer(self._framing(), login, self._version)

    def responder(self, login: Login, player: str, callers: Sequence[str]) -> MqttResponder:
        """Return the player with the id `player`, which answers `callers`, by client id."""
        return MqttResponder(self._framing(), login, self._version, player, callers)

    def caller(self, login: Login, player: str) -> MqttCaller:
        """Return a remote of the player with the id `player`."""
        return MqttCaller(self._framing(), login, self._version, player)

    def _framing(self) -> Framing:
        if self._transport == "tcp":
            return TcpFraming()
        return WebSocketFraming(self._port, self._path, "mqtt")


def _text_prefix(start: str, more: int) -> bytes:
    """Return how a topic begins in a packet that is `start` and `more` characters."""
    return (len(start) + more).to_bytes(2) + start.encode()


def _codes(body: bytes, version: int) -> bytes:
    if version != 5:
        return body[2:]
    # the properties' length has one byte as long as the server gives no long reason
    return body[3 + body[2] :]
