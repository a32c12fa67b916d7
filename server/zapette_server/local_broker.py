"""Where the broker is for a script or a command on this machine, and by which account."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from zapette.errors import SettingsError
from zapette.mqtt.url import BrokerUrl
from zapette_broker.storage.store_errors import StoreError
from zapette_server.settings import DEFAULT_FILE, Settings, load
from zapette_server.storage.data_folder import HOME, DataFolder


def find_broker(environment: Mapping[str, str]) -> BrokerUrl:
    """Return the broker that the environment names.

    That is ``ZAPETTE_URL``, or else the broker of this machine's settings, by the account ``home``
    of its data folder.

    Raises:
        SettingsError: a setting is wrong, or there is neither a URL nor a data folder.
        StoreError: the data folder cannot be read.
    """
    url = environment.get("ZAPETTE_URL")
    if url:
        return BrokerUrl.parse(url)
    return local_broker(find_settings(environment))


def find_settings(environment: Mapping[str, str]) -> Settings:
    """Return this machine's settings.

    Raises:
        SettingsError: a setting is wrong.
    """
    return load(settings_file(environment), environment)


def local_broker(settings: Settings) -> BrokerUrl:
    """Return the broker that runs on this machine with `settings`, by the account ``home``.

    Raises:
        SettingsError: there is no data folder, so nothing ever ran here with these settings.
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
    return broker_here(settings, HOME, DataFolder.open(settings.data_dir).home_password)


def broker_here(settings: Settings, username: str, password: str | None = None) -> BrokerUrl:
    """Return the broker that runs on this machine with `settings`, by an account."""
    host = local_host(settings)
    return BrokerUrl("mqtt", host, settings.mqtt_port, username=username, password=password)


def local_host(settings: Settings) -> str:
    """Return the address by which this machine reaches what listens on `settings.bind`."""
    anywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared, not bound
    return anywhere.get(settings.bind, settings.bind)


def settings_file(environment: Mapping[str, str], given: Path | None = None) -> Path | None:
    """Return the settings file: the one given, else ``ZAPETTE_CONFIG``, else the project's own."""
    named = environment.get("ZAPETTE_CONFIG")
    if given is not None or named:
        return given or Path(str(named))
    return DEFAULT_FILE if DEFAULT_FILE.exists() else None
