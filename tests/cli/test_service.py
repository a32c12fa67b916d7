"""``zapette service``: the unit, as systemd's own tools judge it, and as systemd runs it."""

from __future__ import annotations

import json
import os
import shlex
import socket
import subprocess
import sys
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.machines.systemd import machine
from tests.waiting import HANG_TIMEOUT, eventually
from zapette_cli.errors import UnitError
from zapette_cli.processes.notifier import Notifier
from zapette_cli.unit import Unit, with_folders
from zapette_server.local_web import answers
from zapette_server.paths import ROOT
from zapette_server.settings.settings import Settings
from zapette_server.settings.sources import load
from zapette_webapp.pages.assets import Assets

ZAPETTE = Path(sys.executable).with_name("zapette")
WORST = 2.0
"""The most exposure that `systemd-analyze security` may find, of 10."""


def zapette(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    plain = {key: value for key, value in os.environ.items() if "ZAPETTE_" not in key}
    return subprocess.run(
        [ZAPETTE, *arguments], env=plain | environment, capture_output=True, text=True, timeout=60
    )


def unit(tmp_path: Path, *arguments: str) -> Path:
    file = tmp_path / "zapette.service"
    printed = zapette("service", "install", "--print", *arguments)
    assert (printed.returncode, printed.stderr) == (0, "")
    file.write_text(printed.stdout)
    return file


@pytest.mark.parametrize(
    "arguments", [(), ("--http-port", "80", "--media", "/home/ann/My %films"), ("--user",)]
)
def test_systemd_accepts_the_unit(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    file = unit(tmp_path, *arguments)
    verified = subprocess.run(
        ["systemd-analyze", "verify", file], capture_output=True, text=True, timeout=60
    )
    ours = [it for it in verified.stderr.splitlines() if file.name in it]
    assert (verified.returncode, ours) == (0, [])


@pytest.mark.parametrize("arguments", [(), ("--http-port", "80", "--media", "/home/ann/films")])
def test_what_an_attacker_would_have(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    file = unit(tmp_path, *arguments)
    judged = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", f"--threshold={WORST * 10:.0f}", file],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert judged.returncode == 0, judged.stdout


def made(**options: object) -> str:
    given = {"command": Path("/opt/zapette/bin/zapette"), "readable": (Path("/opt/zapette"),)}
    return Unit(**(given | options)).text()  # type: ignore[arg-type]


def test_the_unit_gives_what_is_needed_and_no_more() -> None:
    plain = made(ports=(8000, 1883)).splitlines()
    assert {"CapabilityBoundingSet=", "AmbientCapabilities=", "ProtectHome=yes"} <= set(plain)
    assert {"MemoryDenyWriteExecute=yes", "PrivateDevices=yes"} <= set(plain)
    low = made(ports=(80,)).splitlines()
    assert "AmbientCapabilities=CAP_NET_BIND_SERVICE" in low
    homes = (Path("/home/ann/films"), Path("/home/ann/films/new"), Path("/srv/films"))
    hidden = made(readable=homes).splitlines()
    assert [it for it in hidden if it.startswith("BindReadOnly")] == [
        'BindReadOnlyPaths="/home/ann/films"'
    ]
    assert "ProtectHome=tmpfs" in hidden
    graphics = made(graphics=("render", "video")).splitlines()
    assert {"DeviceAllow=char-drm rw", "SupplementaryGroups=render video"} <= set(graphics)
    assert not {"MemoryDenyWriteExecute=yes", "PrivateDevices=yes"} & set(graphics)


def test_what_a_unit_cannot_hold_is_refused() -> None:
    for path in ("/films\nExecStart=/bin/sh", "/$HOME"):
        with pytest.raises(UnitError, match="cannot hold"):
            made(settings={"ZAPETTE_MEDIA_DIR": path})
    assert 'Environment="ZAPETTE_MEDIA_DIR=/a \\"b\\" %%n \\\\"' in made(
        settings={"ZAPETTE_MEDIA_DIR": '/a "b" %n \\'}
    )


def test_the_settings_file_names_the_folders_of_the_service(tmp_path: Path) -> None:
    """Its relative folders would start from /etc/zapette."""
    explained = (ROOT / "config" / "zapette.toml").read_text()
    data, films = Path("/var/lib/zapette"), Path('/srv/Mes "films" é')
    file = tmp_path / "zapette.toml"
    file.write_text(with_folders(explained, {"data_dir": data, "media_dir": films}))
    assert load(file, {}) == replace(Settings(), data_dir=data, media_dir=films)
    changed = zip(explained.splitlines(), file.read_text().splitlines(), strict=True)
    assert sum(one != other for one, other in changed) == 2


def test_what_a_service_of_the_machine_cannot_have_is_refused(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text("http_port = 80")
    for option, value in (("--data", "/srv/zapette"), ("--config", str(own))):
        refused = zapette("service", "install", "--print", option, value)
        assert (refused.returncode, refused.stdout) == (2, "")
        assert refused.stderr.startswith(f"zapette: {option}: a service of the machine has its")
        of_user = unit(tmp_path, "--user", option, value).read_text()
        assert f'_DIR={value}"' in of_user or f'_CONFIG={value}"' in of_user


def test_every_low_port_is_allowed(tmp_path: Path) -> None:
    file = tmp_path / "certificate.pem"
    file.touch()
    secure = {f"ZAPETTE_TLS_{it}": str(file) for it in ("CERT", "KEY")}
    printed = zapette("service", "install", "--print", ZAPETTE_MQTTS_PORT="443", **secure).stdout
    assert "AmbientCapabilities=CAP_NET_BIND_SERVICE\n" in printed


SYSTEMCTL = """#!/bin/sh
echo "$@" >>"$CALLS"
[ "$2" != "$FAILS" ]
"""


def test_a_service_of_a_user(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "systemctl").write_text(SYSTEMCTL)
    (tmp_path / "bin" / "systemctl").chmod(0o755)
    calls = tmp_path / "calls"
    given = {
        "XDG_CONFIG_HOME": str(tmp_path / "config"), "CALLS": str(calls),
        "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}",
    }  # fmt: skip
    installed = zapette("service", "install", "--user", "--media", "/films", **given)
    assert installed.returncode == 0, installed.stderr
    file = tmp_path / "config" / "systemd" / "user" / "zapette.service"
    assert 'Environment="ZAPETTE_MEDIA_DIR=/films"' in file.read_text()
    assert "DynamicUser" not in file.read_text()
    assert zapette("service", "status", "--user", FAILS="status", **given).returncode == 1
    assert zapette("service", "uninstall", "--user", **given).returncode == 0
    assert not file.exists()
    assert [line.removeprefix("--user ") for line in calls.read_text().splitlines()] == [
        "daemon-reload", "daemon-reload", "enable zapette.service", "restart zapette.service",
        "status --no-pager zapette.service", "disable --now zapette.service", "daemon-reload",
    ]  # fmt: skip
    again = zapette("service", "uninstall", "--user", **given)
    assert (again.returncode, "there is no such service" in again.stderr) == (2, True)
    french = zapette("service", "uninstall", "--user", LC_ALL="fr_FR.UTF-8", **given)
    assert french.stderr.strip().endswith("ce service n\u2019existe pas")
    asleep = zapette("service", "install", "--user", FAILS="daemon-reload", **given)
    assert (asleep.returncode, file.exists()) == (2, False)
    failed = zapette("service", "install", "--user", FAILS="enable", **given)
    assert "systemctl enable zapette.service failed with 1" in failed.stderr
    none = zapette("service", "install", "--user", PATH=str(tmp_path))
    assert (none.returncode, "no systemd" in none.stderr) == (2, True)


@pytest.mark.parametrize("abstract", [False, True])
def test_what_systemd_is_told(tmp_path: Path, abstract: bool) -> None:
    name = f"\0zapette-{os.getpid()}" if abstract else str(tmp_path / "notify")
    answers = threading.Event()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(name)
        systemd.settimeout(20)
        environment = {
            "NOTIFY_SOCKET": name.replace("\0", "@"), "WATCHDOG_USEC": "40000",
            "WATCHDOG_PID": str(os.getpid()),
        }  # fmt: skip
        notifier = Notifier(environment, answers.is_set)
        assert environment == {}
        notifier.ready()
        assert systemd.recv(100) == b"READY=1"
        notifier.start()
        answers.set()
        assert systemd.recv(100) == b"READY=1\nWATCHDOG=1"
        notifier.stopping()
        eventually(lambda: systemd.recv(100) == b"STOPPING=1", "it says that it stops")


def test_a_slow_check_is_no_silence() -> None:
    """As of a store that another program has locked, which a restart would not help."""
    checked = threading.Event()

    class Slow(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/healthz":
                checked.wait(HANG_TIMEOUT)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Slow) as server:
        threading.Thread(target=server.serve_forever).start()
        settings = Settings(bind="127.0.0.1", http_port=server.server_port)
        assert answers(settings, 2, ready=False)
        assert not answers(settings, 0.1)
        checked.set()
        server.shutdown()


@pytest.mark.long
def test_systemd_runs_it(tmp_path: Path) -> None:
    """The real systemd, with all restrictions: it plays, converts, stops, and starts again."""
    command = shlex.join([str(ZAPETTE), "service"])
    # the service may not build them
    Assets(plain=False).start()
    disk = tmp_path / "disk"
    disk.mkdir()
    ask = f"{sys.executable} -c " + shlex.quote(
        "import sys, urllib.request as u\n"
        "answer = u.urlopen(u.Request(sys.argv[1], headers=eval(sys.argv[2])))\n"
        "sys.stdout.buffer.write(answer.read())"
    )
    with machine(disk) as host:
        # its /etc begins as this machine's
        host.output("rm -rf /etc/zapette")
        host.output(f"{command} install --media {shlex.quote(str(ROOT / 'samples'))}")
        # as after an upgrade: the settings file has the folder of the films
        assert str(ROOT / "samples") in host.output(f"{command} install")
        shown = host.output(f"{command} status")
        assert "active (running)" in shown
        assert host.output("stat -c %a /etc/zapette/zapette.toml") == "600\n"
        (pid,) = host.output("systemctl show -P MainPID zapette").split()
        about = dict(
            line.split(":\t", 1)
            for line in host.output(f"cat /proc/{pid}/status").splitlines()
            if ":\t" in line
        )
        assert about["Uid"].split()[0] != "0"
        assert (about["CapEff"], about["CapBnd"]) == ("0" * 16, "0" * 16)
        assert (about["NoNewPrivs"], about["Seccomp"]) == ("1", "2")
        for file in host.output("stat -c '%a %U %n' /var/lib/zapette/*").splitlines():
            assert file.startswith(("600 zapette ", "700 zapette ")), file
        # what root changes stays readable for the service
        data = "--data /var/lib/zapette"
        host.output(f"{ZAPETTE} credentials {data} add ann --password pw")
        host.output(f"{ZAPETTE} tls --config /etc/zapette/zapette.toml")
        changed = "/var/lib/zapette/accounts /var/lib/zapette/tls/server.key"
        assert host.output(f"stat -c %U {changed}") == "zapette\nzapette\n"
        proof = shlex.quote("{'Authorization': 'Basic YW5uOnB3'}")
        listed = f"{ask} http://127.0.0.1:8000/api/library {proof}"
        # PyAV has read it, which denies memory to be written and run
        (film,) = eventually(
            lambda: [it for it in json.loads(host.output(listed))["entries"] if it.get("duration")],
            "the film's length is known",
        )
        assert film["duration"] > 40
        called = f"ZAPETTE_DATA_DIR=/var/lib/zapette {ZAPETTE} call server id"
        assert len(json.loads(host.output(called))) == 32
        # ffmpeg makes a picture of it
        picture = f"{ask} http://127.0.0.1:8000/{film['thumbnail']} {proof} | od -An -tx1 -N4"
        eventually(lambda: host.output(picture) == " ff d8 ff e0\n", "the picture is there")
        host.output(f"{ZAPETTE} backup {data} /run/saved.zip")
        assert host.run(f"{ZAPETTE} restore {data} /run/saved.zip").returncode == 75
        host.output("systemctl stop zapette")
        assert host.output("systemctl show -P Result zapette") == "success\n"
        host.output(f"{ZAPETTE} restore {data} /run/saved.zip")
        host.output("systemctl start zapette")
        assert film["url"] in host.output(listed)
        host.output(f"{command} uninstall")
        assert host.run("systemctl status zapette").returncode == 4


MANAGER = """\
[Unit]
DefaultDependencies=no
[Service]
Type=notify
User=65534
Delegate=yes
RuntimeDirectory=own
Environment=XDG_RUNTIME_DIR=/run/own HOME=/run/own
ExecStart=/lib/systemd/systemd --user
"""


@pytest.mark.long
def test_the_systemd_of_a_user_can_enforce_the_limits(tmp_path: Path) -> None:
    text = made(command=Path("/bin/true"), user=True).replace("Type=notify", "Type=oneshot")
    with machine(tmp_path) as host:
        files = {"system/manager.service": MANAGER, "user/zapette.service": text}
        for file, content in files.items():
            host.output(f"mkdir -p /run/systemd/{file.partition('/')[0]}")
            host.output(f"echo {shlex.quote(content)} >/run/systemd/{file}")
        host.output("systemctl daemon-reload && systemctl start manager")
        own = "setpriv --reuid 65534 --clear-groups env XDG_RUNTIME_DIR=/run/own systemctl --user"
        host.output(f"{own} start zapette")
        assert host.output(f"{own} show -P Result zapette") == "success\n"
