"""The checks of the settings by their keys: what a value must be, apart from its type."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from zapette.errors import SettingsError, TopicError
from zapette.protocol.topics import check_base
from zapette_broker.errors import SettingsError as LimitsError
from zapette_broker.limits import Limits
from zapette_server.errors import HostNameError
from zapette_server.hosts import Hosts, read_names
from zapette_server.storage.opening import SQLITE
from zapette_server.trusted_proxies import TrustedProxies


def _file(key: str, value: Path | None) -> None:
    if value is not None and not value.is_file():
        raise SettingsError(key, f"there is no file {value}")


def _folder(key: str, value: Path) -> None:
    try:
        nearest = next(each for each in (value, *value.parents) if each.exists())
    except PermissionError:
        return
    except OSError as error:
        raise SettingsError(key, str(error.strerror)) from None
    if not nearest.is_dir():
        raise SettingsError(key, f"{nearest} is not a folder")


def _port(key: str, value: int) -> None:
    if not 1 <= value <= 65535:
        raise SettingsError(key, f"{value} is not a port (1 to 65535)")


def _further_port(key: str, value: int) -> None:
    if value != 0:
        _port(key, value)


def _bind(key: str, value: str) -> None:
    try:
        ip_address(value)
    except ValueError:
        raise SettingsError(key, f"{value!r} is not an IP address") from None


def _proxy(key: str, value: str) -> None:
    try:
        TrustedProxies.read(value)
    except ValueError as error:
        raise SettingsError(key, str(error)) from None


def _hosts(key: str, value: str) -> None:
    try:
        read_names(value)
    except HostNameError as error:
        raise SettingsError(key, f"{error} such as tv.example or *.home.example") from None


def _url(*schemes: str) -> Callable[[str, str], None]:
    def check(key: str, value: str) -> None:
        if not value:
            return
        try:
            parts = urlsplit(value)
            good = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
            Hosts.of(value)
        except ValueError:
            good = False
        if not good or parts.query or parts.fragment or parts.username:
            raise SettingsError(key, f"{value!r} is not a URL of the form {schemes[0]}://host/")

    return check


def _topic(key: str, value: str) -> None:
    try:
        check_base(value)
    except TopicError as error:
        raise SettingsError(key, str(error)) from None


def _limits(key: str, value: str) -> None:
    try:
        Limits.from_text(value)
    except LimitsError as error:
        raise SettingsError(key, str(error)) from None


def _lifetime(key: str, value: int) -> None:
    if value < 60:
        raise SettingsError(key, f"{value} is less than 60 seconds")


def _range(least: int, most: int) -> Callable[[str, int], None]:
    def check(key: str, value: int) -> None:
        if not least <= value <= most:
            raise SettingsError(key, f"{value} is not a number from {least} to {most}")

    return check


def _word(*words: str) -> Callable[[str, str], None]:
    def check(key: str, value: str) -> None:
        if value not in words:
            raise SettingsError(key, f"{value!r} is none of {', '.join(words)}")

    return check


def _encoder(key: str, value: str) -> None:
    if not re.fullmatch(r"auto|libx264|h264_[a-z0-9]+", value):
        raise SettingsError(key, f"{value!r} is none of auto, libx264, h264_vaapi, h264_nvenc, ...")


def _database(key: str, value: str) -> None:
    # without the value in the error: it may hold a password
    try:
        parts = urlsplit(value)
        good = value == SQLITE or (
            parts.scheme == "postgresql" and len(parts.path) > 1 and parts.port != 0
        )
    except ValueError:
        good = False
    if not good:
        raise SettingsError(
            key,
            "it is neither sqlite nor a URL of the form postgresql://user:password@host:5432/name",
        )


CHECKS: Final[Mapping[str, Callable[[str, Any], None]]] = {
    "http_port": _port,
    "mqtt_port": _port,
    "ws_port": _further_port,
    "mqtts_port": _further_port,
    "bind": _bind,
    "public_url": _url("http", "https"),
    "public_ws_url": _url("ws", "wss"),
    "allowed_hosts": _hosts,
    "trusted_proxy": _proxy,
    "tls_cert": _file,
    "tls_key": _file,
    "database": _database,
    "library": _word("let_in", "open"),
    "new_players": _word("local", "ask", "open"),
    "base_topic": _topic,
    "limits": _limits,
    "token_lifetime": _lifetime,
    "convert": _word("auto", "never"),
    "convert_at_once": _range(1, 64),
    "convert_cache": _range(16, 1 << 20),
    "convert_height": _range(120, 4320),
    "encoder": _encoder,
    "uploads_max": _range(0, 1 << 24),
    "uploads_hours": _range(1, 720),
    "photo_seconds": _range(1, 3600),
    "home_assistant": _word("integration", "core", "both", "none"),
    "discovery_prefix": _topic,
    "forget_after_days": _range(0, 3650),
    "log_level": _word("auto", "debug", "info", "warning", "error"),
    "ca_file": _file,
    "data_dir": _folder,
}
"""Each is given a key and its value, and raises `SettingsError` if the value cannot be."""
