"""This project's broker as it runs at home: with tokens, rights and limits on."""

from __future__ import annotations

import importlib.metadata
import sys
from pathlib import Path

from bench.broker_load.mqtt import Transport
from bench.broker_load.names import TOPICS, Login, Person, player_id
from bench.broker_load.servers.server import ROOT, Server
from zapette.credentials import Keyring, Role
from zapette.data_folder import HOME, DataFolder
from zapette.registry import Registry


class Ours(Server):
    """``zapette broker`` on a data folder of its own."""

    name = "ours"
    title = "ours"

    def __init__(self, transport: Transport, folder: Path, core: int, mqtt_version: int) -> None:
        super().__init__(transport, folder, core, mqtt_version)
        self._data: DataFolder | None = None
        self._generations: dict[int, str] = {}

    def configure(self) -> None:
        """Make the data folder."""
        self._data = DataFolder.open(self.folder / "data")

    def command(self) -> list[str]:
        """Return the command of the broker."""
        return [sys.executable, "-m", "zapette", "broker"]

    def environment(self) -> dict[str, str]:
        """Return the settings."""
        return {
            "PYTHONPATH": str(ROOT),
            "ZAPETTE_BIND": "127.0.0.1",
            "ZAPETTE_MQTT_PORT": str(self.ports["tcp"]),
            "ZAPETTE_WS_PORT": str(self.ports["ws"]),
            "ZAPETTE_DATA_DIR": str(self.folder / "data"),
            "ZAPETTE_LOG_LEVEL": "warning",
        }

    def login(self, person: Person) -> Login:
        """Return the credentials of a client: a signed token, except for the household's."""
        data = self._opened
        if person.role == "home":
            return Login(person.client_id, HOME, data.home_password)
        role = Role(person.role)
        player = "" if role is Role.SERVER else player_id(person.home)
        # a player that is not registered is let in no more than its remote
        generation = "" if role is Role.SERVER else self._generation(person.home)
        token, _ = Keyring(data.secret, TOPICS).issue(role, person.client_id, player, generation)
        return Login(person.client_id, role.value, token)

    def _generation(self, home: int) -> str:
        """Return the generation of the codes of a home, whose player is registered first."""
        if home not in self._generations:
            registry = Registry(self._opened.registry)
            try:
                self._generations[home] = registry.claim(player_id(home))
            finally:
                registry.close()
        return self._generations[home]

    @property
    def _opened(self) -> DataFolder:
        if self._data is None:
            raise RuntimeError("there is no data folder yet")
        return self._data

    @classmethod
    def version(cls) -> str:
        """Return the version of this project."""
        return importlib.metadata.version("zapette")
