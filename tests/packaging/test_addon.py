"""Home Assistant's add-on, by the rules that its Supervisor checks a configuration with."""

from __future__ import annotations

import importlib.util
import json
import re
import threading
import tomllib
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import pytest
import yaml

from zapette_server.paths import ROOT
from zapette_server.settings.sources import load

ADDON: Final = ROOT / "addon" / "zapette"
PORT: Final = re.compile(r"\d{1,5}(/(tcp|udp))?")
ELEMENT: Final = re.compile(
    r"(str|int|float|device)(\([^)]*\))?\??|(bool|email|url|password|port)\??"
    r"|(match|list)\(.*\)\??"
)
VOLUMES: Final = {
    "data", "config", "ssl", "addons", "backup", "share", "media", "homeassistant_config",
    "all_addon_configs", "addon_config",
}  # fmt: skip


def text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def flag(value: object) -> bool:
    return isinstance(value, bool)


def one_of(*known: str) -> Callable[[object], bool]:
    return lambda value: value in known


def every(check: Callable[[Any], bool]) -> Callable[[object], bool]:
    return lambda value: isinstance(value, list) and bool(value) and all(map(check, value))


def volume(value: Any) -> bool:
    return value.keys() <= {"type", "read_only", "path"} and value["type"] in VOLUMES


def matches(pattern: str) -> Callable[[object], bool]:
    return lambda value: isinstance(value, str) and re.fullmatch(pattern, value) is not None


NEEDED: Final[dict[str, Callable[[Any], bool]]] = {
    "name": text, "version": text, "slug": matches(r"[-_.A-Za-z0-9]+"), "description": text,
    "arch": every(one_of("aarch64", "amd64")),
}  # fmt: skip
KNOWN: Final[dict[str, Callable[[Any], bool]]] = NEEDED | {
    "url": matches(r"https?://.+"),
    "startup": one_of("initialize", "system", "services", "application", "once"),
    "boot": one_of("auto", "manual", "manual_only"),
    "init": flag, "host_network": flag, "ingress": flag, "ingress_stream": flag,
    "panel_admin": flag, "panel_title": text, "panel_icon": matches(r"mdi:[a-z-]+"),
    "ingress_port": lambda it: type(it) is int and 0 <= it < 65536,
    "services": every(matches(r"(mqtt|mysql):(provide|want|need)")),
    "map": every(volume), "backup": one_of("hot", "cold"),
    "watchdog": matches(r"(https?|\[PROTO:\w+\]|tcp)://\[HOST\]:(\[PORT:\d+\]|\d+).*"),
    "ports": lambda it: all(PORT.fullmatch(str(port)) for port in it),
    "options": lambda it: isinstance(it, dict),
    "schema": lambda it: all(ELEMENT.fullmatch(each) for each in it.values()),
}  # fmt: skip


def faults(config: dict[str, Any]) -> list[str]:
    """Return the keys that are missing, unknown or wrong."""
    return [
        *(key for key in NEEDED if key not in config),
        *(key for key, value in config.items() if key not in KNOWN or not KNOWN[key](value)),
    ]


@pytest.fixture(scope="module")
def config() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ADDON / "config.yaml").read_text())
    return found


@pytest.fixture(scope="module")
def start() -> ModuleType:
    spec = importlib.util.spec_from_file_location("addon_start", ADDON / "start.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_configuration_follows_the_rules(config: dict[str, Any]) -> None:
    assert faults(config) == []
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert config["version"] == project["version"]
    assert yaml.safe_load((ADDON.parent / "repository.yaml").read_text())["name"]
    wrongs: tuple[dict[str, Any], ...] = (
        {"slug": "a b"}, {"arch": []}, {"schema": {"x": "text"}}, {"colour": "red"},
    )  # fmt: skip
    for wrong in wrongs:
        assert faults(config | wrong) == list(wrong)
    assert faults({}) == list(NEEDED)


def test_each_option_has_a_type_and_words_in_both_languages(config: dict[str, Any]) -> None:
    needed = {name for name, kind in config["schema"].items() if not kind.endswith("?")}
    assert needed <= config["options"].keys() <= config["schema"].keys()
    for language in ("en", "fr"):
        words = yaml.safe_load((ADDON / "translations" / f"{language}.yaml").read_text())
        assert words["configuration"].keys() == config["schema"].keys()
        for each in words["configuration"].values():
            assert each.keys() == {"name", "description"}
            assert all(map(text, each.values()))


def test_what_the_store_shows_is_there() -> None:
    for file in ("README.md", "DOCS.md", "Dockerfile"):
        assert (ADDON / file).read_text().strip()
    head = (ADDON / "icon.png").read_bytes()[:24]
    assert head.startswith(b"\x89PNG")
    assert (int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")) == (128, 128)


def test_the_options_become_settings(config: dict[str, Any], start: ModuleType) -> None:
    given = start.settings(config["options"], None)
    settings = load(None, given)
    assert (settings.http_port, settings.mqtt_port) == (config["ingress_port"], 1884)
    assert settings.trusted_proxy == "172.30.32.2"
    assert settings.hosts.allows("abc.ui.nabu.casa")
    assert settings.bridge.url == ""
    broker = {"host": "core-mosquitto", "port": 1883, "username": "addons", "password": "p@/:"}
    bridged = load(None, start.settings(config["options"] | {"public_url": None}, broker))
    assert bridged.bridge.url == "mqtt://addons:p%40%2F%3A@core-mosquitto:1883"
    assert bridged.public_url == ""


class Supervisor(BaseHTTPRequestHandler):
    """Knows a broker, for those who have the token."""

    def do_GET(self) -> None:
        is_asked = self.path == "/services/mqtt"
        is_known = self.headers["Authorization"] == "Bearer right" and is_asked
        self.send_response(200 if is_known else 400)
        self.end_headers()
        self.wfile.write(json.dumps({"result": "ok", "data": {"host": "it"}}).encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Say nothing."""


def test_the_supervisor_is_asked_for_the_broker(
    start: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    with HTTPServer(("127.0.0.1", 0), Supervisor) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        assert start.home_broker(url, "right") == {"host": "it"}
        assert start.home_broker(url, "wrong") is None
        server.shutdown()
    assert "no home's broker" in capsys.readouterr().err


def test_the_image_has_what_it_copies() -> None:
    """`make addon` makes what the Dockerfile copies from next to it."""
    copied = re.findall(r"^COPY (.+) \S+$", (ADDON / "Dockerfile").read_text(), re.MULTILINE)
    made = (ROOT / "Makefile").read_text()
    for each in " ".join(copied).split():
        assert (ADDON / each).exists() or f"build/addon/zapette/{each}" in made or each in made
    assert Path(ROOT / "requirements-ffmpeg.lock").exists()
