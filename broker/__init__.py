"""The embedded MQTT broker: MQTT 3.1.1 and 5 over TCP and WebSocket, in amqtt's frame."""

from broker.access import Rights, Rule
from broker.authenticator import Authenticator, ConnectRequest, Grant
from broker.errors import BrokerError, SettingsError, StoreError
from broker.limits import Limits
from broker.server import Broker

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
