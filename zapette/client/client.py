"""A client of the wire contract: it calls procedures and offers some."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as FutureTimeout
from pathlib import Path
from typing import Any, Final, TypeVar

from zapette.client.calls.incoming_calls import IncomingCalls
from zapette.client.calls.outgoing_calls import EXPIRY, OutgoingCalls
from zapette.client.calls.procedures import Procedure, Procedures
from zapette.errors import CallTimeout, Cancelled, TooLarge, Unavailable
from zapette.mqtt.dialing import Dialer, Timing
from zapette.mqtt.event_loop import LoopThread
from zapette.mqtt.executor import ThreadExecutor
from zapette.mqtt.ordered_executor import OrderedExecutor
from zapette.mqtt.persistent_connection import REPLACED, PersistentConnection
from zapette.mqtt.subscriptions import Filter, Handler
from zapette.mqtt.url import BrokerUrl
from zapette.protocol.messages import write_parameters
from zapette.protocol.topics import Callee

log = logging.getLogger("zapette.client")

T = TypeVar("T")

CALL_TIMEOUT: Final = 5.0
"""The default time-out of a call, in seconds."""

_SLACK: Final = 1.0
_STOP_TIMEOUT: Final = 5.0


class Client:
    """Calls procedures, offers some, publishes and subscribes; safe to use from several threads.

    It reconnects, subscribes and registers by itself, and queues nothing while it is not
    connected: calls then fail at once with ``unavailable``, as do calls to an offline callee.

    Attributes:
        on_live: called on the event loop when the client is connected and registered.
        on_lost: called there with the reason when the connection is lost.
        on_replaced: called there when another client takes over the client id; this one stays away.
    """

    def __init__(
        self,
        *urls: BrokerUrl,
        client_id: str | None = None,
        password: Callable[[], str] | None = None,
        callee: Callee | None = None,
        procedures: Mapping[str, Procedure] | Procedures | None = None,
        timing: Timing | None = None,
        ca_file: Path | None = None,
    ) -> None:
        """Set the client up; `start` connects it.

        Args:
            urls: the broker and the account; several if it has several nodes.
            client_id: the MQTT client id and the caller in topics; random if None.
            password: returns the password before each connection; the URL's if None.
            callee: the topics that offer `procedures`; ``online`` there while connected.
            procedures: the procedures by name. ``async`` ones run concurrently on the client's
                event loop. Others run on threads, one caller's requests in order unless one takes
                longer than half a second or this client is the caller.
            timing: the time-outs of the connection.
            ca_file: certificates to trust for ``mqtts`` and ``wss``, in PEM; the system's if None.
        """
        self.on_live: Callable[[], None] = lambda: None
        self.on_lost: Callable[[str], None] = lambda _: None
        self.on_replaced: Callable[[], None] = lambda: None
        self._loop = LoopThread("zapette")
        self._threads = ThreadExecutor("zapette-worker")
        # separate threads: handlers that hang must not prevent reconnecting
        self._dial_threads = ThreadExecutor("zapette-dialer", 2)
        self._started = False
        self._connection = PersistentConnection(
            Dialer(
                *urls,
                loop=self._loop,
                threads=self._dial_threads,
                token=(lambda _: password()) if password else None,
                timing=timing,
                ca_file=ca_file,
            ),
            client_id or f"py-{secrets.token_hex(8)}",
            self._loop,
            callee=callee,
        )
        self._executor = OrderedExecutor(self._loop, self._threads)
        if callee is not None:
            offered = procedures if isinstance(procedures, Procedures) else Procedures(procedures)
            # here and not in `start`, which may be called again
            IncomingCalls(self._connection, self._loop, self._executor, callee, offered).subscribe()
        self._outgoing = OutgoingCalls(self._connection, self._loop)

    @property
    def client_id(self) -> str:
        """The MQTT client id, which is the caller in topics."""
        return self._connection.client_id

    @property
    def is_live(self) -> bool:
        """Whether the client is connected and registered."""
        return self._connection.is_live

    @property
    def executor(self) -> OrderedExecutor:
        """The executor of the handlers."""
        return self._executor

    def start(self) -> None:
        """Connect, and reconnect after each loss, until `stop`.

        If the client runs already, this does nothing. After `stop` you can start it again.

        Raises:
            RuntimeError: an ``async`` handler has blocked the event loop since before `stop`.
        """
        if self._started:
            return
        # a handler may have stopped it without waiting
        self._loop.join(_STOP_TIMEOUT)
        self._loop.check_ended()
        self._started = True
        connection = self._connection
        connection.on_live = self._came_live
        connection.on_lost = self._lost
        connection.on_replaced = self._replaced
        self._executor.clear()
        connection.reset()
        self._loop.start()
        self._loop.post(connection.start)

    def wait(self, timeout: float) -> None:
        """Wait until the client is live.

        Raises:
            Unavailable: it is not live within `timeout` seconds, or the broker refuses it.
        """
        self._connection.wait(timeout)

    async def wait_async(self, timeout: float) -> None:
        """Wait, as `wait` does, on any event loop.

        Raises:
            Unavailable: as `wait` does.
        """
        if self._loop.is_current:
            await self._connection.settle(timeout)
        else:
            await asyncio.wrap_future(self.run(self._connection.settle(timeout)))

    def stop(self) -> None:
        """Publish ``offline``, disconnect, and end waiting calls with ``unavailable``."""
        if not self._started:
            if not self._loop.is_current:
                self._loop.join(_STOP_TIMEOUT)
            return
        self._started = False
        if self._loop.is_current:
            self._loop.spawn(self._stop_here())
            return
        ended: Future[None] = Future()

        async def end() -> None:
            try:
                await self._stop()
            finally:
                ended.set_result(None)

        self._loop.post(lambda: self._loop.spawn(end()))
        try:
            ended.result(_STOP_TIMEOUT)
        except FutureTimeout:
            log.error("an async handler blocks the event loop: the client stops after it")  # noqa: TRY400
        self._loop.stop(_SLACK)
        self._end_threads()

    async def stop_async(self) -> None:
        """Stop, as `stop` does, on any event loop; on the client's own loop it does not wait."""
        if self._loop.is_current:
            self.stop()
        else:
            await asyncio.to_thread(self.stop)

    def subscribe(self, topic_filter: str, handler: Handler, qos: int = 1) -> None:
        """Call `handler` for each message that matches, also after a reconnection.

        The handler runs on the client's event loop and must not block. You can subscribe before
        `start`.

        Raises:
            TopicError: `topic_filter` is not a topic filter.
        """
        Filter(topic_filter)
        self._run_soon(self._connection.subscribe, topic_filter, handler, qos)

    def publish(
        self, topic: str, payload: bytes | str, *, qos: int = 0, retain: bool = False
    ) -> None:
        """Publish now or not at all.

        Raises:
            Unavailable: the client is not connected.
        """
        self._publish(topic, payload, qos=qos, retain=retain)

    def command(self, callee: Callee, procedure: str, /, *positional: Any, **named: Any) -> None:
        """Call `procedure` of `callee` without waiting for an answer.

        Raises:
            Unavailable: the client is not connected.
            InvalidArgument: the parameters cannot be written as JSON.
        """
        payload = write_parameters(positional, named)
        self._publish(callee.command(procedure), payload, expiry=EXPIRY)

    def call(
        self,
        callee: Callee,
        procedure: str,
        /,
        *positional: Any,
        timeout: float = CALL_TIMEOUT,
        **named: Any,
    ) -> Any:
        """Call `procedure` of `callee` and return its result.

        Raises:
            CallError: the callee's error, or ``timeout``, or ``unavailable``.
            RuntimeError: an ``async`` handler calls it; use `call_async` there.
        """
        if self._loop.is_current:
            raise RuntimeError("this would block the event loop: await call_async instead")
        future = self.call_later(callee, procedure, *positional, timeout=timeout, **named)
        try:
            return future.result(timeout + _SLACK)
        except FutureTimeout:
            raise CallTimeout(f"{procedure}: no answer within {timeout:g} s") from None
        except CancelledError:
            raise Cancelled(f"{procedure}: the call was cancelled") from None

    def call_later(
        self,
        callee: Callee,
        procedure: str,
        /,
        *positional: Any,
        timeout: float = CALL_TIMEOUT,
        **named: Any,
    ) -> Future[Any]:
        """Call `procedure` of `callee` and return the future of its result.

        The future ends within `timeout` seconds. Cancelling it does not notify the callee.

        Raises:
            Unavailable: the client is not connected.
            InvalidArgument: the parameters cannot be written as JSON.
        """
        call = self._outgoing.new(callee, procedure, write_parameters(positional, named), timeout)
        future: Future[Any] = Future()
        self._run_soon(self._outgoing.begin, call, future)
        return future

    async def call_async(
        self,
        callee: Callee,
        procedure: str,
        /,
        *positional: Any,
        timeout: float = CALL_TIMEOUT,
        **named: Any,
    ) -> Any:
        """Call `procedure` of `callee` and return its result; on any event loop.

        Raises:
            CallError: the callee's error, or ``timeout``, or ``unavailable``.
        """
        if not self._loop.is_current:
            later = self.call_later(callee, procedure, *positional, timeout=timeout, **named)
            return await asyncio.wrap_future(later)
        call = self._outgoing.new(callee, procedure, write_parameters(positional, named), timeout)
        future: asyncio.Future[Any] = self._loop.loop.create_future()
        self._outgoing.begin(call, future)
        return await future

    def is_available(self, callee: Callee, timeout: float = CALL_TIMEOUT) -> bool:
        """Return whether `callee` is online; for a player, the server must be online too.

        Raises:
            Unavailable: the client is not connected, or the broker does not answer in time.
            RuntimeError: it runs on the client's event loop, which it would block.
        """
        if self._loop.is_current:
            raise RuntimeError("this would block the event loop")
        self._meet(callee)
        self.fence(timeout)
        return self._outgoing.is_available(callee)

    async def is_available_async(self, callee: Callee, timeout: float = CALL_TIMEOUT) -> bool:
        """Return the same as `is_available`, on any event loop.

        Raises:
            Unavailable: the client is not connected, or the broker does not answer in time.
        """
        self._meet(callee)
        try:
            answered = await asyncio.wait_for(asyncio.wrap_future(self.run(self._fence())), timeout)
        except TimeoutError:
            raise _silent() from None
        if not answered:
            raise self._connection.unavailable()
        return self._outgoing.is_available(callee)

    def _meet(self, callee: Callee) -> None:
        if not self.is_live:
            raise self._connection.unavailable()
        self._run_soon(self._outgoing.meet, callee)

    def fence(self, timeout: float) -> None:
        """Wait until the broker has answered all packets.

        By then, the retained messages of QoS 0 subscriptions have arrived.

        Raises:
            Unavailable: the client is not connected, or the broker does not answer in time.
        """
        try:
            answered = self.run(self._fence()).result(timeout)
        except FutureTimeout:
            raise _silent() from None
        if not answered:
            raise self._connection.unavailable()

    def run(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Run a coroutine on the client's event loop, and return the future of its result."""
        return asyncio.run_coroutine_threadsafe(work, self._loop.loop)

    def _lost(self, reason: str) -> None:
        self._outgoing.fail_all(reason)
        self.on_lost(reason)

    def _came_live(self) -> None:
        self.on_live()

    def _replaced(self) -> None:
        self._outgoing.fail_all(REPLACED)
        self.on_replaced()

    def _publish(self, topic: str, payload: bytes | str, **options: Any) -> None:
        if self._loop.is_current:
            self._connection.publish(topic, payload, **options)
            return
        if not self.is_live:
            raise self._connection.unavailable()
        self._loop.post(self._publish_or_drop, topic, payload, options)

    def _publish_or_drop(self, topic: str, payload: bytes | str, options: dict[str, Any]) -> None:
        try:
            self._connection.publish(topic, payload, **options)
        except Unavailable as error:
            log.debug("dropped a message: %s", error)
        except TooLarge as error:
            log.error("dropped a message: %s", error)  # noqa: TRY400 - no traceback needed

    def _run_soon(self, function: Callable[..., object], *arguments: Any) -> None:
        if self._loop.is_current or not self._loop.is_running:
            function(*arguments)
        else:
            self._loop.post(function, *arguments)

    async def _fence(self) -> bool:
        # after subscriptions from other threads, which take a turn or two
        for _ in range(3):
            await asyncio.sleep(0)
        return await self._connection.fence()

    async def _stop_here(self) -> None:
        await self._stop()
        self._loop.stop()
        self._end_threads()

    def _end_threads(self) -> None:
        self._threads.stop()
        self._dial_threads.stop()

    async def _stop(self) -> None:
        await self._connection.stop()
        self._outgoing.fail_all("the client was stopped")


def _silent() -> Unavailable:
    return Unavailable("the broker does not answer")
