"""The embedded MQTT broker: MQTT 3.1.1 and 5 over TCP and WebSocket, in amqtt's frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from broker.access.acl import Rights, Rule
    from broker.access.authenticator import Authenticator, ConnectRequest, Grant
    from broker.broker import Broker
    from broker.errors import BrokerError, SettingsError
    from broker.limits import Limits
    from broker.storage.store_errors import StoreError

__all__ = [
    "Authenticator",
    "Broker",
    "BrokerError",
    "ConnectRequest",
    "Grant",
    "Limits",
    "Rights",
    "Rule",
    "SettingsError",
    "StoreError",
]

_MODULES = {
    "Authenticator": "broker.access.authenticator",
    "Broker": "broker.broker",
    "BrokerError": "broker.errors",
    "ConnectRequest": "broker.access.authenticator",
    "Grant": "broker.access.authenticator",
    "Limits": "broker.limits",
    "Rights": "broker.access.acl",
    "Rule": "broker.access.acl",
    "SettingsError": "broker.errors",
    "StoreError": "broker.storage.store_errors",
}


def __getattr__(name: str) -> Any:
    """Import a name on demand: a program that only opens a store needs no broker."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415

    return getattr(import_module(_MODULES[name]), name)
