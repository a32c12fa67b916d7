"""Which address goes into the QR code."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest

from tests.machines.namespaces import alone
from tests.programs.system import System
from tests.waiting import eventually
from zapette_server.paths import ROOT
from zapette_webapp.network.network import Candidate, candidates, rank, usable

WIFI = Candidate("192.168.1.5", "wlan0")
WIRE = Candidate("10.0.0.7", "eth0")
DOCKER = Candidate("172.17.0.1", "docker0")
VPN = Candidate("10.8.0.2", "tun0", is_tunnel=True)
PUBLIC = Candidate("203.0.113.9", "eth1")
LOOPBACK = Candidate("127.0.0.1", "lo")
LINK_LOCAL = Candidate("169.254.3.4", "eth2")


@pytest.mark.parametrize(
    ("addresses", "default", "expected"),
    [
        ([LOOPBACK, DOCKER, WIFI], None, [WIFI, DOCKER]),
        ([VPN, WIFI], VPN.ip, [WIFI, VPN]),
        ([WIRE, WIFI], WIRE.ip, [WIRE, WIFI]),
        ([WIRE, WIFI], None, [WIFI, WIRE]),
        ([PUBLIC, WIRE], None, [WIRE, PUBLIC]),
        ([LOOPBACK, LINK_LOCAL], None, []),
        ([], None, []),
    ],
)
def test_rank(addresses: list[Candidate], default: str | None, expected: list[Candidate]) -> None:
    assert rank(addresses, default) == expected


def test_one_bound_address_is_the_only_candidate() -> None:
    assert [candidate.ip for candidate in candidates("127.0.0.1")] == ["127.0.0.1"]


def test_this_machine() -> None:
    assert all(not candidate.ip.startswith("127.") for candidate in candidates())


def table(
    **interfaces: tuple[str, str, str],
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return psutil's two tables for interfaces, each with an address, a MAC and its flags."""
    addresses, stats = {}, {}
    link: Any = psutil.AF_LINK
    for name, (ip, mac, flags) in interfaces.items():
        family: Any = socket.AF_INET6 if ":" in ip else socket.AF_INET
        addresses[name] = [psutil._ntuples.snicaddr(family, ip, None, None, None)]
        if mac:
            addresses[name].append(psutil._ntuples.snicaddr(link, mac, None, None, None))
        stats[name] = psutil._ntuples.snicstats("down" not in flags, 2, 0, 1500, flags)
    return addresses, stats


ETHERNET = "up,broadcast,running,multicast"
MAC = "02:42:ac:11:00:02"
ETH1 = ("192.168.1.5", MAC, ETHERNET)
TUNNELS = {
    "cscotun0": ("10.8.0.2", "", "up,pointopoint,running,noarp,multicast"),
    "gpd0": ("10.8.0.2", "", "up,pointopoint,running,noarp"),
    "home": ("10.8.0.2", "", "up,running,noarp"),
    "eth7": ("10.8.0.2", "00:00:00:00:00:00", ETHERNET),
    "nordlynx": ("10.8.0.2", "", "up"),
    "utun3": ("192.168.200.2", "", "up,pointopoint,running,multicast"),
    "Corporate VPN": ("192.168.200.2", "", ""),
    "sit1": ("192.168.200.2", "c0:a8:01:05", ETHERNET),
    "zt7nnig26": ("192.168.200.2", MAC, ETHERNET),
    "tap0": ("192.168.200.2", MAC, ETHERNET),
    "docker0": ("172.17.0.1", MAC, ETHERNET),
    "br-1234": ("192.168.200.1", MAC, ETHERNET),
}
REAL = ["eth1", "wlan0", "enp3s0", "tunnelbear", "wg-lan", "tunis0", "ppp-like", "Ethernet 2"]


@pytest.mark.parametrize("tunnel", TUNNELS)
@pytest.mark.parametrize("real", REAL)
def test_a_tunnel_with_the_default_route(tunnel: str, real: str) -> None:
    """What an interface has not tells a tunnel; its name does not."""
    found = usable(*table(**{tunnel: TUNNELS[tunnel], real: ETH1}))
    ranked = rank(found, default=TUNNELS[tunnel][0])
    assert [it.interface for it in ranked] == [real, tunnel]


