"""Each check of ``zapette doctor`` on facts, without a machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path

import pytest

from zapette_cli.doctor import certificate_checks as of
from zapette_cli.doctor import machine_checks as machine
from zapette_cli.doctor import network_checks as net
from zapette_cli.doctor import other_brokers
from zapette_cli.doctor.facts import Certificate, Facts, Firewall, Folder, Network, Port
from zapette_cli.doctor.findings import Finding, as_json, as_text
from zapette_cli.doctor.firewall_rules import nftables, ufw
from zapette_cli.doctor.other_brokers import OtherBroker
from zapette_server.settings.bridge_settings import BridgeSettings
from zapette_server.settings.settings import Settings
from zapette_server.tls.certificate_names import CertificateNames
from zapette_webapp.network.network import Candidate

WIFI = Candidate("192.168.1.5", "wlan0")
WIRE = Candidate("10.0.0.7", "eth0")
VPN = Candidate("10.8.0.2", "tun0", is_tunnel=True)
DOCKER = Candidate("172.17.0.1", "docker0")
SIX = Candidate("2001:db8::5", "eth0")
LINK_LOCAL = Candidate("169.254.3.4", "eth0")
PAGE = "http://192.168.1.5:8000/"
HOME = Facts(
    Settings(),
    ports=(Port("http_port", "pages", 8000, is_open=True),),
    network=Network((WIFI,), WIFI.ip, PAGE),
    folder=Folder(free=1 << 40, total=1 << 41),
)
STOPPED = replace(HOME, is_running=False)

Check = Callable[[Facts], Iterator[Finding]]


def on(*addresses: Candidate, default: str | None = None, refused: tuple[int, ...] = ()) -> Facts:
    return replace(HOME, network=Network(addresses, default, PAGE, refused))


def with_folder(**changes: object) -> Facts:
    return replace(HOME, folder=replace(HOME.folder, **changes))  # type: ignore[arg-type]


def with_settings(**changes: object) -> Facts:
    return replace(HOME, settings=replace(HOME.settings, **changes))  # type: ignore[arg-type]


def with_port(owner: str, *, is_open: bool) -> Facts:
    return replace(STOPPED, ports=(Port("http_port", "pages", 8000, is_open, owner),))


NOW = HOME.now


def met(**changes: object) -> Facts:
    """Return facts with a certificate that phones meet."""
    names = CertificateNames(frozenset({"*.tv.example"}), frozenset({ip_address(WIFI.ip)}))
    plain = Certificate("file", "tls.pem", WIFI.ip, NOW + 3e6, names)
    return replace(HOME, certificates=(replace(plain, **changes),))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("check", "facts", "result", "found", "remedy"),
    [
        (net.ports, HOME, "ok", "8000 (pages)", ""),
        (net.ports, with_port("", is_open=False), "failed", "nothing listens", "start"),
        (net.ports, with_port("nginx (812)", is_open=True), "failed",
         "8000 (pages) is taken by nginx (812)", "ZAPETTE_HTTP_PORT=PORT"),
        (net.ports, with_port("", is_open=True), "failed", "is taken", "another port"),
        (net.address, HOME, "ok", PAGE, ""),
        (net.address, on(), "failed", "no network", "connect this machine"),
        (net.address, replace(HOME, network=Network(others=(SIX,))), "failed",
         "usable IPv4 address", 'bind = "::" (ZAPETTE_BIND)'),
        (net.address, replace(HOME, network=Network(others=(WIFI,))), "failed",
         "usable IPv6 address", 'bind = "0.0.0.0"'),
        (net.address, on(LINK_LOCAL), "failed", "only a link-local address", "DHCP"),
        (net.address, on(DOCKER), "failed", "172.17.0.1 (docker0)", "PUBLIC_URL"),
        (net.address, on(WIFI, DOCKER), "ok", PAGE, ""),
        (net.address, on(WIFI, WIRE), "warning", "also 10.0.0.7 (eth0)", "under the code"),
        (net.address, on(WIFI, refused=(8000,)), "failed", "nothing listens there on 8000",
         "0.0.0.0"),
        (net.address, with_settings(bind="127.0.0.1"), "failed", "cannot reach 127.0.0.1",
         "ZAPETTE_BIND"),
        (net.address, with_settings(public_url="https://tv.example/"), "ok", PAGE, ""),
        (net.route, on(WIFI), "warning", "no default route", "router"),
        (net.route, on(WIFI, VPN, default=VPN.ip), "warning", "a VPN has the default route: tun0",
         "local network"),
        (net.firewall, replace(HOME, firewall=Firewall("ufw", blocked=(8000,))), "failed",
         "ufw blocks 8000", "sudo ufw allow 8000/tcp"),
        (net.firewall, replace(HOME, firewall=Firewall("firewalld", unknown=(8000,))),
         "warning", "may block", "--add-port=8000/tcp; sudo firewall-cmd --reload"),
        (net.firewall,
         replace(HOME, firewall=Firewall("nftables", (8000,), place="inet filter input")),
         "failed", "nftables blocks 8000", "insert rule inet filter input tcp dport 8000 accept"),
        (net.firewall, replace(HOME, firewall=Firewall("ufw")), "ok", "lets phones in", ""),
        (net.wifi, HOME, "note", "guest Wi-Fi", PAGE),
        (machine.folder, HOME, "ok", str(HOME.settings.data_dir), ""),
        (machine.folder, with_folder(is_read_only=True), "failed", "read-only", "mount"),
        (machine.folder, with_folder(is_ours=False), "failed", "cannot be written", "chown"),
        (machine.folder, with_folder(is_writable=False), "failed", "cannot be written", "chown"),
        (machine.folder, with_folder(newer="players.db"), "failed", "wrote players.db",
         "install that version"),
        (machine.folder, with_folder(is_private=False), "warning", "others can read", "chmod"),
        (machine.disk, HOME, "ok", "MiB are free", ""),
        (machine.disk, with_folder(free=1 << 20), "failed", "1 MiB are free", "make room"),
        (machine.disk, with_folder(free=1 << 30), "warning", "1024 MiB", "CONVERT_CACHE"),
        (machine.converter, HOME, "ok", "ffmpeg", ""),
        (machine.converter, replace(HOME, ffmpeg=None), "warning", "no ffmpeg", "apt install"),
        (machine.converter, replace(HOME, encoders=frozenset()), "failed", "H.264", "ffmpeg"),
        (machine.converter, with_settings(encoder="h264_nvenc"), "failed", "h264_nvenc",
         "ZAPETTE_ENCODER"),
        (of.certificates, met(), "ok", "tls.pem: valid until 2033-06-", ""),
        (of.certificates, met(ends=NOW - 1), "failed", "expired on 2033-05-18", "certbot"),
        (of.certificates, met(ends=NOW + 1e5, kind="own"), "warning", "ends on 2033", "renews"),
        (of.certificates, met(ends=0, kind="front"), "failed", "expired", "reload the proxy"),
        (of.certificates, met(host="192.168.1.6"), "failed",
         "leads to 192.168.1.6, and the certificate is for *.tv.example, 192.168.1.5",
         "ZAPETTE_PUBLIC_URL"),
        (of.certificates, met(host="tv.example"), "failed", "leads to tv.example", "PUBLIC_URL"),
        (of.certificates, met(host="a.b.tv.example", kind="front"), "failed", "leads to", "proxy"),
        (of.certificates, met(host="10.0.0.1", kind="own"), "failed", "leads to", "zapette tls"),
        (of.certificates, met(host="A.tv.example"), "ok", "valid", ""),
        (of.certificates, met(host=""), "ok", "valid", ""),
        (of.certificates, met(problem="refused", kind="front"), "warning", "refused", "the proxy"),
        (of.certificates, met(problem="no PEM"), "failed", "no PEM", "ZAPETTE_TLS_CERT"),
        (machine.clock, replace(HOME, now=0.0), "failed", "years behind", "set-ntp"),
        (machine.settings, HOME, "ok", "no contradiction", ""),
        (machine.settings, with_settings(public_url="http://localhost:8000/"), "failed",
         "public_url (ZAPETTE_PUBLIC_URL): phones cannot reach localhost", "empty"),
        (machine.settings,
         with_settings(public_url="https://tv.example/", public_ws_url="ws://tv.example/mqtt"),
         "failed", "cannot open ws:", "wss:"),
        (machine.settings, with_settings(mqtt_port=8000), "failed", "8000 is used twice", "own"),
        (machine.settings, with_settings(bind="192.168.9.9"), "failed", "no interface has",
         "192.168.1.5"),
        (machine.settings, replace(HOME, has_media=False), "failed", "media_dir", "films"),
        (machine.settings, with_settings(anonymous=True), "warning", "everybody", "turn it off"),
        (machine.settings, with_settings(bridge=BridgeSettings("mqtt://127.0.0.1")), "failed",
         "own broker", "home's broker"),
    ],
)  # fmt: skip
def test_a_check(check: Check, facts: Facts, result: str, found: str, remedy: str) -> None:
    (one,) = check(facts)
    assert one.result == result
    assert found in one.found.en
    if remedy:
        assert one.remedy is not None
        assert remedy in one.remedy.en
        assert one.found.fr != one.found.en or result == "ok"
    else:
        assert one.remedy is None
    assert "{" not in as_text([one], "fr") + as_text([one], "en") + as_json([one], "fr")[2:]


@pytest.mark.parametrize(
    ("check", "facts"),
    [
        (net.route, HOME),
        (net.route, on()),
        (net.firewall, HOME),
        (net.wifi, on()),
        (machine.converter, with_settings(convert="never")),
        (machine.clock, HOME),
    ],
)
def test_nothing_to_say(check: Check, facts: Facts) -> None:
    assert list(check(facts)) == []


def test_a_data_folder_on_a_network() -> None:
    first, _ = machine.disk(with_folder(file_system="nfs4"))
    assert first.result == "warning"
    assert "nfs4" in first.found.en


@pytest.mark.parametrize(
    ("broker", "result", "words"),
    [
        (OtherBroker("", retains=False), "failed", "RabbitMQ"),
        (OtherBroker("mosquitto version 2.1.2", retains=True), "warning", "twice"),
        (OtherBroker("mosquitto version 2.0.22", retains=True), "ok", "2.0.22"),
        (OtherBroker("", retains=True), "", ""),
    ],
)
def test_another_broker(broker: OtherBroker, result: str, words: str) -> None:
    found = list(other_brokers.findings(broker))
    assert [it.result for it in found] == ([result] if result else [])
    assert not found or words in found[0].found.en


UFW = """*filter
-A ufw-user-input -p tcp --dport 22 -j ACCEPT
-A ufw-user-input -p udp --dport 8000 -j ACCEPT
{more}
COMMIT
"""


@pytest.mark.parametrize(
    ("rules", "blocked", "unknown"),
    [
        (None, (), (8000,)),
        (UFW.format(more=""), (8000,), ()),
        (UFW.format(more="-A ufw-user-input -p tcp --dport 8000 -j ACCEPT"), (), ()),
        (UFW.format(more="-A ufw-user-input -p tcp -m multiport --dports 80,7990:8010 -j ACCEPT"),
         (), ()),
        (UFW.format(more="-A ufw-user-input -p tcp --dport 8000 -j DROP"), (8000,), ()),
        (UFW.format(more="-A ufw-user-input -s 192.168.0.0/16 -j ACCEPT"), (), (8000,)),
        (UFW.format(more="-A ufw-user-input -p tcp --dport 8000 -s 10.0.0.1 -j ACCEPT"),
         (), (8000,)),
    ],
)  # fmt: skip
def test_rules_of_ufw(
    rules: str | None, blocked: tuple[int, ...], unknown: tuple[int, ...]
) -> None:
    assert ufw(rules, [8000]) == Firewall("ufw", blocked, unknown)


def test_no_rules_of_nftables() -> None:
    assert nftables({"nftables": [{"metainfo": {}}]}, [8000]) is None


def test_the_paths_that_are_named() -> None:
    (one,) = machine.folder(replace(with_settings(data_dir=Path("/srv/zapette"))))
    assert one.found.en == "/srv/zapette"
