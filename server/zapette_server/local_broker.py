"""The broker and the account for scripts and commands on this machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from zapette.errors import SettingsError
from zapette.mqtt.url import BrokerUrl
from zapette.protocol.topics import Topics
from zapette_broker.storage.store_errors import StoreError
from zapette_server.access.credentials import Keyring
from zapette_server.access.rights import Role
from zapette_server.engine.create import create_tokens
from zapette_server.paths import SETTINGS_FILE
from zapette_server.settings.settings import Settings
from zapette_server.settings.sources import load
from zapette_server.storage.data_folder import HOME, DataFolder

_PROGRAM_LIFETIME: Final = 3600


@dataclass(frozen=True, slots=True)
class LocalHome:
    """This machine's settings, for a program of the household.

    Attributes:
        settings: the settings of this machine.
        url: the broker in the environment; None for the local one.
    """

    settings: Settings
    url: str | None

    @property
    def base_topic(self) -> str:
        """The first levels of every topic except discovery."""
        return self.settings.base_topic

    @property
    def ca_file(self) -> Path | None:
        """Certificates to trust; None for the system's."""
        return self.settings.ca_file

    @property
    def renewed_password(self) -> Callable[[], str] | None:
        """Gives the password for each connection, if it is a token that ends."""
        if self.url or not self.settings.broker.is_nats:
            return None
        return lambda: home_password(self.settings, DataFolder.open(self.settings.data_dir))

    def brokers(self) -> list[BrokerUrl]:
        """Return the broker in the environment, or the local one with the account ``home``.

        It is several if it has several nodes.

        Raises:
            SettingsError: there is neither a URL nor a data folder.
            StoreError: the data folder cannot be read.
        """
        return BrokerUrl.parse_all(self.url) if self.url else local_brokers(self.settings)


def find_home(environment: Mapping[str, str]) -> LocalHome:
    """Return the home from this machine's settings and ``ZAPETTE_URL``.

    Raises:
        SettingsError: a setting is wrong.
    """
    settings = load(settings_file(environment), environment)
    return LocalHome(settings, environment.get("ZAPETTE_URL"))


def local_brokers(settings: Settings) -> list[BrokerUrl]:
    """Return the local broker of `settings`, or its nodes, with the account ``home``.

    Raises:
        SettingsError: there is no data folder, so that nothing has run with these settings.
        StoreError: the data folder cannot be read.
    """
    try:
        known = (settings.data_dir / "secret").exists()
    except PermissionError as error:
        raise StoreError(f"data folder {settings.data_dir}: {error.strerror}") from error
    if not known:
        raise SettingsError(
            "ZAPETTE_URL",
            f"it is not set, and there is no data folder {settings.data_dir} of a Zapette that "
            "runs here; set it to mqtt://NAME:PASSWORD@HOST:1883",
        )
    folder = DataFolder.open(settings.data_dir)
    return brokers_here(settings, HOME, home_password(settings, folder))


def home_password(
    settings: Settings, folder: DataFolder, lifetime: float = _PROGRAM_LIFETIME
) -> str:
    """Return the password of the account ``home``; on a cluster, it is a token.

    Args:
        settings: the settings of this machine.
        folder: the data folder.
        lifetime: of the token, in seconds.

    Raises:
        SettingsError: the cluster's keys cannot be used.
    """
    if not settings.broker.is_nats:
        return folder.home_password
    keyring = Keyring(folder.secret, Topics(settings.base_topic, settings.discovery_prefix))
    tokens = create_tokens(settings, keyring)
    return tokens.issue(Role.HOUSEHOLD, HOME, lifetime=lifetime)[0]


def brokers_here(settings: Settings, username: str, password: str | None = None) -> list[BrokerUrl]:
    """Return the broker of `settings` with an account, or all nodes of a cluster."""
    if settings.broker.is_nats:
        return settings.broker.programs(username, password)
    host = local_host(settings)
    return [BrokerUrl("mqtt", host, settings.mqtt_port, username=username, password=password)]


def local_host(settings: Settings) -> str:
    """Return the address by which this machine reaches what listens on `settings.bind`."""
    anywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared, not bound
    return anywhere.get(settings.bind, settings.bind)


def settings_file(environment: Mapping[str, str], given: Path | None = None) -> Path | None:
    """Return the settings file: the given one, that of ``ZAPETTE_CONFIG``, or the default."""
    named = environment.get("ZAPETTE_CONFIG")
    if given is not None or named:
        return given or Path(str(named))
    return SETTINGS_FILE if SETTINGS_FILE.exists() else None
