"""The checks of ``zapette doctor``: each checks one thing that a phone needs."""

from __future__ import annotations

import http.client
import json
import re
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from zapette.client.application import Application
from zapette.client.client import Client
from zapette.errors import CallError, SettingsError, Unavailable
from zapette.mqtt.dialing import Timing
from zapette.mqtt.url import BrokerUrl
from zapette_broker.storage.store_errors import StoreError
from zapette_cli.findings import Finding, bad, doubtful, good
from zapette_cli.processes import manager
from zapette_server.local_broker import local_broker, local_host
from zapette_server.one_port import websocket_port
from zapette_server.places import ROOT
from zapette_server.settings import Settings, variable

_SKEW: Final = 2.0
_CONNECT: Final = 2.0
_MODULE: Final = re.compile(r'src="([^"]+)" type="module"')
_UFW: Final = Path("/etc/ufw/ufw.conf")
_START: Final = "start it: make run, or zapette run"


def ports(settings: Settings) -> Iterator[Finding]:
    """Check that something listens on each port."""
    host = local_host(settings)
    for _, what, port in manager.ports(settings):
        if _listens(host, port):
            yield good("port", f"{port} ({what})")
        else:
            yield bad("port", f"nothing listens on {port} ({what})", _START)


def addresses(settings: Settings) -> Iterator[Finding]:
    """Check that the QR code has an address that accepts connections."""
    from zapette_webapp.addresses import Addresses

    found = Addresses(settings)
    page = urlsplit(found.pages())
    host = page.hostname or ""
    others = [each["ip"] for each in found.found()["candidates"] if each["ip"] != host]
    shown = page.geturl() + (f" (also {', '.join(others)})" if others else "")
    if host.startswith("127.") or host == "localhost":
        why = f"a phone cannot reach {host}"
        if settings.bind.startswith("127."):
            remedy = f'set bind = "0.0.0.0" ({variable("bind")}), which listens on every interface'
        else:
            remedy = "connect this machine to the phone's network"
        yield bad("address", why, remedy)
        return
    unreachable = [
        str(port)
        for port in (
            page.port or (443 if page.scheme == "https" else 80),
            websocket_port(settings),
        )
        if port and not settings.public_url and not _listens(host, port)
    ]
    if unreachable:
        remedy = f"set bind to 0.0.0.0, or set public_url ({variable('public_url')})"
        yield bad("address", f"{shown}: nothing listens there on {', '.join(unreachable)}", remedy)
    else:
        yield good("address", shown)
    if _ufw_is_on():
        ports = [port for port in (settings.http_port, websocket_port(settings)) if port]
        allowed = "; ".join(f"sudo ufw allow {port}/tcp" for port in ports)
        yield doubtful("firewall", "ufw is on and may block phones", allowed)


def pages(settings: Settings) -> Iterator[Finding]:
    """Check that the server delivers the pages and their modules, and that every part is up."""
    host, port = local_host(settings), settings.http_port
    try:
        status, health, headers = _get(host, port, "/healthz")
        page, html, _ = _get(host, port, "/")
        address = _MODULE.search(html.decode())
        module, _, _ = _get(host, port, f"/{address[1] if address else ''}")
    except (OSError, http.client.HTTPException) as error:
        yield bad("pages", f"no answer on port {port}: {error}", _START)
        return
    if page != 200:
        yield bad("pages", f"the player's page answers {page}", "see the log of the web side")
    elif module != 200:
        yield bad("pages", "the pages' modules are missing", f"check {ROOT / 'static'}")
    else:
        yield good("pages", "the player's page and its modules")
    if status != 200:
        down = [name for name, word in json.loads(health)["parts"].items() if word != "up"]
        yield bad("parts", f"down: {', '.join(down)}", "see the log; zapette run restarts them")
    date = headers.get("date")
    if date is not None:
        yield from _clock("server", parsedate_to_datetime(date).timestamp(), 1.0)


