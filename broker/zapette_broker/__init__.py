"""The embedded MQTT broker: MQTT 3.1.1 and 5 over TCP and WebSocket, in amqtt's frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zapette_broker.access.acl import Rights, Rule
    from zapette_broker.access.authenticator import Authenticator, ConnectRequest, Grant
    from zapette_broker.broker import Broker
    from zapette_broker.errors import BrokerError, SettingsError
    from zapette_broker.limits import Limits
    from zapette_broker.storage.store_errors import StoreError

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
    "Authenticator": "zapette_broker.access.authenticator",
    "Broker": "zapette_broker.broker",
    "BrokerError": "zapette_broker.errors",
    "ConnectRequest": "zapette_broker.access.authenticator",
    "Grant": "zapette_broker.access.authenticator",
    "Limits": "zapette_broker.limits",
    "Rights": "zapette_broker.access.acl",
    "Rule": "zapette_broker.access.acl",
    "SettingsError": "zapette_broker.errors",
    "StoreError": "zapette_broker.storage.store_errors",
}


def __getattr__(name: str) -> Any:
    """Import a name on demand: a program that only opens a store needs no broker."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415

    return getattr(import_module(_MODULES[name]), name)
