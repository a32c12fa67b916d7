"""Settings: where they come from, and how a wrong one is refused."""

from __future__ import annotations

import errno
from dataclasses import fields
from pathlib import Path

import pytest

from zapette.errors import SettingsError
from zapette_broker.limits import Limits
from zapette_cli.processes.part import environment
from zapette_cli.processes.ports import cannot_listen, check_ports
from zapette_server.paths import SETTINGS_FILE
from zapette_server.settings.bridge_settings import BridgeSettings
from zapette_server.settings.settings import Settings
from zapette_server.settings.sources import load


def test_the_file_of_the_project_says_the_defaults() -> None:
    assert load(SETTINGS_FILE, {}) == Settings()
    text = SETTINGS_FILE.read_text()
    for table, settings in (("", Settings()), ("[bridge]", BridgeSettings())):
        below = text[text.index(table) :]
        for field in fields(settings):
            assert f"\n{field.name} = " in below or f"\n[{field.name}]\n" in below


def test_options_win_over_the_environment_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "zapette.toml"
    file.write_text('http_port = 1\nmqtt_port = 1\nws_port = 1\nmedia_dir = "films"\n')
    given = {"ZAPETTE_MQTT_PORT": "2", "ZAPETTE_WS_PORT": "2", "ZAPETTE_URL": "x", "HOME": "y"}
    settings = load(file, given, {"ws_port": 3, "http_port": None})
    assert (settings.http_port, settings.mqtt_port, settings.ws_port) == (1, 2, 3)
    assert settings.media_dir == tmp_path / "films"


def test_a_tilde_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "zapette.toml"
    file.write_text('data_dir = "~/data"\nmedia_dir = "films~"\n')
    settings = load(file, {})
    assert (settings.data_dir, settings.media_dir) == (home / "data", tmp_path / "films~")
    assert load(None, {"ZAPETTE_MEDIA_DIR": "~"}).media_dir == home
    assert load(None, {}, {"media_dir": "~/films"}).media_dir == home / "films"
    assert load(None, {}, {"media_dir": "./~"}).media_dir == tmp_path / "~"
    for text in ("./~", "./~none"):
        file.write_text(f'media_dir = "{text}"\n')
        assert load(file, {}).media_dir == tmp_path / text


def test_another_process_gets_the_same_settings() -> None:
    given = {"http_port": 81, "anonymous": True, "base_topic": "home/tv"}
    bridge = {"bridge.url": "mqtt://h:1", "bridge.password": "a b", "bridge.ca_file": __file__}
    settings = load(None, {}, given | bridge)
    assert settings.bridge.ca_file == Path(__file__)
    assert load(None, environment(settings)) == settings