def broker(settings: Settings, url: str | None, timeout: float) -> Iterator[Finding]:
    """Check that the household's account can connect, over TCP and WebSocket, and call."""
    try:
        given = BrokerUrl.parse(url) if url else local_broker(settings)
    except (SettingsError, StoreError) as error:
        yield bad("broker", str(error), "set ZAPETTE_URL, or start Zapette here (make run)")
        return
    tried = [given]
    if not url:
        tried.append(
            replace(given, scheme="ws", port=websocket_port(settings) or settings.http_port)
        )
    for each in tried:
        yield from _on_broker(each, settings, timeout)


def bridge(settings: Settings, timeout: float) -> Iterator[Finding]:
    """Check that the bridge's account can connect to the home's broker, if there is a bridge."""
    if not settings.bridge.url:
        return
    client = Client(
        settings.bridge.broker,
        timing=Timing(connect=timeout, insist=False),
        ca_file=settings.bridge.ca_file or settings.ca_file,
    )
    client.start()
    try:
        client.wait(timeout)
    except Unavailable as error:
        yield bad("bridge", str(error), _bridge_remedy(error))
    else:
        yield good("bridge", f"{settings.bridge.broker.where} accepts the account")
    finally:
        client.stop()


def _cause(error: Unavailable) -> str | None:
    return error.connect_error.cause if error.connect_error is not None else None


def _bridge_remedy(error: Unavailable) -> str:
    cause = _cause(error)
    if cause == "refused":
        names = f"{variable('bridge.user')}, {variable('bridge.password')}"
        return f"set bridge.user and bridge.password ({names}) to an account of that broker"
    if cause == "untrusted":
        return f"set bridge.ca_file ({variable('bridge.ca_file')}) to the certificate to trust"
    return f"check that broker and bridge.url ({variable('bridge.url')})"


def _on_broker(url: BrokerUrl, settings: Settings, timeout: float) -> Iterator[Finding]:
    timing = Timing(connect=timeout, insist=False)
    application = Application(
        url=url, base_topic=settings.base_topic, timing=timing, ca_file=settings.ca_file
    )
    try:
        application.start(timeout)
    except Unavailable as error:
        remedy = (
            "check the account; `zapette credentials` prints it"
            if _cause(error) == "refused"
            else f"check the broker and its port; {_START}"
        )
        yield bad("broker", str(error), remedy)
        return
    try:
        began = time.perf_counter()
        application.call("server/ip", timeout=timeout)
        took = (time.perf_counter() - began) * 1000
        yield good("broker", f"{url.where}: answered in {took:.1f} ms")
    except CallError as error:
        yield bad("broker", f"{url.where}: {error}", "see the log of the web side")
    else:
        if not url.is_websocket:
            yield from _players(application, timeout)
    finally:
        application.stop()


def _players(application: Application, timeout: float) -> Iterator[Finding]:
    """Check that each online player answers and that its clock is right."""
    application.players.settle(timeout)
    online = application.players.online()
    if not online:
        yield doubtful("players", "none is online", "open the address above on a TV or computer")
    for each in online:
        name = each.name or each.id
        try:
            state = application.player(each.id, timeout=timeout).status()
        except CallError as error:
            remedy = "wake the device, and reload the page"
            yield bad("player", f"{name}: {error}", remedy)
            continue
        yield good("player", f"{name} answers")
        if "reported_at" in state:
            yield from _clock(name, state["reported_at"], _SKEW, silent=True)


def _clock(whose: str, says: float, tolerance: float, *, silent: bool = False) -> Iterator[Finding]:
    skew = says - time.time()
    if abs(skew) > tolerance + 1:
        found = f"the clock of {whose} is {abs(skew):.0f} s {'ahead' if skew > 0 else 'behind'}"
        yield doubtful("clock", found, "turn on automatic time (NTP) on both devices")
    elif not silent:
        yield good("clock", time.strftime("%Y-%m-%d %H:%M:%S %Z"))


def _get(host: str, port: int, path: str) -> tuple[int, bytes, dict[str, str]]:
    connection = http.client.HTTPConnection(host, port, timeout=_CONNECT)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        headers = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, answer.read(), headers
    finally:
        connection.close()


def _listens(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=_CONNECT).close()
    except OSError:
        return False
    return True


def _ufw_is_on() -> bool:
    try:
        return "ENABLED=yes" in _UFW.read_text()
    except OSError:
        return False
