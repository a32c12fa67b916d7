"""Finding the broker: from the environment, or from the server on this machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.metadata import entry_points
from pathlib import Path
from typing import Final, Protocol

from zapette.errors import SettingsError
from zapette.mqtt.url import BrokerUrl

GROUP: Final = "zapette.home"
"""The entry points by which a server offers its settings: ``(environment) -> Home``."""


class Home(Protocol):
    """The settings of a program on the broker.

    Attributes:
        base_topic: the base topic.
        ca_file: certificates to trust for ``mqtts`` and ``wss``; None for the system's.
        renewed_password: gives the password for each connection, if it does not last.
    """

    @property
    def base_topic(self) -> str: ...  # noqa: D102
    @property
    def ca_file(self) -> Path | None: ...  # noqa: D102
    @property
    def renewed_password(self) -> Callable[[], str] | None: ...  # noqa: D102

    def brokers(self) -> list[BrokerUrl]:
        """Return the broker and the account on it; several if it has several nodes.

        Raises:
            SettingsError: no broker is set, and none runs on this machine.
        """


class NamedHome:
    """Settings from the environment: ``ZAPETTE_URL`` and two more."""

    renewed_password: Callable[[], str] | None = None

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._url = environment.get("ZAPETTE_URL")
        self.base_topic = environment.get("ZAPETTE_BASE_TOPIC") or "zapette"
        ca_file = environment.get("ZAPETTE_CA_FILE")
        self.ca_file = Path(ca_file) if ca_file else None

    def brokers(self) -> list[BrokerUrl]:
        """Return the broker that ``ZAPETTE_URL`` names, or its nodes."""
        if not self._url:
            raise SettingsError("ZAPETTE_URL", "not set; set it to mqtt://NAME:PASSWORD@HOST")
        return BrokerUrl.parse_all(self._url)


def find_home(environment: Mapping[str, str]) -> Home:
    """Return the settings from this machine's server, or else from the environment.

    Raises:
        SettingsError: a setting is wrong.
    """
    for entry in entry_points(group=GROUP):
        home: Home = entry.load()(environment)
        return home
    return NamedHome(environment)
