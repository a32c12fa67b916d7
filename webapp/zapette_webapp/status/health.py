"""``/healthz`` and the checks behind it."""

from __future__ import annotations

import socket
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

from flask import Blueprint, Response, jsonify

from zapette.client.client import Client
from zapette.errors import CallError
from zapette.mqtt.subscriptions import Message
from zapette.protocol.topics import Callee
from zapette_broker.transports.handover import reachable
from zapette_server.handover_socket import handover_socket, websocket_port
from zapette_server.health_checks import Check, Checks
from zapette_server.local_broker import local_host
from zapette_server.settings.settings import Settings
from zapette_webapp.http.responses import security_headers

_CONNECT_TIMEOUT: Final = 1.0
_BROKER_TIMEOUT: Final = 3.0

BROKER: Final = "broker"
"""The name of our broker's service."""

BRIDGE: Final = "bridge"
"""The name of the bridge's service."""


def blueprint(checks: Checks) -> Blueprint:
    """Return the route ``/healthz``."""
    health = Blueprint("health", __name__)
    health.after_request(security_headers.no_store)

    @health.get("/healthz")
    def healthz() -> tuple[Response, HTTPStatus]:
        found = checks.run()
        problems = {name: why for name, why in found.items() if why is not None}
        is_ready = not any(map(checks.is_vital, problems))
        body = {
            "status": "ok" if is_ready else "unavailable",
            "parts": {name: "down" if name in problems else "up" for name in found},
            "problems": problems,
        }
        return jsonify(body), HTTPStatus.OK if is_ready else HTTPStatus.SERVICE_UNAVAILABLE

    return health


def create_checks(
    settings: Settings, service_is_live: Callable[[], bool], cluster: Check
) -> Checks:
    """Return the checks that need no store; the caller adds others.

    Args:
        settings: the addresses of the parts.
        service_is_live: whether the server's own MQTT client is connected.
        cluster: checks the cluster, if the broker is one.
    """
    checks = Checks()
    checks.add("web", lambda: None)
    if settings.broker.is_nats:
        checks.add("broker_cluster", cluster)
    else:
        checks.add("broker_mqtt", _listens(settings, settings.mqtt_port))
        checks.add("broker_websocket", _takes_websockets(settings))
    checks.add("service", lambda: None if service_is_live() else "not connected to the broker")
    return checks


class BrokerChecks:
    """The broker's report on its stores and tasks (docs/protocol.md); empty for a foreign broker.

    The name of each part starts with ``broker_``; ``broker`` shows whether the broker answers.

    Args:
        service: the server's own MQTT client.
        callee: the service of our broker.
    """

    def __init__(self, service: Client, callee: Callee) -> None:
        self._service = service
        self._callee = callee
        self._is_ours = False

    def start(self) -> None:
        """Find out whether the broker is ours; start the client first."""
        self._service.subscribe(self._callee.availability, self._on_availability)

    def __call__(self) -> dict[str, str | None]:
        """Return by name why a part does not work, or None; takes three seconds at most."""
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
        # Only our broker has this service; with another, each check would time out.
        self._is_ours = True


class BridgeCheck:
    """Whether the bridge runs and is connected to the home's broker.

    Args:
        service: the server's own MQTT client.
        callee: the service of the bridge.
    """

    def __init__(self, service: Client, callee: Callee) -> None:
        self._service = service
        self._callee = callee
        self._is_at_work = False

    def start(self) -> None:
        """Subscribe to the bridge's availability; start the client first."""
        self._service.subscribe(self._callee.availability, self._on_availability)

    def __call__(self) -> str | None:
        """Return why the bridge does not work, or None; takes three seconds at most."""
        if not self._is_at_work:
            return "it cannot connect to the home's broker, or does not run; see its log"
        try:
            answer = self._service.call(self._callee, "status", timeout=_BROKER_TIMEOUT)
        except CallError as error:
            return f"it does not report its status: {error.message}"
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


def _takes_websockets(settings: Settings) -> Check:
    handover, port = handover_socket(settings.data_dir), websocket_port(settings)
    if port or handover is None:
        return _listens(settings, port)

    def problem() -> str | None:
        try:
            with socket.socket(socket.AF_UNIX) as link, reachable(handover) as name:
                link.settimeout(_CONNECT_TIMEOUT)
                link.connect(name)
        except OSError as error:
            return f"the broker accepts no WebSockets: {error.strerror or error}"
        return None

    return problem


def _listens(settings: Settings, port: int) -> Check:
    def problem() -> str | None:
        try:
            socket.create_connection((local_host(settings), port), _CONNECT_TIMEOUT).close()
        except OSError as error:
            return f"nothing answers on port {port}: {error.strerror or error}"
        return None

    return problem
