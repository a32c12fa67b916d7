"""An application: it offers procedures, handles messages, and calls others."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import signal
import threading
from collections.abc import Awaitable, Callable, Generator
from concurrent.futures import Future
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from zapette import logs
from zapette.client.broker_discovery import find_home
from zapette.client.client import CALL_TIMEOUT, Client
from zapette.client.handlers import SIGNALS, Signal, Subscriber, guarded, put
from zapette.client.player import AsyncPlayer, Player
from zapette.client.players import Players
from zapette.client.procedures import Procedure, Procedures
from zapette.client.service import Service, public_methods
from zapette.errors import InvalidArgument, TopicError
from zapette.mqtt.dialing import Timing
from zapette.mqtt.subscriptions import Message
from zapette.mqtt.url import BrokerUrl
from zapette.protocol.address import parse_address
from zapette.protocol.topics import Callee, Topics, check_base
from zapette.protocol.values import write_json

log = logging.getLogger("zapette.application")

F = TypeVar("F", bound=Callable[..., Any])

START_TIMEOUT: Final = 10.0
"""The default time-out of `Application.start`, in seconds."""

_MAX_CLIENT_ID: Final = 64


class Application:
    """A program on the broker: a service if it has a name, otherwise a client.

    ::

        app = Application("demo")

        @app.register()
        def add(a: int, b: int) -> int:
            return a + b

        app.run()

    It reconnects by itself. ``async`` procedures start in the order of the requests and run
    concurrently. Others run on threads, one caller's requests in order; after half a second, a
    slow one no longer delays the next. If a handler raises anything, even ``sys.exit()``, the
    caller receives ``runtime_error`` and the log a traceback.
    """

    def __init__(
        self,
        name: str | None = None,
        *,
        url: str | BrokerUrl | None = None,
        base_topic: str | None = None,
        timing: Timing | None = None,
        ca_file: str | Path | None = None,
    ) -> None:
        """Set the application up; `run` or `start` connects it.

        Args:
            name: the service's name, ``[a-z0-9_-]{1,64}``; None to offer nothing.
            url: the broker and the account; ``ZAPETTE_URL`` or this machine's settings if None.
            base_topic: the base topic; this machine's setting if None.
            timing: the time-outs of the connection.
            ca_file: certificates to trust for ``mqtts`` and ``wss``, in PEM; ``ZAPETTE_CA_FILE`` or
                this machine's setting if None, else the system's.

        Raises:
            TopicError: `name` is not of that form.
            SettingsError: the URL or a setting is wrong, or there is none.
            StoreError: the data folder of this machine cannot be read.
        """
        where = BrokerUrl.parse(url, "url") if isinstance(url, str) else url
        if base_topic is not None:
            check_base(base_topic)
        password = None
        if where is None or base_topic is None or ca_file is None:
            home = find_home(os.environ)
            base_topic = base_topic or home.base_topic
            ca_file = ca_file or home.ca_file
            if where is None:
                where, password = home.broker(), home.renewed_password
        self._topics = Topics(base_topic)
        self._name = name
        self._procedures = Procedures()
        self._handlers: dict[str, list[Callable[..., Any]]] = {each: [] for each in SIGNALS}
        self._callee = self._topics.service(name) if name is not None else None
        self._client = Client(
            where,
            client_id=_client_id(name) if name is not None else None,
            password=password,
            callee=self._callee,
            procedures=self._procedures,
            timing=timing,
            ca_file=Path(ca_file) if ca_file else None,
        )
        self._client.on_live = lambda: self._notify("joined")
        self._client.on_lost = lambda _: self._notify("left")
        self._client.on_replaced = self._replaced
        self._players: Players | None = None
        self._ended = threading.Event()

    @property
    def name(self) -> str | None:
        """The service's name; None if it offers nothing."""
        return self._name

    @property
    def client(self) -> Client:
        """The client, for what this class has no method for."""
        return self._client

    @property
    def topics(self) -> Topics:
        """The topics below the base topic."""
        return self._topics

    @property
    def is_live(self) -> bool:
        """Whether it is connected and registered."""
        return self._client.is_live

    def register(self, name: str | None = None) -> Callable[[F], F]:
        """Offer the function below as a procedure, by its own name or as `name`.

        Its arguments are checked against its type hints, which `zapette.client.arguments` lists.

        Raises:
            TopicError: the name is not levels of ``[a-z0-9_]+``, is taken, or the application has
                no name.
            TypeError: a type hint cannot be checked.
        """

        def add(function: F) -> F:
            self._offer(name or function.__name__, function)
            return function

        return add

    def expose(self, instance: object, prefix: str = "") -> None:
        """Offer the public methods of an object.

        Args:
            instance: the object.
            prefix: the first levels of their names, without the slash.

        Raises:
            TopicError: a name is taken, or the application has no name.
            TypeError: a type hint cannot be checked.
        """
        for name, method in public_methods(instance).items():
            self._offer(f"{prefix}/{name}" if prefix else name, method)

    def subscribe(self, topic_filter: str, *, absolute: bool = False) -> Callable[[F], F]:
        """Call the decorated function for each message that matches.

        Its arguments are the `Event` and the levels that the wildcards match; it may take fewer.
        Messages of one subscription are handled in order.

        Args:
            topic_filter: below the base topic, for example ``players/+/event/ended``.
            absolute: whether the filter is not below the base topic.

        Raises:
            TopicError: it is not a topic filter.
            TypeError: the function needs more arguments.
        """
        full = self._full(topic_filter, absolute=absolute)

        def add(function: F) -> F:
            subscriber = Subscriber(full, function)
            # one queue each, so that a slow handler delays no other
            queue = f"subscription {full} {id(subscriber)}"

            def take(message: Message) -> None:
                put(self._client, queue, subscriber.job(message))

            self._client.subscribe(full, take)
            return function

        return add

    def signal(self, name: Signal) -> Callable[[F], F]:
        """Call the decorated function, without arguments, on a signal.

        Args:
            name: ``joined``: connected and registered, also after an outage; ``left``: the
                connection is lost, or another program has taken over the name.
        """
        if name not in SIGNALS:
            raise ValueError(f"unknown signal {name!r}; the signals are {', '.join(SIGNALS)}")

        def add(function: F) -> F:
            self._handlers[name].append(function)
            return function

        return add

    def call(
        self, procedure: str, /, *positional: Any, timeout: float = CALL_TIMEOUT, **named: Any
    ) -> Any:
        """Call ``players/<id>/volume``, ``server/ip`` or ``<service>/<procedure>``.

        Args:
            procedure: the callee and the procedure.
            positional: the parameters by position.
            timeout: seconds to wait for the answer.
            named: the parameters by name.

        Raises:
            CallError: the callee's error, or ``timeout``, or ``unavailable``.
            TopicError: `procedure` is not of that form.
        """
        callee, name = parse_address(procedure, self._topics)
        return self._client.call(callee, name, *positional, timeout=timeout, **named)

    def call_later(
        self, procedure: str, /, *positional: Any, timeout: float = CALL_TIMEOUT, **named: Any
    ) -> Future[Any]:
        """Call, as `call` does, and return the future of the result at once."""
        callee, name = parse_address(procedure, self._topics)
        return self._client.call_later(callee, name, *positional, timeout=timeout, **named)

    async def call_async(
        self, procedure: str, /, *positional: Any, timeout: float = CALL_TIMEOUT, **named: Any
    ) -> Any:
        """Call, as `call` does, from an ``async`` function."""
        callee, name = parse_address(procedure, self._topics)
        return await self._client.call_async(callee, name, *positional, timeout=timeout, **named)

    def command(self, procedure: str, /, *positional: Any, **named: Any) -> None:
        """Call a procedure without waiting for an answer.

        Raises:
            Unavailable: the application is not connected.
            TopicError: `procedure` is not of that form.
        """
        callee, name = parse_address(procedure, self._topics)
        self._client.command(callee, name, *positional, **named)

    def publish(
        self,
        topic: str,
        value: Any = b"",
        *,
        qos: int = 0,
        retain: bool = False,
        absolute: bool = False,
    ) -> None:
        """Publish now or not at all.

        Args:
            topic: below the base topic.
            value: bytes and text are sent as they are, anything else as JSON.
            qos: 0, 1 or 2.
            retain: whether the broker retains it.
            absolute: whether `topic` is not below the base topic.

        Raises:
            Unavailable: the application is not connected.
            InvalidArgument: `value` cannot be written as JSON.
        """
        full = self._full(topic, absolute=absolute)
        self._client.publish(full, _payload(value), qos=qos, retain=retain)

    def event(self, name: str, /, **values: Any) -> None:
        """Publish an event of this service: ``services/<name>/event/<event>``.

        Raises:
            Unavailable: the application is not connected.
            TopicError: the application has no name.
        """
        self._client.publish(self._own.event(name), _payload(values))

    def player(self, player_id: str, *, timeout: float = CALL_TIMEOUT) -> Player:
        """Return a player, whose procedures are methods.

        Raises:
            TopicError: `player_id` is not 32 lowercase hexadecimal digits.
        """
        return Player(self._client, self._topics.player(player_id), timeout)

    def player_async(self, player_id: str, *, timeout: float = CALL_TIMEOUT) -> AsyncPlayer:
        """Return a player whose procedures are awaited.

        Raises:
            TopicError: `player_id` is not 32 lowercase hexadecimal digits.
        """
        return AsyncPlayer(self._client, self._topics.player(player_id), timeout)

    def service(self, name: str, *, timeout: float = CALL_TIMEOUT) -> Service:
        """Return a service, whose procedures are methods.

        Raises:
            TopicError: `name` is not ``[a-z0-9_-]{1,64}``.
        """
        return Service(self._client, self._topics.service(name), timeout)

    @property
    def players(self) -> Players:
        """The players and their states; complete a moment after the start (`Players.settle`)."""
        if self._players is None:
            self._players = Players(self._client, self._topics)
            self._players.start()
        return self._players

    def start(self, timeout: float = START_TIMEOUT) -> Awaitable[None]:
        """Connect, and return once connected; in an ``async`` function, ``await`` it.

        Args:
            timeout: seconds to wait for the broker; 0 does not wait.

        Raises:
            Unavailable: the broker is unreachable or refuses; the application is stopped.
        """
        if _in_task():
            self._begin()
            return self._started(timeout)
        self._start(timeout)
        return _Done()

    def stop(self) -> Awaitable[None]:
        """Publish ``offline``, disconnect, and end `run`; in an ``async`` function, ``await`` it.

        You can start it again.
        """
        self._ended.set()
        if _in_task():
            return self._client.stop_async()
        self._client.stop()
        return _Done()

    def run(self) -> None:
        """Serve until SIGINT, SIGTERM or `stop`, or until another program takes over the name.

        The broker may start later.
        """
        if not logging.getLogger().handlers:
            logs.set_up(self._name or "client", "info")
        before = {}
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                before[number] = signal.signal(number, lambda *_: self._ended.set())
        self._start(timeout=0)
        try:
            self._ended.wait()
        finally:
            self._client.stop()
            for number, handler in before.items():
                signal.signal(number, handler)

    def __enter__(self) -> Self:
        self._start(START_TIMEOUT)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._client.stop()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.stop()

    def _begin(self) -> None:
        self._ended.clear()
        self._client.start()

    def _start(self, timeout: float) -> None:
        self._begin()
        if timeout <= 0:
            return
        try:
            self._client.wait(timeout)
        except BaseException:
            self._client.stop()
            raise

    async def _started(self, timeout: float) -> None:
        if timeout <= 0:
            return
        try:
            await self._client.wait_async(timeout)
        except BaseException:
            await asyncio.shield(self._client.stop_async())
            raise

    @property
    def _own(self) -> Callee:
        if self._callee is None:
            raise TopicError(
                "only an application with a name offers procedures: Application('name')"
            )
        return self._callee

    def _offer(self, name: str, function: Procedure) -> None:
        if self._own:
            self._procedures.add(name, function)

    def _full(self, topic: str, *, absolute: bool) -> str:
        return topic if absolute else f"{self._topics.base}/{topic}"

    def _notify(self, name: Signal) -> None:
        for function in self._handlers[name]:
            put(self._client, "signals", guarded(function))

    def _replaced(self) -> None:
        log.error("another program runs as %r: stopping", self._name)
        self._ended.set()


class _Done:
    """An awaitable that is done."""

    def __await__(self) -> Generator[Any, Any, None]:
        return
        yield


def _in_task() -> bool:
    """Return whether the caller is a task, which can await."""
    try:
        return asyncio.current_task() is not None
    except RuntimeError:
        return False


def _payload(value: Any) -> bytes | str:
    if isinstance(value, bytes | str):
        return value
    try:
        return write_json(value)
    except ValueError as error:
        raise InvalidArgument(f"the value {error}") from None


def _client_id(name: str) -> str:
    """Return the client id of a service: the broker lets only one client use it."""
    client_id = f"service-{name}"
    if len(client_id) <= _MAX_CLIENT_ID:
        return client_id
    return f"service-{hashlib.sha256(name.encode()).hexdigest()[:32]}"
