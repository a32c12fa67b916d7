"""The calls that a client makes: sent once their answers are subscribed, ended in time."""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from zapette.client.calls.pending_calls import AnyFuture, PendingCalls
from zapette.errors import CallError, CallTimeout, TooLarge, Unavailable
from zapette.mqtt.event_loop import LoopThread
from zapette.mqtt.persistent_connection import PersistentConnection
from zapette.mqtt.subscriptions import Message
from zapette.protocol.topics import Callee

EXPIRY: Final = 10
"""The message expiry interval of a request, in seconds (MQTT 5)."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call.

    Attributes:
        callee: the callee.
        request: the request topic.
        response: the response topic.
        payload: the parameters.
        timeout: in seconds.
    """

    callee: Callee
    request: str
    response: str
    payload: bytes
    timeout: float


@dataclass(slots=True)
class _Peer:
    """A callee and its availability.

    Attributes:
        callee: its topics.
        needs: the callees that must be online: the callee; for a player, the server too.
        subscribed: whether the broker has answered the subscription to its answers.
        refused: whether it has refused it.
        waiting: the calls to send after that.
    """

    callee: Callee
    needs: tuple[Callee, ...]
    subscribed: bool = False
    refused: bool = False
    waiting: list[Call] = field(default_factory=list)


class OutgoingCalls:
    """Makes calls over a connection; on the event loop's thread only, but for `new`."""

    def __init__(self, connection: PersistentConnection, loop: LoopThread) -> None:
        self._connection = connection
        self._loop = loop
        self._pending = PendingCalls(self._late)
        self._peers: dict[str, _Peer] = {}
        self._followed: set[str] = set()
        self._online: dict[str, bool] = {}
        self._expiry: asyncio.TimerHandle | None = None
        self._expires_at = math.inf

    def new(self, callee: Callee, procedure: str, payload: bytes, timeout: float) -> Call:
        """Return a new call; thread-safe.

        Raises:
            Unavailable: there is no connection.
            TopicError: `procedure` is not a procedure.
            ValueError: `timeout` is not a finite number of seconds, 0 or more.
        """
        if not 0 <= timeout < math.inf:
            raise ValueError(f"timeout must be a number of seconds, 0 or more, not {timeout!r}")
        if not self._connection.is_live:
            raise self._connection.unavailable()
        caller, number = self._connection.client_id, self._pending.number()
        request = callee.request(caller, number, procedure)
        return Call(callee, request, callee.response(caller, number), payload, timeout)

    def begin(self, call: Call, future: AnyFuture) -> None:
        """Send a call; its answer or its time-out ends `future`."""
        peer = self.meet(call.callee)
        deadline = self._pending.open(call.response, future, call.timeout)
        if deadline < self._expires_at:
            self._expire_at(deadline)
        if not self._connection.is_live:
            self._pending.fail(call.response, self._connection.unavailable())
        elif peer.subscribed:
            self._send(peer, call)
        else:
            peer.waiting.append(call)

    def fail_all(self, reason: str) -> None:
        """End every call with ``unavailable``, and forget who is online."""
        for peer in self._peers.values():
            peer.subscribed, peer.waiting = False, []
        self._online.clear()
        self._pending.fail_all(reason)
        if self._expiry is not None:
            self._expiry.cancel()
        self._expiry, self._expires_at = None, math.inf

    def _send(self, peer: _Peer, call: Call) -> None:
        for each in peer.needs:
            if self._online.get(each.root) is False:
                self._pending.fail(call.response, Unavailable(f"{_name(each)} is offline"))
                return
        if peer.refused:
            name = _name(peer.callee)
            reason = f"the broker does not let this account receive answers from {name}"
            self._pending.fail(call.response, Unavailable(reason))
            return
        try:
            self._connection.publish(call.request, call.payload, expiry=EXPIRY)
        except (TooLarge, Unavailable) as error:
            self._pending.fail(call.response, error)

    def meet(self, callee: Callee) -> _Peer:
        """Subscribe to the answers and the availability of a callee, once."""
        known = self._peers.get(callee.root)
        if known is not None:
            return known
        server = callee.server
        needs = (callee,) if server is None else (callee, server)
        peer = self._peers[callee.root] = _Peer(callee, needs)
        connection = self._connection
        for each in peer.needs:
            if each.root not in self._followed:
                self._followed.add(each.root)
                connection.subscribe(
                    each.availability, partial(self._update_availability, each), qos=0
                )
        answers = connection.subscribe(callee.responses(connection.client_id), self._take, qos=0)

        def settled() -> None:
            answers.when_settled(settled)
            peer.subscribed, peer.refused = answers.confirmed or answers.refused, answers.refused
            if peer.subscribed:
                waiting, peer.waiting = peer.waiting, []
                for call in waiting:
                    self._send(peer, call)

        answers.when_settled(settled)
        return peer

    def is_available(self, callee: Callee) -> bool:
        """Return whether a callee that was met can be called."""
        needs = self._peers[callee.root].needs
        return callee.root in self._online and all(
            self._online.get(each.root, True) for each in needs
        )

    def _take(self, message: Message) -> None:
        self._pending.answer(message.topic, message.payload)

    def _update_availability(self, callee: Callee, message: Message) -> None:
        self._online[callee.root] = message.payload == b"online"
        if self._online[callee.root]:
            return
        # a callback of a call may call others
        for peer in list(self._peers.values()):
            if callee in peer.needs:
                below = f"{peer.callee.root}/response/"
                self._pending.fail_all(f"{_name(callee)} is offline", below)

    def _expire_at(self, deadline: float) -> None:
        if self._expiry is not None:
            self._expiry.cancel()
        self._expires_at = deadline
        pause = max(0.0, deadline - self._pending.now())
        self._expiry = self._loop.loop.call_later(pause, self._expire)

    def _expire(self) -> None:
        self._expiry, self._expires_at = None, math.inf
        self._pending.expire()
        deadline = self._pending.next_deadline()
        if deadline is not None:
            self._expire_at(deadline)

    def _late(self, response: str) -> CallError:
        peer = self._peers[response.partition("/response/")[0]]
        if not peer.subscribed or peer.callee.root in self._online:
            return CallTimeout("no answer in time")
        return Unavailable(f"no answer, and {_name(peer.callee)} has never been online")


def _name(callee: Callee) -> str:
    """Return a callee's name in errors; a player's id is private."""
    kind, _, name = callee.root.rpartition("/")
    if kind.endswith("/players"):
        return "the player"
    return name if kind.endswith("/services") else "the server"
