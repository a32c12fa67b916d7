"""Whether every part of the system works, as ``/healthz`` tells it."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from typing import Any, Final

from zapette.checks import Check, Checks
from zapette.client import Client
from zapette.config import Settings
from zapette.errors import CallError
from zapette.home import local_host
from zapette.topics import Topics

_CONNECT_TIMEOUT: Final = 1.0
_BROKER_TIMEOUT: Final = 3.0
_BROKER: Final = "broker"


def create_checks(settings: Settings, service_is_live: Callable[[], bool]) -> Checks:
    """Return the checks that every web side has; stores and others are added to them.

    Args:
        settings: say where the parts listen.
        service_is_live: whether the server's own MQTT client is connected.
    """
    checks = Checks()
    checks.add("web", lambda: None)
    checks.add("broker_mqtt", _listens(settings, settings.mqtt_port))
    checks.add("broker_websocket", _listens(settings, settings.ws_port))
    checks.add("service", lambda: None if service_is_live() else "not connected to the broker")
    return checks


def checks_of_broker(service: Client, topics: Topics) -> Callable[[], Mapping[str, str | None]]:
    """Return what asks the broker how its stores and tasks are (docs/protocol.md).

    Each of its parts has ``broker_`` before its name; ``broker`` is whether it answers.
    """
    callee = topics.service(_BROKER)

    def ask() -> dict[str, str | None]:
        if not service.is_live:
            return {_BROKER: "not connected"}
        try:
            answer = service.call(callee, "health", timeout=_BROKER_TIMEOUT)
        except CallError as error:
            return {_BROKER: f"it does not say how it is: {error.message}"}
        return {_BROKER: None} | _parts(answer)

    return ask


def _parts(answer: Any) -> dict[str, str | None]:
    if not isinstance(answer, dict):
        return {_BROKER: "it did not answer with an object"}
    return {
        f"{_BROKER}_{name}": None if problem is None else str(problem)
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
