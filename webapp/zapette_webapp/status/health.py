"""Whether every part of the system works, as ``/healthz`` tells it."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any, Final

from zapette.client.client import Client
from zapette.errors import CallError
from zapette.mqtt.subscriptions import Message
from zapette.protocol.topics import Callee
from zapette_server.checks import Check, Checks
from zapette_server.local_broker import local_host
from zapette_server.settings import Settings

_CONNECT_TIMEOUT: Final = 1.0
_BROKER_TIMEOUT: Final = 3.0

BROKER: Final = "broker"
"""The service that our broker is."""

BRIDGE: Final = "bridge"
"""The service that the bridge is."""


def create_checks(settings: Settings, service_is_live: Callable[[], bool]) -> Checks:
    """Return the checks that every web side has; the caller adds stores and others.

    Args:
        settings: where the parts listen.
        service_is_live: whether the server's own MQTT client is connected.
    """
    checks = Checks()
    checks.add("web", lambda: None)
    checks.add("broker_mqtt", _listens(settings, settings.mqtt_port))
    checks.add("broker_websocket", _listens(settings, settings.ws_port))
    checks.add("service", lambda: None if service_is_live() else "not connected to the broker")
    return checks


class BrokerChecks:
    """What the broker says of its stores and tasks (docs/protocol.md); nothing if it is not ours.

    The name of each part starts with ``broker_``; ``broker`` is whether the broker answers.

    Args:
        service: the server's own MQTT client.
        callee: the service that our broker is.
    """

    def __init__(self, service: Client, callee: Callee) -> None:
        self._service = service
        self._callee = callee
        self._is_ours = False

    def start(self) -> None:
        """Find out whose broker it is; the client has to be started."""
        self._service.subscribe(self._callee.availability, self._on_availability)

    def __call__(self) -> dict[str, str | None]:
        """Return why a part does not work, None for one that does; in three seconds at most."""
        if not self._service.is_live:
            return {BROKER: "not connected"}
        if not self._is_ours:
            return {}
        try:
            answer = self._service.call(self._callee, "health", timeout=_BROKER_TIMEOUT)
        except CallError as error:
            return {BROKER: f"it does not report its health: {error.message}"}
        return {BROKER: None} | _parts(answer)

    def _on_availability(self, _message: Message) -> None:
        # no other broker has such a service, and a plain one would let each check time out
        self._is_ours = True


class BridgeCheck:
    """Whether the bridge is at work and connected to the home's broker.

    Args:
        service: the server's own MQTT client.
        callee: the service that the bridge is.
    """

    def __init__(self, service: Client, callee: Callee) -> None:
        self._service = service
        self._callee = callee
        self._is_at_work = False

    def start(self) -> None:
        """Begin to listen to the bridge; the client has to be started."""
        self._service.subscribe(self._callee.availability, self._on_availability)

    def __call__(self) -> str | None:
        """Return why nothing is bridged, None if all is; in three seconds at most."""
        if not self._is_at_work:
            return "it does not get in at the home's broker, or is not there; its log says more"
        try:
            answer = self._service.call(self._callee, "status", timeout=_BROKER_TIMEOUT)
        except CallError as error:
            return f"it does not say how it is: {error.message}"
        is_linked = isinstance(answer, dict) and answer.get("connected") is True
        return None if is_linked else "it is not connected to the home's broker"

    def _on_availability(self, message: Message) -> None:
        self._is_at_work = message.payload == b"online"


def _parts(answer: Any) -> dict[str, str | None]:
    if not isinstance(answer, dict):
        return {BROKER: "it did not answer with an object"}
    return {
        f"{BROKER}_{name}": None if problem is None else str(problem)
        for name, problem in answer.items()
    }


def _listens(settings: Settings, port: int) -> Check:
    def problem() -> str | None:
        try:
            socket.create_connection((local_host(settings), port), _CONNECT_TIMEOUT).close()
        except OSError as error:
            return f"nobody answers on port {port}: {error.strerror or error}"
        return None

    return problem
