"""The system that tests share: on our broker, or on the one that ``TEST_BROKER`` names."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from paho.mqtt.enums import MQTTProtocolVersion

from tests.programs.mosquitto_system import SystemOnMosquitto
from tests.programs.system import System
from tests.programs.two_web_sides import TwoWebSides

needs_mqtt_5: Final = pytest.mark.not_on_nats("it speaks MQTT 3.1.1")
"""Marks tests of what only MQTT 5 has, such as response topics."""

_KINDS: Final[dict[str, Callable[[Path, dict[str, str]], System]]] = {
    "": System,
    "mosquitto": SystemOnMosquitto,
    "nats": TwoWebSides,
}


def _broker() -> str:
    return os.environ.get("TEST_BROKER", "")


def is_foreign() -> bool:
    """Tell whether these systems are to be on a plain Mosquitto."""
    return _broker() == "mosquitto"


def lacking() -> list[str]:
    """Return the markers of tests that these systems' broker cannot pass."""
    return {"mosquitto": ["ours"], "nats": ["not_on_nats"]}.get(_broker(), [])


def version() -> MQTTProtocolVersion:
    """Return the MQTT version that these systems speak at best."""
    return MQTTProtocolVersion.MQTTv311 if _broker() == "nats" else MQTTProtocolVersion.MQTTv5


def keep_alive_slack() -> float:
    """Return by how many seconds the broker of these systems may miss that a client fell silent.

    Mosquitto looks for such clients every five seconds.
    """
    return 5.0 if is_foreign() else 0.0


def shared_system(folder: Path, settings: dict[str, str] | None = None) -> System:
    """Return a system for several tests."""
    return _KINDS[_broker()](folder, settings or {})