def test_the_table_of_the_bridge(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("")
    file = tmp_path / "zapette.toml"
    file.write_text('[bridge]\nurl = "mqtts://home.example"\nca_file = "ca.pem"\nuser = "tv"\n')
    variables = {"ZAPETTE_BRIDGE_PASSWORD": "secret", "ZAPETTE_BRIDGE_PREFIX": "tv/one"}
    bridge = load(file, variables).bridge
    assert bridge.ca_file == tmp_path / "ca.pem"
    assert (bridge.broker.port, bridge.broker.username, bridge.broker.password) == (
        8883,
        "tv",
        "secret",
    )
    assert "secret" not in repr(bridge)
    assert "secret" not in repr(bridge.broker)


def test_the_table_of_limits(tmp_path: Path) -> None:
    file = tmp_path / "zapette.toml"
    file.write_text("[limits]\nmax_packet = 1000\nallowed_origins = ['same-host', 'http://é']\n")
    changed = Limits(max_packet=1000, allowed_origins=frozenset({"same-host", "http://é"}))
    settings = load(file, {})
    assert Limits.from_text(settings.limits) == changed
    assert load(None, environment(settings)) == settings
    assert load(file, {"ZAPETTE_LIMITS": "max_packet = 2"}).limits == "max_packet = 2"
    file.write_text("[limits]\nmax_packets = 1000\n")
    with pytest.raises(SettingsError, match=r"limits in .*max_packets: .* mean max_packet\?"):
        load(file, {})


@pytest.mark.parametrize(
    ("text", "key", "reason"),
    [
        ("http_prot = 1", "http_prot", "no such setting"),
        ("http_port = 'x'", "http_port", "not a whole number"),
        ("http_port = true", "http_port", "not a whole number"),
        ("http_port = 0", "http_port", "not a port"),
        ("http_port = 65536", "http_port", "not a port"),
        ("bind = 'localhost'", "bind", "not an IP address"),
        ("public_url = 'example'", "public_url", "not a URL"),
        ("public_url = 'ftp://example/'", "public_url", "not a URL"),
        ("public_url = 'http://example/?a=1'", "public_url", "not a URL"),
        ("public_ws_url = 'http://example/'", "public_ws_url", "not a URL"),
        ("trusted_proxy = 'nginx'", "trusted_proxy", "'nginx' is not an IP address or network"),
        ("trusted_proxy = '::1, 10.4.2.1/8'", "trusted_proxy", "did you mean 10.0.0.0/8"),
        ("trusted_proxy = '0.0.0.0/0'", "trusted_proxy", "every address"),
        ("base_topic = 'a/+'", "base_topic", "not allowed"),
        ("token_lifetime = 1", "token_lifetime", "less than 60"),
        ("log_level = 'loud'", "log_level", "none of"),
        ("[bridge]\nurl = 'x'", "bridge.url", "must begin with mqtt://"),
        ("[bridge]\nurl = 'mqtt://'", "bridge.url", "host is missing"),
        ("[bridge]\nurl = 1", "bridge.url", "not a text"),
        ("[bridge]\nurls = 'x'", "bridge.urls", "no such setting"),
        ("[bridge]\nprefix = 'a/#'", "bridge.prefix", "not allowed"),
        ("[bridge]\nca_file = 'none.pem'", "bridge.ca_file", "no file"),
        ("[bridge]\nurl = 'mqtt://a@h'\nuser = 'b'", "bridge.user", "already"),
        ("[bridge]\npassword = 1", "bridge.password", "the value is not a text"),
        ("bridge = 1", "bridge", "no such setting"),
        ("[[bridge]]\nurl = 'x'", "bridge", "no such setting"),
        ("[http]\nport = 1", "http.port", "no such setting"),
        ("http_port = ", "zapette.toml", "not TOML"),
        ('media_dir = "~\\u0000"', "media_dir", "no path can have"),
        ("media_dir = '~no-such-user/films'", "media_dir", "if it is a name, write ./~no-such"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, text: str, key: str, reason: str) -> None:
    file = tmp_path / "zapette.toml"
    file.write_text(text)
    with pytest.raises(SettingsError, match=reason) as caught:
        load(file, {})
    assert key in caught.value.key
    assert file.name in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [("ZAPETTE_HTTP_PORT", "eighty"), ("ZAPETTE_ANONYMOUS", "perhaps"), ("ZAPETTE_COLOR", "red")],
)
def test_a_wrong_variable_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        load(None, {name: value})


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        load(tmp_path / "none.toml", {})


def test_an_address_of_another_machine_is_no_fault_of_a_port() -> None:
    """No machine has an address of 240.0.0.0/4 (RFC 1112)."""
    with pytest.raises(SettingsError, match=r"bind: 240\.0\.0\.7 is not an address of this"):
        check_ports(Settings(bind="240.0.0.7"))
    taken = cannot_listen(Settings(), "mqtt_port", "MQTT", 1883, OSError(errno.EACCES, "No"))
    assert str(taken).startswith("setting mqtt_port: port 1883 (MQTT) cannot be used: No;")
    assert str(taken).endswith(f"or mqtt_port = PORT in {SETTINGS_FILE}")
