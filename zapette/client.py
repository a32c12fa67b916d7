"""A client of the wire contract: it calls procedures and offers some."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from typing import Any, Final

from zapette.callee import Procedure, answer
from zapette.calls import PendingCalls
from zapette.connection import Connection, Handler, Message
from zapette.errors import CallTimeout, Cancelled, Unavailable
from zapette.messages import write_parameters
from zapette.topics import Callee
from zapette.url import BrokerUrl

log = logging.getLogger("zapette.client")

CALL_TIMEOUT: Final = 5.0
"""How long a call waits for its answer, in seconds, unless told otherwise."""

EXPIRY: Final = 10
"""How long a broker may hold a call before it must drop it, in seconds (MQTT 5)."""

_WORKERS: Final = 16
_SLACK: Final = 1.0


class Client:
    """Calls procedures, offers some, publishes and subscribes; safe to use from several threads.

    It reconnects by itself, subscribes and registers again, and queues nothing meanwhile: what is
    asked of it while it is not connected fails at once with ``unavailable``.
    """

    def __init__(
        self,
        url: BrokerUrl,
        *,
        client_id: str | None = None,
        password: Callable[[], str] | None = None,
        callee: Callee | None = None,
        procedures: Mapping[str, Procedure] | None = None,
    ) -> None:
        """Set the client up; `start` connects it.

        Args:
            url: the broker and the account.
            client_id: the MQTT client id, which is also the caller in topics; random if None.
            password: gives the password anew before each connection, instead of the URL's.
            callee: where `procedures` are offered; it says ``online`` there while connected.
            procedures: what to offer, by name. They run on a pool of threads: a slow one holds
                up no other.
        """
        self._connection = Connection(
            url,
            client_id or f"py-{secrets.token_hex(8)}",
            password=password,
            availability=callee.availability if callee else None,
        )
        self._connection.on_lost = self._lost
        self._connection.on_tick = self._tick
        self._calls = PendingCalls()
        self._callee = callee
        self._procedures = dict(procedures or {})
        self._pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="procedure")

    @property
    def client_id(self) -> str:
        """The MQTT client id, which is the caller in topics."""
        return self._connection.client_id

    @property
    def is_live(self) -> bool:
        """Whether the client is connected and registered."""
        return self._connection.is_live

    def start(self) -> None:
        """Begin to connect, and to reconnect whenever the connection is lost, until `stop`."""
        if self._callee is not None:
            self._connection.subscribe(self._callee.commands, self._take)
            self._connection.subscribe(self._callee.requests, self._take)
        self._connection.start()

    def wait(self, timeout: float) -> None:
        """Wait until the client is live.

        Raises:
            Unavailable: it is not within `timeout` seconds; the message says what the broker said.
        """
        self._connection.wait(timeout)

    def stop(self) -> None:
        """Say ``offline``, disconnect, and end waiting calls with ``unavailable``."""
        self._connection.stop()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def subscribe(self, topic_filter: str, handler: Handler) -> None:
        """Have `handler` called for what `topic_filter` matches, also after a reconnection."""
        self._connection.subscribe(topic_filter, handler)

    def publish(
        self, topic: str, payload: bytes | str, *, qos: int = 0, retain: bool = False
    ) -> None:
        """Publish now or not at all.

        Raises:
            Unavailable: the client is not connected.
        """
        self._connection.publish(topic, payload, qos=qos, retain=retain)

    def command(self, callee: Callee, procedure: str, *positional: Any, **named: Any) -> None:
        """Tell `callee` to run `procedure`, without waiting for an answer.

        Raises:
            Unavailable: the client is not connected.
            InvalidArgument: the parameters cannot be written as JSON.
        """
        payload = write_parameters(positional, named)
        self._connection.publish(callee.command(procedure), payload, expiry=EXPIRY)

    def call(
        self,
        callee: Callee,
        procedure: str,
        *positional: Any,
        timeout: float = CALL_TIMEOUT,
        **named: Any,
    ) -> Any:
        """Call `procedure` of `callee` and return its result.

        Raises:
            CallError: the callee's error, or ``timeout``, or ``unavailable``.
        """
        future = self.call_later(callee, procedure, *positional, timeout=timeout, **named)
        try:
            return future.result(timeout + _SLACK)
        except FutureTimeout:
            raise CallTimeout(f"{procedure}: no answer within {timeout:g} s") from None
        except CancelledError:
            raise Cancelled(f"{procedure}: the call was given up") from None

    def call_later(
        self,
        callee: Callee,
        procedure: str,
        *positional: Any,
        timeout: float = CALL_TIMEOUT,
        **named: Any,
    ) -> Future[Any]:
        """Call `procedure` of `callee` and return the future of its result.

        The future ends in `timeout` seconds at the latest, give or take a second. Cancelling it
        gives the call up; the callee is not told.

        Raises:
            Unavailable: the client is not connected.
            InvalidArgument: the parameters cannot be written as JSON.
        """
        payload = write_parameters(positional, named)
        call = self._calls.number()
        request = callee.request(self.client_id, call, procedure)
        self._hear_answers(callee, timeout)
        response = callee.response(self.client_id, call)
        future = self._calls.open(response, timeout)
        try:
            self._connection.publish(request, payload, expiry=EXPIRY)
        except Unavailable as error:
            self._calls.fail(response, error)
        return future

    def _hear_answers(self, callee: Callee, timeout: float) -> None:
        if not self.is_live:
            self._connection.wait(0)
        answers = callee.responses(self.client_id)
        subscription = self._connection.subscribe(
            answers, lambda message: self._calls.answer(message.topic, message.payload)
        )
        if not subscription.confirmed.wait(timeout):
            raise Unavailable("the broker did not confirm the subscription to the answers")

    def _lost(self, reason: str) -> None:
        self._calls.fail_all(reason)

    def _tick(self) -> None:
        self._calls.expire()

    def _take(self, message: Message) -> None:
        callee = self._callee
        # a retained request is an old one: it would be executed again at each connection
        request = None if callee is None or message.retained else callee.parse(message.topic)
        if callee is None or request is None:
            return
        topic = callee.answers_to(request, message.response_topic)
        if message.response_topic not in {None, topic}:
            log.warning("a response topic that is not below the caller's own was ignored")
        self._pool.submit(self._run, request.procedure, message, topic)

    def _run(self, procedure: str, message: Message, topic: str | None) -> None:
        result = answer(self._procedures, procedure, message.payload)
        if topic is None:
            return
        try:
            self._connection.publish(topic, result, correlation=message.correlation)
        except Unavailable:
            log.debug("the answer to %s could not be sent", procedure)
