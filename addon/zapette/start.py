"""Starts Zapette with the options that Home Assistant's Supervisor has written down."""

from __future__ import annotations

import json
import os
import sys
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

SUPERVISOR: Final = "172.30.32.2"
"""The address from which requests through ingress come."""


def settings(options: Mapping[str, Any], broker: Mapping[str, Any] | None) -> dict[str, str]:
    """Return the settings for the environment.

    Args:
        options: what the user has chosen, by the names of ``config.yaml``.
        broker: the home's broker, as the Supervisor describes it; None if there is none.
    """
    found = {
        "DATA_DIR": "/data/zapette",
        "HTTP_PORT": "8000",
        "MQTT_PORT": str(options["mqtt_port"]),
        "MEDIA_DIR": str(options["media_folder"]),
        "TRUSTED_PROXY": SUPERVISOR,
        "ALLOWED_HOSTS": str(options.get("allowed_hosts") or ""),
        "PUBLIC_URL": str(options.get("public_url") or ""),
    }
    if broker is not None:
        account = ":".join(quote(str(broker[key]), safe="") for key in ("username", "password"))
        scheme = "mqtts" if broker.get("ssl") else "mqtt"
        found["BRIDGE_URL"] = f"{scheme}://{account}@{broker['host']}:{broker['port']}"
    return {f"ZAPETTE_{name}": value for name, value in found.items()}


def home_broker(url: str, token: str) -> dict[str, Any] | None:
    """Ask the Supervisor for the home's broker; None if it knows none.

    Args:
        url: of the Supervisor.
        token: what proves that the add-on asks.
    """
    proof = {"Authorization": f"Bearer {token}"}
    request = urllib.request.Request(f"{url}/services/mqtt", headers=proof)  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            found: dict[str, Any] = json.load(answer)["data"]
            return found
    except (OSError, ValueError, KeyError) as error:
        print(f"no home's broker: {error}", file=sys.stderr)  # noqa: T201
        return None


def main() -> None:
    """Become Zapette."""
    options = json.loads(Path("/data/options.json").read_text(encoding="utf-8"))
    broker = None
    if options["bridge"]:
        broker = home_broker("http://supervisor", os.environ.get("SUPERVISOR_TOKEN", ""))
    os.environ.update(settings(options, broker))
    os.execvp("zapette", ["zapette", "run"])  # noqa: S606, S607


if __name__ == "__main__":
    main()
