"""What is known of brokers other than ours: what the bridge needs of a home's broker."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from zapette.client.client import Client
from zapette.errors import CallError
from zapette.mqtt.subscriptions import Message
from zapette_cli.doctor.findings import Finding, bad, doubtful, good
from zapette_cli.language import Text
from zapette_server.settings.settings import Settings

_VERSION: Final = "$SYS/broker/version"
_DUPLICATING: Final = "mosquitto version 2.1"
_TELLS: Final = 1.0


@dataclass(frozen=True, slots=True)
class OtherBroker:
    """What a broker does.

    Attributes:
        version: what it says of itself; empty if nothing.
        retains: whether a subscriber with a wildcard gets a retained message.
    """

    version: str
    retains: bool


def findings(broker: OtherBroker) -> Iterator[Finding]:
    """Check that a home's broker does what the bridge and Home Assistant need."""
    if not broker.retains:
        yield bad(
            "home_broker",
            Text(
                "that broker sends no retained messages to wildcard filters, like RabbitMQ",
                "ce broker ne donne pas les messages retenus pour les jokers, comme RabbitMQ",
            ),
            Text(
                "Home Assistant would not find players after a restart: use Mosquitto, EMQX, or "
                "Zapette's own broker; let the account publish and subscribe below zapette/",
                "Home Assistant ne retrouverait pas les lecteurs après un redémarrage\u202f: "
                "prenez Mosquitto, EMQX ou le broker de Zapette\u202f; laissez le compte publier "
                "et s\u2019abonner sous zapette/",
            ),
        )
    if broker.version.startswith(_DUPLICATING):
        yield doubtful(
            "home_broker",
            Text(
                "{version} may deliver a message twice to overlapping subscriptions",
                "{version} peut livrer un message deux fois à des abonnements qui se recouvrent",
            ).filled(version=broker.version),
            Text(
                "the bridge and Home Assistant tolerate that; in scripts, avoid overlapping "
                "filters in one client",
                "le pont et Home Assistant s\u2019en accommodent\u202f; dans les scripts, évitez "
                "que deux filtres d\u2019un même client se recouvrent",
            ),
        )
    elif broker.version and broker.retains:
        yield good("home_broker", broker.version)


def gather(client: Client, settings: Settings, timeout: float) -> OtherBroker:
    """Return what a connected client finds out about its broker; it leaves nothing behind.

    Args:
        client: connected with the bridge's account.
        settings: says below which topics that account may publish.
        timeout: seconds to wait for an answer.
    """
    below = f"{settings.bridge.prefix}/" if settings.bridge.prefix else ""
    services = f"{below}{settings.base_topic}/services"
    probe = f"{services}/doctor-{secrets.token_hex(4)}/availability"
    found, told = threading.Event(), threading.Event()
    version: list[str] = []

    def on_version(message: Message) -> None:
        version.append(message.payload.decode(errors="replace"))
        told.set()

    def on_probe(message: Message) -> None:
        if message.topic == probe and message.retained:
            found.set()

    client.subscribe(_VERSION, on_version, qos=0)
    try:
        client.publish(probe, b"offline", qos=1, retain=True)
        client.subscribe(f"{services}/+/availability", on_probe)
        retains = found.wait(timeout)
        client.publish(probe, b"", qos=1, retain=True)
    except CallError:
        retains = False
    # many brokers say nothing of themselves
    told.wait(min(timeout, _TELLS))
    return OtherBroker(version[0] if version else "", retains)
