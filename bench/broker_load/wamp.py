"""Clients that speak WAMP over WebSocket with JSON: the same load for Crossbar.io."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from typing import Any, Final

from bench.broker_load import clients
from bench.broker_load.clients import TOPICS, Calls, Client, Endpoint, Login
from bench.broker_load.framing import MARK, WebSocketFraming

_REALM: Final = "home"

_ROLES: Final = ("caller", "callee", "publisher", "subscriber")
_HELLO, _WELCOME, _ABORT, _CHALLENGE, _AUTHENTICATE, _GOODBYE = 1, 2, 3, 4, 5, 6
_ERROR, _PUBLISH, _PUBLISHED, _SUBSCRIBE, _SUBSCRIBED, _EVENT = 8, 16, 17, 32, 33, 36
_CALL, _RESULT, _REGISTER, _REGISTERED, _INVOCATION, _YIELD = 48, 50, 64, 65, 68, 70


class WampClient(Client):
    """A client that counts the events it receives, calls and answers."""

    def __init__(self, endpoint: Endpoint, login: Login) -> None:
        framing = WebSocketFraming(endpoint.port, "/", "wamp.2.json")
        super().__init__(endpoint.port, framing)
        self._login = login
        self._ids = itertools.count(1)
        self._expected = 0
        self._result = [json.loads(clients.RESULT)]

    async def prepare_calls(self, player: str) -> None:
        call = _encode([_CALL, 0, {}, _procedure(player), [json.loads(clients.PARAMETER)]])
        self.calls = Calls(self._framing.template(call.replace(b"0", MARK, 1)))

    async def answer_calls(self, player: str) -> None:
        confirmed = self._wait()
        self._expected = 1
        self._request(_REGISTER, {}, _procedure(player))
        await confirmed

    async def subscribe(self, topics: Sequence[str]) -> None:
        confirmed = self._wait()
        self._expected = len(topics)
        for topic in topics:
            prefix = topic.endswith("/#")
            options = {"match": "prefix"} if prefix else {}
            self._request(_SUBSCRIBE, options, _uri(topic[:-1] if prefix else topic))
        await confirmed

    def publish(self, topic: str, payload: str, *, retain: bool = False) -> None:
        self._request(_PUBLISH, {"retain": True} if retain else {}, _uri(topic), [payload])

    async def ping(self) -> None:
        confirmed = self._wait()
        self._expected = 1
        self._request(_PUBLISH, {"acknowledge": True}, _uri(TOPICS.player("0" * 32).event("ping")))
        await confirmed

    def _log_in(self) -> None:
        roles: dict[str, dict[str, object]] = {role: {} for role in _ROLES}
        details = {"roles": roles, "authmethods": ["ticket"], "authid": self._login.username}
        self.send(_encode([_HELLO, _REALM, details]))

    def _request(self, kind: int, options: dict[str, Any], *rest: object) -> None:
        self.send(_encode([kind, next(self._ids), options, *rest]))

    def _receive(self, payloads: list[bytes]) -> None:
        out = b"".join([self._handle(json.loads(payload)) for payload in payloads])
        if out:
            self.write(out)

    def _handle(self, message: list[Any]) -> bytes:
        kind = message[0]
        if kind == _RESULT:
            return self.calls.answer(b"%d" % message[1])
        if kind == _INVOCATION:
            return self._framing.wrap(_encode([_YIELD, message[1], {}, self._result]))
        if kind == _EVENT:
            self._count()
        elif kind in {_SUBSCRIBED, _REGISTERED, _PUBLISHED}:
            self._expected -= 1
            if not self._expected:
                self._confirm()
        elif kind == _CHALLENGE:
            self.send(_encode([_AUTHENTICATE, self._login.password, {}]))
        elif kind == _WELCOME:
            self._confirm()
        elif kind in {_ABORT, _GOODBYE, _ERROR}:
            raise ConnectionAbortedError(f"the server sent {message}")
        return b""


def _procedure(player: str) -> str:
    return f"{_uri(TOPICS.player(player).root)}.{clients.PROCEDURE}"


def _uri(topic: str) -> str:
    return topic.replace("/", ".")


def _encode(message: list[Any]) -> bytes:
    return json.dumps(message, separators=(",", ":")).encode()
