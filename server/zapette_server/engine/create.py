"""Makes the engine that the settings name; NATS's packages are needed for NATS only."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from zapette.errors import SettingsError
from zapette_server.access.credentials import Keyring
from zapette_server.engine.embedded import EmbeddedEngine
from zapette_server.engine.engine import Engine, Tokens
from zapette_server.errors import KeyFileError
from zapette_server.settings.settings import Settings

if TYPE_CHECKING:
    from zapette_server.nats.cluster.cluster_keys import ClusterKeys
    from zapette_server.storage.tables.grants import Grants
    from zapette_server.storage.tables.player_registry import PlayerRegistry


def create_engine(
    settings: Settings, keyring: Keyring, registry: PlayerRegistry, grants: Grants
) -> Engine:
    """Return the engine of the web side; the caller starts and stops it.

    Raises:
        SettingsError: the cluster's keys cannot be used, or NATS's packages are missing.
    """
    if not settings.broker.is_nats:
        return EmbeddedEngine(keyring)
    with _needed():
        from zapette_server.nats.nats_engine import NatsEngine  # noqa: PLC0415 - an optional extra
        from zapette_server.nats.node_link import NAME  # noqa: PLC0415 - an optional extra

        return NatsEngine(
            settings.broker,
            keyring,
            _keys(settings),
            registry.endings(),
            grants,
            settings.token_lifetime,
            f"{NAME} {socket.gethostname()}:{settings.http_port}",
            settings.ca_file,
        )


def create_tokens(settings: Settings, keyring: Keyring) -> Tokens:
    """Return what issues tokens of the server and the household, for programs without the stores.

    Raises:
        SettingsError: the cluster's keys cannot be used, or NATS's packages are missing.
    """
    if not settings.broker.is_nats:
        return keyring
    with _needed():
        from zapette_server.nats.tokens import NatsTokens  # noqa: PLC0415 - an optional extra

        return NatsTokens(keyring, _keys(settings), lambda *_: 0)


def cluster_keys(settings: Settings) -> ClusterKeys:
    """Return the keys of the cluster that the settings name.

    Raises:
        SettingsError: they cannot be used, or NATS's packages are missing.
    """
    with _needed():
        return _keys(settings)


@contextmanager
def _needed() -> Iterator[None]:
    """Say what to install or to correct."""
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in {"nats", "nacl"}:
            raise
        raise SettingsError(
            "broker.kind", "nats needs further packages: pip install 'zapette[nats]'"
        ) from error
    except KeyFileError as error:
        raise SettingsError("broker.keys", str(error)) from error


def _keys(settings: Settings) -> ClusterKeys:
    from zapette_server.nats.cluster.cluster_keys import ClusterKeys  # noqa: PLC0415 - an optional extra

    if settings.broker.keys is None:
        raise SettingsError("broker.keys", "it is needed")
    return ClusterKeys.load(settings.broker.keys)
