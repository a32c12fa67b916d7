"""The web side on a broker that is not ours: a plain Mosquitto."""

from __future__ import annotations

import os
from pathlib import Path

from tests.programs.mosquitto import Mosquitto
from tests.programs.system import System
from zapette.mqtt.url import BrokerUrl


class SystemOnMosquitto(System):
    """``zapette web`` with a Mosquitto that lets everybody in where our broker would be."""

    def __init__(self, folder: Path, settings: dict[str, str] | None = None) -> None:
        super().__init__(folder, settings or {}, command="web")
        self.mosquitto = Mosquitto(folder)
        self.mqtt_port, self.ws_port = self.mosquitto.port, self.mosquitto.ws_port

    def start(self) -> System:
        """Start both."""
        self.mosquitto.start()
        try:
            return super().start()
        except BaseException:
            self.mosquitto.stop()
            raise

    def stop(self) -> int:
        """Stop both."""
        try:
            return super().stop()
        finally:
            self.mosquitto.stop()

    def household(self) -> BrokerUrl:
        """Return the broker, which asks for no account."""
        return self.mosquitto.url


def is_foreign() -> bool:
    """Tell whether the systems that tests share are to be on a plain Mosquitto."""
    return os.environ.get("TEST_BROKER") == "mosquitto"


def keep_alive_slack() -> float:
    """Return by how many seconds the broker of these systems may miss that a client fell silent.

    Mosquitto looks for such clients every five seconds.
    """
    return 5.0 if is_foreign() else 0.0


def shared_system(folder: Path, settings: dict[str, str] | None = None) -> System:
    """Return a system for several tests: with ``TEST_BROKER=mosquitto`` on a plain Mosquitto."""
    kind = SystemOnMosquitto if is_foreign() else System
    return kind(folder, settings or {})