def test_a_system_that_names_no_mac() -> None:
    addresses, stats = table(eth0=("192.168.1.5", "", ""), eth1=("10.0.0.5", "", ""))
    assert not any(it.is_tunnel for it in usable(addresses, stats))


def test_interfaces_that_are_down_and_other_families() -> None:
    tables = table(eth0=("192.168.1.5", MAC, "down"), eth1=("fd00::2", MAC, ETHERNET), eth2=ETH1)
    assert [it.ip for it in usable(*tables)] == ["192.168.1.5"]
    assert [it.ip for it in usable(*tables, socket.AF_INET6)] == ["fd00::2"]


REAL_INTERFACES = """
import fcntl, os, struct, subprocess
def ip(line): subprocess.run(["ip", *line.split()], check=True)
tunnel = os.open("/dev/net/tun", os.O_RDWR)
fcntl.ioctl(tunnel, 0x400454CA, struct.pack("16sH", b"cscotun0", 0x1001))  # TUNSETIFF: TUN, NO_PI
ip("link set lo up")
ip("addr add 10.8.0.2/24 dev cscotun0")
ip("link set cscotun0 up")
ip("link add eth1 type veth peer name peer1")
ip("addr add 192.168.1.5/24 dev eth1")
ip("link set eth1 up")
ip("link set peer1 up")
ip("route add default dev cscotun0")
import psutil
from tests.waiting import eventually
from zapette_webapp.network.network import default_address, candidates
import socket
for name in ("eth1", "cscotun0"):
    # the kernel says so some time after its cable is in
    eventually(lambda: psutil.net_if_stats()[name].isup, f"{name} runs")
assert default_address(socket.AF_INET) == "10.8.0.2"
print([(it.ip, it.interface) for it in candidates()])
"""


def test_real_interfaces_in_a_network_of_their_own() -> None:
    command = [*alone("net"), sys.executable, "-c", REAL_INTERFACES]
    made = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    assert made.stdout.strip() == "[('192.168.1.5', 'eth1'), ('10.8.0.2', 'cscotun0')]"


@pytest.mark.parametrize("bind", ["::1", "::", "127.0.0.1", "0.0.0.0"])
def test_every_address_that_is_printed_can_be_opened(bind: str, tmp_path: Path) -> None:
    """The pages' and the links' in the API, the welcome's, the doctor's, the log's."""
    system = System(tmp_path, {"ZAPETTE_BIND": bind})
    system.start()
    try:
        host = "[::1]" if ":" in bind else "127.0.0.1"
        found = system.get("api/ip").json
        shown = f"[{found['ip']}]" if ":" in found["ip"] else found["ip"]
        if bind in ("::1", "127.0.0.1"):
            assert shown == host
        page = f"http://{shown}:{system.http_port}/"
        given = system.post("api/credentials", system.get("api/id").json, {"Host": host}).json
        assert given["links"]["remote"]["url"].startswith(f"{page}remote#")
        assert given["url"] == f"ws://{host}:{system.ws_port}/mqtt"
        doctor = system.zapette("doctor").stdout
        assert f"address     {page}" in doctor or f"cannot reach {shown.strip('[]')}" in doctor
        for where in (f"mqtt://{host}:{system.mqtt_port}", f"ws://{host}:{system.ws_port}/mqtt"):
            assert f"{where}: answered" in doctor
        eventually(lambda: page in system.log, "it is welcomed")
        printed = re.findall(r"(?:https?|mqtt|ws)://[^\s'\"]+", system.log + doctor)
        assert printed
        for url in printed:
            parts = urlsplit(url.rstrip(":"))
            assert parts.hostname
            target = (parts.hostname, parts.port or 80)
            if target[0] != "localhost":
                socket.create_connection(target, timeout=5).close()
    finally:
        system.stop()
