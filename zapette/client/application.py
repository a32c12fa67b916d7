"""An application: it offers procedures, handles messages, and calls others."""

from __future__ import annotations

import logging
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from zapette import logs
from zapette.client.broker_discovery import find_home
from zapette.client.calls.caller import Caller, payload_of
from zapette.client.calls.procedures import Procedure, Procedures
from zapette.client.client import Client
from zapette.client.handlers import SIGNALS, Signal, Subscriber, guarded, put
from zapette.client.runner import Runner
from zapette.client.service import public_methods
from zapette.errors import TopicError
from zapette.mqtt.dialing import Timing
from zapette.mqtt.subscriptions import Message
from zapette.mqtt.url import BrokerUrl
from zapette.protocol.topics import Callee, Topics, check_base, service_client_id

log = logging.getLogger("zapette.application")

F = TypeVar("F", bound=Callable[..., Any])

START_TIMEOUT: Final = 10.0
"""The default time-out of `Application.start`, in seconds."""


class Application(Caller):
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
            url: the broker and the account, of several nodes separated by commas; ``ZAPETTE_URL``
                or this machine's settings if None.
            base_topic: the base topic; this machine's setting if None.
            timing: the time-outs of the connection.
            ca_file: certificates to trust for ``mqtts`` and ``wss``, in PEM; ``ZAPETTE_CA_FILE`` or
                this machine's setting if None, else the system's.

        Raises:
            TopicError: `name` is not of that form.
            SettingsError: the URL or a setting is wrong, or there is none.
            StoreError: the data folder of this machine cannot be read.
        """
        where = BrokerUrl.parse_all(url, "url") if isinstance(url, str) else [url] if url else []
        if base_topic is not None:
            check_base(base_topic)
        password = None
        if not where or base_topic is None or ca_file is None:
            home = find_home(os.environ)
            base_topic = base_topic or home.base_topic
            ca_file = ca_file or home.ca_file
            if not where:
                where, password = home.brokers(), home.renewed_password
        topics = Topics(base_topic)
        self._name = name
        self._procedures = Procedures()
        self._handlers: dict[str, list[Callable[..., Any]]] = {each: [] for each in SIGNALS}
        self._callee = topics.service(name) if name is not None else None
        client = Client(
            *where,
            client_id=service_client_id(name) if name is not None else None,
            password=password,
            callee=self._callee,
            procedures=self._procedures,
            timing=timing,
            ca_file=Path(ca_file) if ca_file else None,
        )
        client.on_live = lambda: self._notify("joined")
        client.on_lost = lambda _: self._notify("left")
        client.on_replaced = self._replaced
        super().__init__(client, topics)
        self._runner = Runner(client)

    @property
    def name(self) -> str | None:
        """The service's name; None if it offers nothing."""
        return self._name

    def register(self, name: str | None = None) -> Callable[[F], F]:
        """Offer the function below as a procedure, by its own name or as `name`.

        Its arguments are checked against its type hints (`zapette.client.calls.arguments`).

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

    def event(self, name: str, /, **values: Any) -> None:
        """Publish an event of this service: ``services/<name>/event/<event>``.

        Raises:
            Unavailable: the application is not connected.
            TopicError: the application has no name.
        """
        self._client.publish(self._own.event(name), payload_of(values))

    def start(self, timeout: float = START_TIMEOUT) -> Awaitable[None]:
        """Connect, and return once connected; in an ``async`` function, ``await`` it.

        Args:
            timeout: seconds to wait for the broker; 0 does not wait.

        Raises:
            Unavailable: the broker is unreachable or refuses; the application is stopped.
        """
        return self._runner.start(timeout)

    def stop(self) -> Awaitable[None]:
        """Publish ``offline``, disconnect, and end `run`; in an ``async`` function, ``await`` it.

        You can start it again.
        """
        return self._runner.stop()

    def run(self) -> None:
        """Serve until SIGINT, SIGTERM or `stop`, or until another program takes over the name.

        The broker may start later.
        """
        if not logging.getLogger().handlers:
            logs.set_up(self._name or "client", "info")
        self._runner.run()

    def __enter__(self) -> Self:
        self._runner.start_blocking(START_TIMEOUT)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._runner.stop_blocking()

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

    def _notify(self, name: Signal) -> None:
        for function in self._handlers[name]:
            put(self._client, "signals", guarded(function))

    def _replaced(self) -> None:
        log.error("another program runs as %r: stopping", self._name)
        self._runner.end()
