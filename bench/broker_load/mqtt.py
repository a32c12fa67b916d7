"""Clients that speak MQTT 3.1.1 or 5, over TCP or WebSocket.

Packets are encoded before measuring, by the tests' codec; docs/decisions/0073 has the reason why
the rest is no kept client.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from bench.broker_load import clients
from bench.broker_load.clients import TOPICS, Calls, Client, Endpoint, Login
from bench.broker_load.framing import MARK, Framing, Template, WebSocketFraming
from tests.conformance.wire.encodings import Version
from tests.conformance.wire.packets import PINGREQ, Connect, publish, subscribe

_CONNACK: Final = 0x20
_PUBLISH: Final = 0x30
_SUBACK: Final = 0x90
_PINGRESP: Final = 0xD0
_KEEP_ALIVE: Final = 3600
_PLACE: Final = "A" * len(MARK)
_FILTERS_AT_ONCE: Final = 100


class MqttClient(Client):
    """A client that counts the messages it receives, unless it calls or answers."""

    def __init__(self, endpoint: Endpoint, login: Login) -> None:
        framing = WebSocketFraming(endpoint.port, "/mqtt", "mqtt")
        super().__init__(endpoint.port, framing if endpoint.transport == "ws" else Framing())
        self._version = Version(endpoint.version)
        self._client_id = login.client_id
        self._rest = b""
        self._take: Callable[[bytes], bytes] = self._take_any
        self._connect = Connect(
            login.client_id,
            self._version,
            keep_alive=_KEEP_ALIVE,
            username=login.username,
            password=login.password.encode(),
        ).encode()

    async def prepare_calls(self, player: str) -> None:
        topics = TOPICS.player(player)
        responses = topics.responses(self._client_id)
        start = responses.removesuffix("#").encode()
        prefix = (len(start) + len(MARK)).to_bytes(2) + start
        token = slice(len(prefix), len(prefix) + len(MARK))

        def take_response(body: bytes) -> bytes:
            # stock amqtt delivers messages of other subscribers to all
            return self.calls.answer(body[token]) if body.startswith(prefix) else b""

        request = topics.request(self._client_id, _PLACE, clients.PROCEDURE)
        self.calls = Calls(self._template(request, clients.PARAMETER))
        self._take = take_response
        await self.subscribe([responses])

    async def answer_calls(self, player: str) -> None:
        topics = TOPICS.player(player)
        prefix = topics.requests.removesuffix("#").encode()
        answers: dict[bytes, Template] = {}

        def answer_request(body: bytes) -> bytes:
            topic = body[2 : 2 + (body[0] << 8 | body[1])]
            if not topic.startswith(prefix):
                return b""  # as above
            caller, call, _ = topic[len(prefix) :].split(b"/", 2)
            if caller not in answers:
                response = topics.response(caller.decode(), _PLACE)
                answers[caller] = self._template(response, clients.RESULT)
            return answers[caller].fill(call)

        self._take = answer_request
        await self.subscribe([topics.requests])

    async def subscribe(self, topics: Sequence[str]) -> None:
        for start in range(0, len(topics), _FILTERS_AT_ONCE):
            confirmed = self._wait()
            filters = [(topic, 0) for topic in topics[start : start + _FILTERS_AT_ONCE]]
            self.send(subscribe(1, *filters, version=self._version))
            await confirmed

    def publish(self, topic: str, payload: str, *, retain: bool = False) -> None:
        self.send(publish(topic, payload.encode(), version=self._version, retain=retain))

    async def ping(self) -> None:
        confirmed = self._wait()
        self.send(PINGREQ)
        await confirmed

    def _log_in(self) -> None:
        self.send(self._connect)

    def _receive(self, payloads: list[bytes]) -> None:
        stream = b"".join(payloads) if len(payloads) != 1 else payloads[0]
        arrived, self._rest = split(self._rest + stream if self._rest else stream)
        out = []
        for first, body in arrived:
            if first & 0xF0 != _PUBLISH:
                self._control(first, body)
            elif answer := self._take(body):
                out.append(answer)
        if out:
            self.write(b"".join(out))

    def _take_any(self, body: bytes) -> bytes:  # noqa: ARG002 - it only counts
        self._count()
        return b""

    def _control(self, first: int, body: bytes) -> None:
        if first == _CONNACK:
            if body[1]:
                raise ConnectionRefusedError(f"CONNACK with code {body[1]}")
        elif first == _SUBACK:
            # one byte has the length of the properties unless the server gives a long reason
            codes = body[3 + body[2] :] if self._version is Version.V5 else body[2:]
            if max(codes) >= 0x80:
                raise PermissionError(f"a subscription was refused with code {max(codes)}")
        elif first != _PINGRESP:
            raise ConnectionAbortedError(f"the server sent {first:#04x} {body[:1].hex()}")
        self._confirm()

    def _template(self, topic: str, payload: str) -> Template:
        packet = publish(topic, payload.encode(), version=self._version)
        return self._framing.template(packet.replace(_PLACE.encode(), MARK))


def split(stream: bytes) -> tuple[list[tuple[int, bytes]], bytes]:
    """Return the whole packets at the start of `stream`, as first byte and body, and the rest.

    Raises:
        ValueError: a length has more than four bytes (MQTT-1.5.5-1).
    """
    packets = []
    at, end = 0, len(stream)
    while end - at >= 2:
        size = stream[at + 1]
        start = at + 2
        if size & 0x80:
            size, start = _long_size(stream, at)
            if not start:
                break
        stop = start + size
        if stop > end:
            break
        packets.append((stream[at], stream[start:stop]))
        at = stop
    return packets, stream[at:]


def _long_size(stream: bytes, at: int) -> tuple[int, int]:
    size = 0
    for place, byte in enumerate(stream[at + 1 : at + 5]):
        size |= (byte & 0x7F) << 7 * place
        if not byte & 0x80:
            return size, at + place + 2
    if len(stream) >= at + 5:
        raise ValueError("a packet's length has more than four bytes")
    return 0, 0
