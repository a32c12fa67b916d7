"""``zapette doctor`` where something is wrong: in namespaces with networks and disks."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import sqlite3
import ssl
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.broker.certificates import make_certificate
from tests.cli.test_bad_input import AS_OTHERS
from tests.clients.plain_player import PlainPlayer
from tests.machines.namespaces import alone
from tests.programs.mosquitto import Mosquitto
from tests.programs.system import System
from zapette_cli.doctor import certificates, live_checks
from zapette_server.paths import ROOT
from zapette_server.settings.settings import Settings
from zapette_server.tls.authority import Authority
from zapette_server.tls.certificate_names import CertificateNames


def doctor(system: System, *before: str) -> tuple[dict[str, dict[str, Any]], int]:
    """Return the findings by what was checked, the worst of each, and the exit code."""
    ended = subprocess.run(
        [*before, sys.executable, "-m", "zapette_cli", "doctor", "--json", "--timeout", "5"],
        env=system.environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    found: dict[str, dict[str, Any]] = {}
    for each in json.loads(ended.stdout):
        if found.get(each["what"], {}).get("result") != "failed":
            found[each["what"]] = each
    return found, ended.returncode


def test_a_port_that_another_program_has(tmp_path: Path) -> None:
    system = System(tmp_path)
    with socket.create_server(("127.0.0.1", system.http_port)):
        found, code = doctor(system)
    assert (found["port"]["result"], code) == ("failed", 1)
    assert f"({os.getpid()})" in found["port"]["found"]
    assert "ZAPETTE_HTTP_PORT" in found["port"]["remedy"]


def test_a_newer_data_folder_and_one_that_others_read(tmp_path: Path) -> None:
    system = System(tmp_path)
    system.zapette("credentials")
    (system.data).chmod(0o755)
    assert doctor(system)[0]["data"]["result"] == "warning"
    with sqlite3.connect(system.data / "players.db") as file:
        file.executescript(
            "PRAGMA application_id = 0x7A617072; PRAGMA user_version = 99; CREATE TABLE x (y);"
        )
    file.close()
    before = (system.data / "players.db").read_bytes()
    data = doctor(system)[0]["data"]
    assert data["result"] == "failed"
    assert "players.db" in data["found"]
    assert (system.data / "players.db").read_bytes() == before


def test_a_data_folder_in_a_closed_one(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0)
    system = System(tmp_path, {"ZAPETTE_DATA_DIR": str(closed / "data")})
    found, code = doctor(system, *AS_OTHERS)
    assert (found["data"]["result"], code) == ("failed", 1)
    assert "cannot be written" in found["data"]["found"]


@pytest.mark.parametrize(
    ("options", "then", "what", "words"),
    [
        ("size=1m,ro", "true", "data", "read-only"),
        ("size=1m", "cat /dev/zero >FOLDER/filler", "disk", "0 MiB are free"),
    ],
)
def test_a_disk(tmp_path: Path, options: str, then: str, what: str, words: str) -> None:
    system = System(tmp_path)
    system.data.mkdir()
    script = f'mount -t tmpfs -o mode=0700,{options} disk FOLDER; {then} 2>/dev/null; exec "$@"'
    shell = ["sh", "-c", script.replace("FOLDER", str(system.data)), "sh"]
    found, code = doctor(system, *alone("mount"), *shell)
    assert (found[what]["result"], code) == ("failed", 1)
    assert words in found[what]["found"]


NETWORKS = """
import fcntl, json, os, struct, subprocess
import psutil
from tests.waiting import eventually
from zapette_cli.doctor import gathering, network_checks
from zapette_server.settings.settings import Settings
def sh(lines):
    for line in lines.strip().splitlines():
        subprocess.run(line, shell=True, check=True)
def run(name):
    # the kernel says so some time after its cable is in
    eventually(lambda: psutil.net_if_stats()[name].isup, f"{name} runs")
def report(name):
    facts = gathering.gather(Settings())
    found = [it for check in (network_checks.address, network_checks.route, network_checks.firewall)
             for it in check(facts)]
    print(json.dumps([name, [[it.what, it.result, it.found.en] for it in found]]))
