"""What a program or a command imports before it does anything: a small computer waits for it."""

from __future__ import annotations

import subprocess
import sys

import pytest

_SERVER = {"flask", "waitress", "amqtt", "sqlite3", "mqtt5", "psutil", "argon2", "click"}
# the settings check the broker's limits, whose errors are amqtt's
_OF_COMMANDS = {"argon2", "click", "amqtt"}
_AMQTT = {"amqtt.broker", "zapette_broker.broker"}


@pytest.mark.parametrize(
    ("imported", "never"),
    [
        ("zapette", {*_SERVER, "zapette_server", "zapette_broker"}),
        ("zapette_cli.program", {*_SERVER - _OF_COMMANDS, *_AMQTT, "uvloop", "zapette_webapp"}),
    ],
)
def test_only_what_is_needed_is_imported(imported: str, never: set[str]) -> None:
    code = f"import sys, {imported}; print(*sys.modules)"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not never & set(ended.stdout.split())
