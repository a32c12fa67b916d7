"""What the scripts about persistence are told to use: a store that they cannot look into.

Such a script names the module that writes its configuration and looks into the broker's file. Here
nothing is looked at, since every broker has a file of its own kind; what clients see after a
restart is what counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

dir_in, dir_out = 0, 1
ms_wait_for_pubrec, ms_queued = 5, 11


def write_config(
    filename: str, port: int, additional_config_entries: Mapping[str, object] | None = None
) -> None:
    """Write a configuration with a listener for everybody, and persistence in the same folder."""
    lines = [f"listener {port}", "allow_anonymous true", "persistence true"]
    lines += [f"persistence_file mosquitto-{port}.db"]
    lines += [f"{name} {value}" for name, value in (additional_config_entries or {}).items()]
    Path(filename).write_text("\n".join(lines) + "\n")


def init(port: int, create_db_of_version: object = None) -> None:
    """Begin without anything kept."""
    del create_db_of_version
    Path(f"mosquitto-{port}.db").unlink(missing_ok=True)


def cleanup(port: int) -> int:
    """Remove what was kept; return 0, for it cannot fail."""
    init(port)
    return 0


def _nothing(*_: object, **__: object) -> int:
    return 1


check_base_msg = check_client = check_client_msg = check_counts = _nothing
check_retain = check_subscription = check_version_infos = check_will = _nothing