sh("ip link set lo up")
report("none")
sh('''ip link add eth0 type veth peer name far0
ip link set eth0 up
ip link set far0 up
ip addr add 169.254.7.7/16 dev eth0''')
run("eth0")
report("link-local")
sh("ip addr add 2001:db8::5/64 dev eth0 nodad")
report("only IPv6")
sh("ip addr add 192.168.1.5/24 dev eth0")
report("no route")
tunnel = os.open("/dev/net/tun", os.O_RDWR)
fcntl.ioctl(tunnel, 0x400454CA, struct.pack("16sH", b"tun0", 0x1001))  # TUNSETIFF: TUN, NO_PI
sh('''ip link set tun0 up
ip addr add 10.8.0.2/24 dev tun0
ip route add default dev tun0''')
run("tun0")
report("vpn")
os.close(tunnel)
sh('''ip route add default via 192.168.1.1
ip link add docker0 type veth peer name far1
ip link set docker0 up
ip link set far1 up
ip addr add 172.17.0.1/16 dev docker0''')
run("docker0")
report("docker and network")
sh("ip addr del 192.168.1.5/24 dev eth0")
report("docker alone")
sh('''ip addr add 192.168.1.5/24 dev eth0
nft add table inet filter
nft 'add chain inet filter input { type filter hook input priority 0; policy drop; }'
nft add rule inet filter input ct state established,related accept
nft add rule inet filter input iifname lo accept
nft add rule inet filter input tcp dport 22 accept''')
report("closed")
sh("nft add rule inet filter input tcp dport '{ 80, 8000-8010 }' accept")
report("opened")
sh('''nft flush chain inet filter input
nft add rule inet filter input ip saddr 192.168.0.0/16 accept''')
report("depends")
sh('''nft flush ruleset
nft add table ip strange
nft 'add chain ip strange in { type filter hook input priority 0; }'
nft add rule ip strange in tcp dport 8000 reject''')
report("rejected")
"""


@pytest.fixture(scope="module")
def networks() -> dict[str, list[list[str]]]:
    command = [*alone("net"), sys.executable, "-c", NETWORKS]
    made = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    return dict(json.loads(line) for line in made.stdout.splitlines())


@pytest.mark.parametrize(
    ("network", "what", "result", "words"),
    [
        ("none", "address", "failed", "no network"),
        ("link-local", "address", "failed", "eth0 has only a link-local address"),
        ("only IPv6", "address", "failed", "no interface has a usable IPv4"),
        ("no route", "network", "warning", "no default route"),
        ("vpn", "vpn", "warning", "tun0"),
        ("docker and network", "address", "ok", "http://192.168.1.5:8000/"),
        ("docker alone", "address", "failed", "172.17.0.1 (docker0)"),
        ("closed", "firewall", "failed", "nftables blocks 8000"),
        ("opened", "firewall", "ok", "nftables"),
        ("depends", "firewall", "warning", "may block"),
        ("rejected", "firewall", "failed", "nftables blocks 8000"),
    ],
)
def test_a_network(
    networks: dict[str, list[list[str]]], network: str, what: str, result: str, words: str
) -> None:
    (found,) = [it for it in networks[network] if it[0] == what]
    assert found[1] == result, networks[network]
    assert words in found[2]


def test_a_broker_that_retains_nothing(tmp_path: Path) -> None:
    """As RabbitMQ does for wildcards; the account is right, and the bridge would seem to work."""
    home = Mosquitto(tmp_path, lines=["retain_available false"]).start()
    url = f"mqtt://127.0.0.1:{home.port}"
    try:
        found, code = doctor(System(tmp_path, {"ZAPETTE_BRIDGE_URL": url}))
    finally:
        home.stop()
    assert code == 1
    assert "no retained messages" in found["home_broker"]["found"]


def test_a_broker_that_retains_is_left_as_it_was(tmp_path: Path) -> None:
    home = Mosquitto(tmp_path).start()
    try:
        settings = {
            "ZAPETTE_BRIDGE_URL": f"mqtt://127.0.0.1:{home.port}",
            "ZAPETTE_BRIDGE_PREFIX": "tv",
        }
        found, _ = doctor(System(tmp_path, settings))
        left = subprocess.run(
            ["mosquitto_sub", "-p", str(home.port), "-t", "#", "-W", "1", "-v"],
            capture_output=True,
            text=True,
        )
    finally:
        home.stop()
    assert found["home_broker"]["result"] == "ok"
    assert "mosquitto version" in found["home_broker"]["found"]
    assert left.stdout == ""


def test_the_certificates_that_phones_meet(tmp_path: Path) -> None:
    """Our own, and that of a proxy, which is asked for it: it is for other names."""
    certificate, key = make_certificate(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        answering = threading.Thread(target=answer_once, args=(proxy, context))
        answering.start()
        settings = Settings(
            data_dir=tmp_path / "data",
            tls_cert=certificate,
            tls_key=key,
            public_url=f"https://127.0.0.1:{proxy.getsockname()[1]}/tv/",
        )
        own, front = certificates.gather(settings, settings.public_url)
        answering.join(20)
    assert (own.kind, own.host, front.kind, front.host) == ("file", "", "front", "127.0.0.1")
    assert (own.ends, own.names) == (front.ends, front.names)
    assert own.names.holds("localhost")
    assert own.ends > time.time()
    # port 9 of the loopback: nobody is there
    silent = replace(settings, public_url="https://127.0.0.1:9/")
    _, unanswered = certificates.gather(silent, silent.public_url)
    assert "refused" in unanswered.problem
    plain = replace(settings, public_url="", tls_cert=key)
    (damaged,) = certificates.gather(plain, "https://192.168.1.5:8000/")
    assert (damaged.host, damaged.problem != "") == ("192.168.1.5", True)
    authority = Authority.in_data(settings.data_dir)
    authority.make(CertificateNames.of("box", frozenset(), ["192.168.1.5"]))
    made = replace(plain, tls_cert=authority.server_certificate)
    (ours,) = certificates.gather(made, "https://192.168.1.5:8000/")
    assert (ours.kind, ours.names.holds(ours.host)) == ("own", True)


def answer_once(listener: socket.socket, context: ssl.SSLContext) -> None:
    connection, _ = listener.accept()
    with connection, suppress(OSError):
        context.wrap_socket(connection, server_side=True).close()


def test_an_ffmpeg_without_h264(tmp_path: Path) -> None:
    """As some distributions build it; the rest of it is the real one."""
    real = shutil.which("ffmpeg")
    assert real is not None
    own = tmp_path / "bin" / "ffmpeg"
    own.parent.mkdir()
    own.write_text(f'#!/bin/sh\n"{real}" "$@" | grep -v h264\n')
    own.chmod(0o755)
    found, code = doctor(System(tmp_path, {"PATH": f"{own.parent}:{os.environ['PATH']}"}))
    assert found["converter"]["found"] == "this ffmpeg has no encoder for H.264"
    assert (found["converter"]["result"], code) == ("failed", 1)
    found, _ = doctor(System(tmp_path))
    assert found["converter"]["result"] == "ok"


class SlowClock(PlainPlayer):
    """A player whose clock is a minute behind."""

    async def status(self) -> dict[str, Any]:
        state = await super().status()
        return state | {"reported_at": state["reported_at"] - 60}


def test_a_player_s_clock(system: System) -> None:
    player = SlowClock(system.household(), "Attic").start()
    try:
        found, _ = doctor(system)
    finally:
        player.stop()
    assert found["clock"]["result"] == "warning"
    assert re.fullmatch(r"the clock of Attic is 6\d s behind", found["clock"]["found"])
    assert "NTP" in found["clock"]["remedy"]


class FastClock(BaseHTTPRequestHandler):
    """Answers with a date that is a minute ahead."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def date_time_string(self, timestamp: float | None = None) -> str:
        return super().date_time_string((timestamp or time.time()) + 60)

    def log_message(self, *_: object) -> None:
        pass


def test_the_server_s_clock() -> None:
    """Seen from another machine, or from a container with a clock of its own."""
    with HTTPServer(("127.0.0.1", 0), FastClock) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        found = list(live_checks.pages(Settings(http_port=server.server_port)))
        server.shutdown()
    said = {each.what: each.found.en for each in found}
    assert re.fullmatch(r"the clock of Zapette is (58|59|60) s ahead", said["clock"])


def test_in_french(system: System) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "zapette_cli", "doctor"],
        env=system.environment | {"LC_ALL": "fr_FR.UTF-8"},
        capture_output=True,
        text=True,
    )
    assert "la page du lecteur et ses modules" in ended.stdout
    assert "there is" not in ended.stdout
