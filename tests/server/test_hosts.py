"""Which hosts are ours."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zapette.errors import SettingsError
from zapette_server.hosts import Hosts, host_name
from zapette_server.settings.settings import Settings

HOSTS = Settings(
    public_url="https://Home.Example:8443/zap/",
    public_ws_url="wss://mqtt.example/",
    allowed_hosts="tv.lan, *.maison.example télé.example",
).hosts


@pytest.mark.parametrize(
    "authority",
    [
        "127.0.0.1",
        "192.168.1.5:8000",
        "8.8.8.8",
        "[::1]",
        "[::1]:8000",
        "[FE80::1]:8000",
        "[::ffff:192.168.1.5]",
        "localhost",
        "LocalHost.:8000",
        "localhost:",
        "raspberry.local",
        "TV.Salon.Local.:80",
        "home.example",
        "HOME.example.:8443",
        "mqtt.example",
        "tv.lan:65535",
        "salon.maison.example",
        "a.b.maison.example",
        "xn--tl-bjab.example",
    ],
)
def test_ours(authority: str) -> None:
    assert HOSTS.allows(authority)


@pytest.mark.parametrize(
    "authority",
    [
        "",
        "evil.example",
        "evil.example:8000",
        "local",
        "localhost.evil.example",
        "localhost.localdomain",
        "127.0.0.1.evil.example",
        "192.168.1.5.nip.io",
        "evil-local",
        "local.evil.example",
        "xlocal",
        "home.example.evil.example",
        "xhome.example",
        "sub.home.example",
        "maison.example",
        "xmaison.example",
        "0x7f.1",
        "2130706433",
        "127.1",
        "127.0.0.1:65536",
        "127.0.0.1:80:80",
        "user@localhost",
        "localhost,evil.example",
        "localhost, localhost",
        "localhost evil.example",
        "localhost/",
        "localhost..",
        ".local",
        "-.local",
        "::1",
        "[::1",
        "[localhost]",
        "[::1]evil.example",
        "[fe80::1%25eth0]",
        "[v1.x]",
        "loc\u0430lhost",
        "localhost\n",
    ],
)
def test_not_ours(authority: str) -> None:
    assert not HOSTS.allows(authority)


LABEL = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9_-]{0,20}[A-Za-z0-9])?", fullmatch=True)
PORT = st.one_of(st.just(""), st.integers(0, 65535).map(lambda it: f":{it}"))


@given(st.ip_addresses(), PORT)
def test_every_ip_address_is_answered(address: object, port: str) -> None:
    text = f"[{address}]" if ":" in str(address) else str(address)
    assert Hosts().allows(text + port)


@given(st.lists(LABEL, min_size=1, max_size=4), PORT, st.sampled_from(["", "."]))
def test_of_names_only_local_ones_are_answered(labels: list[str], port: str, dot: str) -> None:
    name = ".".join(labels)
    assert Hosts().allows(f"{name}.local{dot}{port}")
    assert not Hosts().allows(f"{name}.example{dot}{port}")
    assert not Hosts().allows(f"localhost.{name}.example{dot}{port}")
    assert Hosts.of(f"http://{name}/").allows(name.upper() + dot + port)


@given(st.text(max_size=60))
def test_any_text_is_ours_or_not(text: str) -> None:
    name = host_name(text)
    if name is None:
        assert not Hosts().allows(text)
    else:
        assert host_name(name) == name
        assert Hosts().allows(text) == Hosts().allows(name)


@pytest.mark.parametrize(
    ("origin", "host", "allowed"),
    [
        ("http://192.168.1.5:8000", "192.168.1.5:8083", True),
        ("http://192.168.1.9:8123", "192.168.1.5:8083", True),
        ("http://localhost:8000", "localhost:8083", True),
        ("https://home.example", "home.example", True),
        ("https://home.example", "127.0.0.1:8083", True),
        ("http://tv.local", "192.168.1.5", True),
        ("http://[fd00::1]:8000", "[fd00::1]:8083", True),
        ("http://203.0.113.9:8000", "203.0.113.9:8083", True),
        ("http://8.8.4.4:8000", "8.8.4.4:8083", True),
        ("http://8.8.8.8", "192.168.1.5:8083", False),
        ("http://[2606:4700::1]", "192.168.1.5:8083", False),
        ("http://[::ffff:8.8.8.8]", "192.168.1.5:8083", False),
        ("http://evil.example", "192.168.1.5:8083", False),
        ("https://evil.example:8000", "evil.example:8083", False),
        ("null", "192.168.1.5:8083", False),
        ("", "192.168.1.5:8083", False),
        ("file://", "192.168.1.5:8083", False),
        ("chrome-extension://abcdef", "192.168.1.5:8083", False),
        ("ftp://localhost", "localhost", False),
        ("http://localhost@evil.example", "localhost", False),
        ("http://localhost/evil", "localhost", False),
        ("http://localhost http://evil.example", "localhost", False),
        ("http://evil.example#localhost", "localhost", False),
    ],
)
def test_origins(origin: str, host: str, allowed: bool) -> None:
    assert HOSTS.allows_origin(origin, host) == allowed


@pytest.mark.parametrize("text", ["a b/c", "http://x", "-x", "x:80", "*", "*.", "a*.b", "a..b"])
def test_names_that_are_none(text: str) -> None:
    with pytest.raises(SettingsError, match="is not a host name"):
        Settings(allowed_hosts=text)
