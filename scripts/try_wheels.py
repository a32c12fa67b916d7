"""Installs the wheels in `FOLDER` and runs them from an empty folder, without Node or a checkout.

``make wheels`` calls it. pipx and uv install the whole, as a person does; pip installs the client
alone, which then calls the servers that they installed. The versions are the lock's. With a second
folder, Chromium puts a picture of each server's first page into it.
"""

from __future__ import annotations

import base64
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
import venv
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Final

from tests.browser.driving.chromium import launched
from tests.browser.driving.page_monitor import PageMonitor
from tests.programs.ports import free_ports
from tests.waiting import eventually

ROOT: Final = Path(__file__).parents[1]
CALL: Final = """
import zapette
with zapette.Application() as application:
    print(application.call("server/ip"))
"""
_DRAWN: Final = """
document.querySelector("qr-card img").naturalWidth > 0 &&
  document.querySelector("video").readyState >= HTMLMediaElement.HAVE_CURRENT_DATA
"""
_STARTS_WITHIN: Final = 30.0
_STOPS_WITHIN: Final = 15.0


def main(wheels: Path, pictures: Path | None = None) -> None:
    """Try all of it; end with a message about what is wrong."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        lock = (ROOT / "requirements.lock").read_text()
        versions = re.findall(r"^(\S+==.+?) *\\?$", lock, re.MULTILINE)
        pins = folder / "constraints.txt"
        pins.write_text("\n".join(versions))
        from_here = ("--find-links", str(wheels.resolve()))
        # uv, which pipx uses, would take an earlier wheel of the same name from its cache
        new = [f"--refresh-package={it.name.partition('-')[0]}" for it in wheels.glob("*.whl")]
        whole = by_pipx(folder, (*from_here, *new, "--constraint", str(pins)))
        by_tool = by_uv(folder, (*from_here, *new, "--constraints", str(pins)))
        client = by_pip(folder / "client", (*from_here, "--constraint", str(pins)))
        installed = {it.name for it in found(client)}
        if installed - {"pip", "setuptools"} != {"paho-mqtt", "zapette-client"}:
            sys.exit(f"the client alone installs {installed}")
        for name, command in {"pipx": whole / "bin" / "zapette", "uv": by_tool}.items():
            run(command, client, folder / f"run-{name}", pictures and pictures / f"{name}.png")
    print("the wheels run, from an empty folder")  # noqa: T201


def by_pipx(folder: Path, options: tuple[str, ...]) -> Path:
    """Install the command with pipx; return its environment."""
    own = {f"PIPX_{it}": str(folder / "pipx" / it) for it in ("HOME", "BIN_DIR", "MAN_DIR")}
    pipx = [sys.executable, "-m", "pipx", "install", "--quiet", "--python", sys.executable]
    arguments = [*pipx, "--pip-args", shlex.join(options), "zapette"]
    subprocess.run(arguments, check=True, env=os.environ | own)
    return checked(folder / "pipx" / "HOME" / "venvs" / "zapette")


def by_uv(folder: Path, options: tuple[str, ...]) -> Path:
    """Install the command with uv; return it."""
    own = {f"UV_TOOL_{it}": str(folder / "uv" / it) for it in ("DIR", "BIN_DIR")}
    uv = [str(Path(sys.executable).with_name("uv")), "tool", "install", "--quiet"]
    subprocess.run([*uv, *options, "zapette"], check=True, env=os.environ | own)
    checked(folder / "uv" / "DIR" / "zapette")
    return folder / "uv" / "BIN_DIR" / "zapette"


def by_pip(environment: Path, options: tuple[str, ...]) -> Path:
    """Return a new virtual environment with the client in it."""
    venv.create(environment, with_pip=True)
    pip = [str(environment / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, *options, "zapette-client"], check=True)
    return checked(environment)


def checked(environment: Path) -> Path:
    """Return an environment in which our packages put nothing under foreign names."""
    for each in found(environment):
        if each.name.startswith("zapette"):
            tops = {file.parts[0] for file in each.files or [] if file.parts[0] != ".."}
            if wrong := {it for it in tops if not it.startswith("zapette")}:
                sys.exit(f"{each.name} puts {wrong} into site-packages")
    return environment


def found(environment: Path) -> list[Distribution]:
    """Return what is installed in an environment."""
    (packages,) = environment.glob("lib/python*/site-packages")
    return list(distributions(path=[str(packages)]))


def run(command: Path, client: Path, folder: Path, picture: Path | None) -> None:
    """Run the server in an empty folder, open its pages, and call it from the other environment."""
    folder.mkdir()
    http, mqtt = free_ports(2)
    settings = {"HTTP_PORT": http, "MQTT_PORT": mqtt, "BIND": "127.0.0.1"}
    plain = {"HOME": str(folder), "PATH": str(command.parent)}
    server = subprocess.Popen(
        [command, "run"],
        cwd=folder,
        env=plain | {f"ZAPETTE_{key}": str(value) for key, value in settings.items()},
    )
    try:
        url = f"http://127.0.0.1:{http}/"
        wait_until_up(server, f"{url}healthz")
        for page in ("", "remote"):
            html = get(url + page).decode()
            for file in re.findall(r'(?:src|href)="(static/[^"]+)"', html):
                get(url + file)
        get(f"{url}static/share-worker.js")
        if picture:
            take(picture, url, http)
        password = next(folder.rglob("home-password")).read_text().strip()
        get(f"{url}media/zapette.webm", f"home:{password}")
        broker = {"ZAPETTE_URL": f"mqtt://home:{password}@127.0.0.1:{mqtt}"}
        python = [str(client / "bin" / "python"), "-I", "-c", CALL]
        subprocess.run(python, check=True, cwd=folder, env=plain | broker, timeout=30)
        server.send_signal(signal.SIGINT)
        if code := server.wait(_STOPS_WITHIN):
            sys.exit(f"zapette run ended with {code}")
    finally:
        if server.poll() is None:
            server.kill()


def take(picture: Path, url: str, port: int) -> None:
    """Take a picture of the first page, which must show a person what to do, without an error."""
    monitor = PageMonitor({port})
    with launched() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 720}, locale="en")
        monitor.add(page)
        page.goto(url)
        page.get_by_role("button", name="Start", exact=True).wait_for()
        # the length of the sample clip
        page.get_by_text("0:45", exact=True).wait_for()
        eventually(lambda: page.evaluate(_DRAWN), "the QR code and the clip are drawn")
        page.screenshot(path=picture)
        monitor.verify()


def wait_until_up(server: subprocess.Popen[bytes], url: str) -> None:
    """Wait until an address answers; end if the server does, or if it takes too long."""
    until = time.monotonic() + _STARTS_WITHIN
    while True:
        try:
            get(url)
        except OSError as error:
            if server.poll() is not None or time.monotonic() > until:
                sys.exit(f"the server is not up: {error}")
            time.sleep(0.1)
        else:
            return


def get(url: str, account: str = "") -> bytes:
    """Return what is at an address.

    Args:
        url: the address.
        account: who asks: name and password, with a colon between.

    Raises:
        OSError: it does not answer, or not with 200.
    """
    request = urllib.request.Request(url)  # noqa: S310 - our own address
    if account:
        proof = base64.b64encode(account.encode()).decode()
        request.add_header("Authorization", f"Basic {proof}")
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        body: bytes = answer.read()
        return body


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
