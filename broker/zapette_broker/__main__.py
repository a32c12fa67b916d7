"""Runs the broker alone: ``python -m zapette_broker -c FILE``, an amqtt configuration in YAML."""

from __future__ import annotations

import argparse
import logging
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

from amqtt.contexts import BrokerConfig
from amqtt.errors import AMQTTError, BrokerError, PluginError, PluginLoadError
from amqtt.utils import read_yaml_config

from zapette_broker.broker import Broker
from zapette_broker.errors import SettingsError
from zapette_broker.limits import Limits
from zapette_broker.running import run_loop, set_by_signals
from zapette_broker.storage.store_errors import StoreError
from zapette_broker.transports.descriptors import allow_many_files


def main(arguments: list[str] | None = None) -> int:
    """Run until SIGINT or SIGTERM; return the exit status, 2 for a wrong configuration."""
    parser = argparse.ArgumentParser(prog="python -m zapette_broker", description=__doc__)
    parser.add_argument("-c", "--config", type=Path, required=True, metavar="FILE")
    parser.add_argument("-d", "--debug", action="store_true", help="log more, client ids included")
    options = parser.parse_args(arguments)
    logging.basicConfig(
        level=logging.DEBUG if options.debug else logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
    )
    logging.getLogger("transitions").setLevel(logging.WARNING)
    try:
        config, limits, store = read_config(options.config)
        run_loop(_serve(config, limits, store))
    except (
        BrokerError,
        StoreError,
        AMQTTError,
        PluginError,
        PluginLoadError,
        ValueError,
        OSError,
    ) as error:
        sys.stderr.write(f"broker: {error}\n")
        return 2
    return 0


def read_config(path: Path) -> tuple[dict[str, Any], Limits, Path | None]:
    """Read a configuration file: amqtt's, a section ``limits``, and the file ``store``."""
    try:
        config = read_yaml_config(path)
    except (OSError, ValueError) as error:
        raise SettingsError(str(path), f"cannot be read: {error}") from error
    if not isinstance(config, dict):
        raise SettingsError(str(path), "is not a mapping in YAML")
    for name in config:
        if name not in _SECTIONS:
            raise SettingsError(str(name), f"there is no such section in {path}")
    store = config.pop("store", None)
    if store is not None and not isinstance(store, str):
        raise SettingsError("store", "is not the name of a file")
    limits = Limits.from_mapping(config.pop("limits", None) or {})
    return config, limits, None if store is None else path.parent / store


_SECTIONS: Final = frozenset(
    {"auth", "topic-check", "store", "limits", *(each.name for each in fields(BrokerConfig))}
)


async def _serve(config: dict[str, Any], limits: Limits, store: Path | None) -> None:
    allow_many_files()
    stop = set_by_signals()
    broker = Broker(config, limits=limits, store=store)
    await broker.start()
    try:
        await stop.wait()
    finally:
        await broker.shutdown()


if __name__ == "__main__":
    sys.exit(main())
