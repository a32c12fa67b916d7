"""Clients that speak WAMP over WebSocket with JSON: the same load in the seed router's words."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from typing import Any, Final

from bench.broker_load.calling import Calls
from bench.broker_load.dialect import PARAMETER, PROCEDURE, RESULT
from bench.broker_load.framing import MARK, Framing, WebSocketFraming
from bench.broker_load.names import TOPICS, Login
from bench.broker_load.peer import Peer

REALM: Final = "home"

_ROLES: Final = ("caller", "callee", "publisher", "subscriber")

_HELLO, _WELCOME, _ABORT, _CHALLENGE, _AUTHENTICATE, _GOODBYE = 1, 2, 3, 4, 5, 6
_ERROR, _PUBLISH, _PUBLISHED, _SUBSCRIBE, _SUBSCRIBED, _EVENT = 8, 16, 17, 32, 33, 36
_CALL, _RESULT, _REGISTER, _REGISTERED, _INVOCATION, _YIELD = 48, 50, 64, 65, 68, 70


class WampPeer(Peer):
    """A client that counts the events that reach it."""

    def __init__(self, framing: Framing, login: Login) -> None:
        super().__init__(framing)
        self._login = login
        self._ids = itertools.count(1)
        self._expected = 0

    async def subscribe(self, topics: Sequence[str]) -> None:
        """Subscribe to all of `topics`, and return once the server has confirmed it."""
        confirmed = self._wait()
        self._expected = len(topics)
        for topic in topics:
            pattern, options = _pattern(topic)
            self._say([_SUBSCRIBE, next(self._ids), options, pattern])
        await confirmed

    def publish(self, topic: str, payload: str, *, retain: bool = False) -> None:
        """Publish an event, unacknowledged."""
        options = {"retain": True} if retain else {}
        self._say([_PUBLISH, next(self._ids), options, uri(topic), [payload]])

    async def ping(self) -> None:
        """Publish to nobody with acknowledgement, which comes after all that was sent."""
        confirmed = self._wait()
        self._expected = 1
        topic = uri(TOPICS.player("0" * 32).event("ping"))
        self._say([_PUBLISH, next(self._ids), {"acknowledge": True}, topic])
        await confirmed

    def _greet(self) -> None:
        roles: dict[str, dict[str, object]] = {role: {} for role in _ROLES}
        details = {"roles": roles, "authmethods": ["ticket"], "authid": self._login.username}
        self._say([_HELLO, REALM, details])

    def _say(self, message: list[Any]) -> None:
        self.send(_encode(message))

    def _received(self, payloads: list[bytes]) -> None:
        out = []
        for payload in payloads:
            answer = self._handle(json.loads(payload))
            if answer:
                out.append(answer)
        if out:
            self.write(b"".join(out))

    def _handle(self, message: list[Any]) -> bytes:
        kind = message[0]
        if kind == _EVENT:
            if self.arrived is not None:
                self.arrived()
        elif kind in {_SUBSCRIBED, _REGISTERED, _PUBLISHED}:
            self._expected -= 1
            if not self._expected:
                self._confirm()
        elif kind == _CHALLENGE:
            self._say([_AUTHENTICATE, self._login.password, {}])
        elif kind == _WELCOME:
            self._confirm()
        elif kind in {_ABORT, _GOODBYE, _ERROR}:
            raise ConnectionAbortedError(f"the server sent {message}")
        return b""


class WampCaller(WampPeer):
    """A remote of one player.

    Attributes:
        calls: the calls under way, and when each was answered.
    """

    def __init__(self, framing: Framing, login: Login, player: str) -> None:
        super().__init__(framing, login)
        procedure = f"{uri(TOPICS.player(player).root)}.{PROCEDURE}"
        call = _encode([_CALL, 0, {}, procedure, [json.loads(PARAMETER)]])
        self.calls = Calls(framing.template(call.replace(b"0", MARK, 1)))

    def start(self, at_once: int) -> None:
        """Make `at_once` calls, and another for each that is answered."""
        self.write(self.calls.start(at_once))

    def _handle(self, message: list[Any]) -> bytes:
        if message[0] == _RESULT:
            return self.calls.answer(b"%d" % message[1])
        return super()._handle(message)


class WampResponder(WampPeer):
    """A player that answers each call at once."""

    def __init__(self, framing: Framing, login: Login, player: str) -> None:
        super().__init__(framing, login)
        self._procedure = f"{uri(TOPICS.player(player).root)}.{PROCEDURE}"
        self._result = [json.loads(RESULT)]

    async def prepare(self) -> None:
        """Register the procedure."""
        confirmed = self._wait()
        self._expected = 1
        self._say([_REGISTER, next(self._ids), {}, self._procedure])
        await confirmed

    def _handle(self, message: list[Any]) -> bytes:
        if message[0] == _INVOCATION:
            return self._framing.wrap(_encode([_YIELD, message[1], {}, self._result]))
        return super()._handle(message)


class WampDialect:
    """WAMP over WebSocket.

    Args:
        port: the server's.
        path: of the WebSocket.
    """

    def __init__(self, port: int, path: str) -> None:
        self._port = port
        self._path = path

    def peer(self, login: Login) -> WampPeer:
        """Return a client that calls nobody."""
        return WampPeer(self._framing(), login)

    def responder(self, login: Login, player: str, callers: Sequence[str]) -> WampResponder:
        """Return the player with the id `player`, which answers anybody."""
        del callers
        return WampResponder(self._framing(), login, player)

    def caller(self, login: Login, player: str) -> WampCaller:
        """Return a remote of the player with the id `player`."""
        return WampCaller(self._framing(), login, player)

    def _framing(self) -> Framing:
        return WebSocketFraming(self._port, self._path, "wamp.2.json", text=True)


def uri(topic: str) -> str:
    """Return the URI that stands for `topic`."""
    return topic.replace("/", ".")


def _pattern(topic: str) -> tuple[str, dict[str, str]]:
    """Return the URI and the options that subscribe to what the filter `topic` matches."""
    if topic.endswith("/#"):
        return uri(topic[:-1]), {"match": "prefix"}
    return uri(topic), {}


def _encode(message: list[Any]) -> bytes:
    return json.dumps(message, separators=(",", ":")).encode()
