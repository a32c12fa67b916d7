"""A running Home Assistant in a folder of its own: offline, on loopback, connected over MQTT."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import signal
import sqlite3
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jwt

from tests.homeassistant import python
from tests.homeassistant.driving.api_socket import Socket
from tests.homeassistant.driving.entities import Entities
from tests.programs.ports import free_ports
from tests.programs.processes import ending_with_us
from tests.waiting import eventually
from zapette.mqtt.url import BrokerUrl

_CONFIGURATION = """\
homeassistant:
  name: Home
  time_zone: UTC
  internal_url: http://127.0.0.1:{port}
  media_dirs: {{local: {media}}}
api:
websocket_api:
config:
diagnostics:
repairs:
media_source:
recorder:
  commit_interval: 0
logger:
  default: warning
  logs: {{custom_components.zapette: debug}}
{more}
"""


@dataclass
class Instance:
    """One Home Assistant.

    Attributes:
        folder: its configuration.
        broker: the one broker that it has.
        more: further lines of its configuration.yaml.
        protocol: the version of MQTT.
    """

    folder: Path
    broker: BrokerUrl
    more: str = ""
    protocol: str = "5"
    process: subprocess.Popen[bytes] | None = None
    socket: Socket | None = None
    jwt_key: str = field(default_factory=lambda: secrets.token_hex(32))

    def __post_init__(self) -> None:
        (self.port,) = free_ports(1)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.media = self.folder / "films"
        self.media.mkdir(exist_ok=True)
        configuration = _CONFIGURATION.format(port=self.port, media=self.media, more=self.more)
        (self.folder / "configuration.yaml").write_text(configuration)
        integration = "custom_components/zapette"
        shutil.copytree(
            python.ROOT / integration,
            self.folder / integration,
            ignore=shutil.ignore_patterns("__pycache__"),
        )
        storage = self.folder / ".storage"
        storage.mkdir()
        for key, version, data in (
            ("auth", (1, 1), self._auth()),
            ("core.config_entries", (1, 1), {"entries": [self._mqtt_entry()]}),
            ("http", (2, 2), self._http()),
            (
                "onboarding",
                (4, 1),
                {"done": ["user", "core_config", "analytics", "integration"]},
            ),
        ):
            document = {
                "version": version[0], "minor_version": version[1], "key": key, "data": data,
            }  # fmt: skip
            (storage / key).write_text(json.dumps(document))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        file = self.folder / "output.log"
        return file.read_text() if file.exists() else ""

    @property
    def token(self) -> str:
        now = int(time.time())
        claims = {"iss": "token", "iat": now, "exp": now + 86400}
        return jwt.encode(claims, self.jwt_key, algorithm="HS256")

    @property
    def api(self) -> Socket:
        assert self.socket is not None
        return self.socket

    def start(self) -> Instance:
        """Start it, and wait until it has started all of its parts."""
        with (self.folder / "output.log").open("ab") as output:
            self.process = subprocess.Popen(
                ending_with_us(
                    python.command("homeassistant", "--config", str(self.folder), "--skip-pip")
                ),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                # elsewhere it would find the integration of the checkout, not the installed one
                cwd=self.folder,
                env=python.environment(),
            )
        try:
            eventually(self._is_running, "Home Assistant runs", timeout=90, every=0.1)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.log}") from error
        self.socket = Socket(self.url.replace("http", "ws", 1) + "/api/websocket", self.token)
        return self

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self.socket is not None:
            self.socket.close()
            self.socket = None
        if self.process is not None:
            # the whole session: Python may run behind something that only changes its root
            os.killpg(self.process.pid, how)
            self.process.wait(60)
            self.process = None

    def stored(self, key: str) -> str:
        """Return what it has written down under a key; some things it writes only after seconds."""
        file = self.folder / ".storage" / key
        return file.read_text() if file.exists() else ""

    def rest(self, method: str, path: str, body: object = None) -> Any:
        """Call the HTTP API and return its answer."""
        request = urllib.request.Request(
            f"{self.url}/api/{path}",
            data=None if body is None else json.dumps(body).encode(),
            method=method,
            headers={
                "Authorization": f"Bearer {self.token}",
                "Content-Type": "application/json",
            },
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read())

    def states(self, domain: str = "") -> dict[str, dict[str, Any]]:
        """Return the states of all entities of a domain, by entity id."""
        return {
            state["entity_id"]: state
            for state in self.api.ask("get_states")
            if state["entity_id"].startswith(domain)
        }

    def state(self, entity_id: str) -> dict[str, Any]:
        """Return the state of an entity; one that says ``gone`` if there is none."""
        return self.states().get(entity_id, {"state": "gone", "attributes": {}})

    def do(self, action: str, entity_id: str, **data: Any) -> Any:
        """Perform an action on an entity, as a dashboard does."""
        domain, _, service = action.partition(".")
        return self.api.ask(
            "call_service",
            domain=domain,
            service=service,
            service_data=data,
            target={"entity_id": entity_id},
        )

    def offers(self) -> dict[str, str]:
        """Return the players that are offered as discovered, flow id by title."""
        return {
            flow["context"]["title_placeholders"]["name"]: flow["flow_id"]
            for flow in self.api.ask("config_entries/flow/progress")
            if flow["handler"] == "zapette"
        }

    def accept(self, name: str) -> str:
        """Add a player that is offered, with one click; return its config entry's id.

        The second of one name is offered as ``name 2``.
        """
        numbered = re.compile(rf"{re.escape(name)}( \d+)?")

        def offered() -> str | None:
            offers = self.offers()
            return next((flow for it, flow in offers.items() if numbered.fullmatch(it)), None)

        flow = eventually(offered, f"{name} is offered", timeout=20)
        answer = self.rest("POST", f"config/config_entries/flow/{flow}", {})
        assert answer["type"] == "create_entry", answer
        return str(answer["result"]["entry_id"])

    def devices(self) -> dict[str, str]:
        """Return the devices that the integration has, player id by device id."""
        return {
            device["id"]: player_id
            for device in self.api.ask("config/device_registry/list")
            for domain, player_id in device["identifiers"]
            if domain == "zapette"
        }

    def entities(self, player_id: str) -> list[str]:
        """Return the ids of a player's entities."""
        devices = self.devices()
        return [
            str(entity["entity_id"])
            for entity in self.api.ask("config/entity_registry/list")
            if devices.get(entity["device_id"]) == player_id
        ]

    def seen(self, player_id: str) -> Entities:
        """Return what is shown of a player that was added, by its id."""
        (found,) = [it for it in self.entities(player_id) if it.startswith("media_player.")]
        return Entities(self, found.removeprefix("media_player."))

    def writes(self, entity_id: str) -> int:
        """Return how many states of an entity the recorder has kept."""
        with sqlite3.connect(
            f"file:{self.folder / 'home-assistant_v2.db'}?mode=ro", uri=True
        ) as database:
            (count,) = database.execute(
                "SELECT COUNT(*) FROM states JOIN states_meta USING (metadata_id) "
                "WHERE states_meta.entity_id = ?",
                (entity_id,),
            ).fetchone()
        database.close()
        return int(count)

    def _is_running(self) -> bool:
        if self.process is not None and self.process.poll() is not None:
            raise AssertionError(f"Home Assistant ended with {self.process.returncode}")
        try:
            return bool(self.rest("GET", "config")["state"] == "RUNNING")
        except (OSError, urllib.error.URLError, ValueError):
            return False

    def _http(self) -> dict[str, Any]:
        # in configuration.yaml it would be on trial, and taken back after five minutes
        stable = {
            "server_host": ["127.0.0.1"],
            "server_port": self.port,
            "cors_allowed_origins": [],
            "login_attempts_threshold": -1,
            "ip_ban_enabled": False,
            "ssl_profile": "modern",
            "use_x_frame_options": True,
            "created_at": datetime.now(UTC).isoformat(),
            "error": None,
            "error_message": None,
        }
        return {"stable": stable, "pending": None, "yaml_migration_done": True}

    def _mqtt_entry(self) -> dict[str, Any]:
        data: dict[str, Any] = {
            "broker": self.broker.host,
            "port": self.broker.port,
            "protocol": self.protocol,
            "client_id": f"home-assistant-{self.port}",
        }
        if self.broker.username is not None:
            data |= {"username": self.broker.username, "password": self.broker.password}
        return {
            "entry_id": "mqtt",
            "domain": "mqtt",
            "title": "MQTT",
            "version": 2,
            "minor_version": 1,
            "source": "user",
            "data": data,
            "options": {"discovery": True, "discovery_prefix": "homeassistant"},
        }

    def _auth(self) -> dict[str, Any]:
        created = datetime.now(UTC).isoformat()
        return {
            "users": [
                {
                    "id": "owner",
                    "group_ids": ["system-admin"],
                    "is_owner": True,
                    "is_active": True,
                    "name": "Owner",
                    "system_generated": False,
                    "local_only": False,
                }
            ],
            "groups": [],
            "credentials": [],
            "refresh_tokens": [
                {
                    "id": "token",
                    "user_id": "owner",
                    "client_id": None,
                    "client_name": "tests",
                    "client_icon": None,
                    "token_type": "long_lived_access_token",
                    "created_at": created,
                    "access_token_expiration": 86400.0,
                    "token": secrets.token_hex(64),
                    "jwt_key": self.jwt_key,
                    "last_used_at": None,
                    "last_used_ip": None,
                    "expire_at": None,
                    "credential_id": None,
                    "version": None,
                }
            ],
        }
