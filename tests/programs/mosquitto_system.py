"""The web side on a broker that is not ours: a plain Mosquitto."""

from __future__ import annotations

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
