"""Gathers the facts about this machine; the checks need no more than these."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import psutil

from zapette_broker.storage import sqlite_file
from zapette_broker.storage.store_errors import StoreError, StoreNewer
from zapette_cli.doctor import certificates, firewall_rules
from zapette_cli.doctor.facts import Facts, Firewall, Folder, Network, Port
from zapette_cli.processes.ports import ports
from zapette_server.handover_socket import websocket_port
from zapette_server.local_broker import local_host
from zapette_server.local_web import connection
from zapette_server.settings.settings import Settings
from zapette_server.storage import stores
from zapette_server.storage.data_folder import DataFolder
from zapette_webapp.media import ffmpeg_program
from zapette_webapp.network import network
from zapette_webapp.network.addresses import Addresses

_TIMEOUT: Final = 2.0
_UFW: Final = Path("/etc/ufw")
_ENCODER: Final = re.compile(r"^ V\S+ (libx264|h264_\w+) ", re.MULTILINE)


def gather(settings: Settings) -> Facts:
    """Return the facts; it takes a few seconds at most, and changes nothing."""
    host = local_host(settings)
    is_running = _is_ours(settings)
    reached = _network(settings, is_running=is_running)
    return Facts(
        settings,
        is_running,
        tuple(_port(host, *each) for each in ports(settings)),
        reached,
        _firewall([it for it in (settings.http_port, websocket_port(settings)) if it]),
        _folder(settings.data_dir),
        os.access(settings.media_dir, os.R_OK | os.X_OK),
        ffmpeg_program.find(),
        _encoders(),
        tuple(certificates.gather(settings, reached.page)),
        time.time(),
    )


def listens(host: str, port: int) -> bool:
    """Return whether somebody accepts connections there."""
    try:
        socket.create_connection((host, port), timeout=_TIMEOUT).close()
    except OSError:
        return False
    return True


def get(settings: Settings, path: str) -> tuple[int, bytes, dict[str, str]]:
    """Return the status, the content and the fields of an answer over HTTP.

    Raises:
        OSError: there is no answer.
        http.client.HTTPException: it is not HTTP.
    """
    asked = connection(settings, _TIMEOUT)
    try:
        asked.request("GET", path)
        answer = asked.getresponse()
        headers = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, answer.read(), headers
    finally:
        asked.close()


def _is_ours(settings: Settings) -> bool:
    try:
        _, content, _ = get(settings, "/healthz")
        return "parts" in json.loads(content)
    except (OSError, http.client.HTTPException, ValueError, TypeError):
        return False


def _port(host: str, key: str, what: str, number: int) -> Port:
    is_open = listens(host, number)
    return Port(key, what, number, is_open, _owner(number) if is_open else "")


def _owner(port: int) -> str:
    """Return the program that listens on a port; empty if the system does not say."""
    try:
        found = {
            it.pid
            for it in psutil.net_connections("tcp")
            if it.status == psutil.CONN_LISTEN and it.laddr and it.laddr.port == port and it.pid
        }
        return ", ".join(f"{psutil.Process(it).name()} ({it})" for it in sorted(found))
    except psutil.Error:
        return ""


def _network(settings: Settings, *, is_running: bool) -> Network:
    families = (socket.AF_INET, socket.AF_INET6)
    family, other = reversed(families) if ":" in settings.bind else families
    interfaces, stats = psutil.net_if_addrs(), psutil.net_if_stats()
    found = network.usable(interfaces, stats, family)
    page = Addresses(settings).pages()
    host = urlsplit(page).hostname or ""
    tried = [it for it in (settings.http_port, websocket_port(settings)) if it]
    is_tried = is_running and not settings.public_url
    return Network(
        tuple(it for it in found if not it.ip.startswith("127.") and it.ip != "::1"),
        network.default_address(family),
        page,
        tuple(it for it in tried if is_tried and not listens(host, it)),
        tuple(network.usable(interfaces, stats, other)),
    )


def _firewall(ports: list[int]) -> Firewall | None:
    if "ENABLED=yes" in (_read(_UFW / "ufw.conf") or ""):
        return firewall_rules.ufw(_read(_UFW / "user.rules"), ports)
    if shutil.which("firewall-cmd") and _run("firewall-cmd", "--state") is not None:
        closed = [it for it in ports if _run("firewall-cmd", f"--query-port={it}/tcp") is None]
        return Firewall("firewalld", blocked=tuple(closed))
    rules = _run("nft", "-j", "list", "ruleset")
    try:
        return firewall_rules.nftables(json.loads(rules), ports) if rules else None
    except (ValueError, LookupError, TypeError):
        # a version that writes otherwise
        return Firewall("nftables", unknown=tuple(ports), place="inet filter input")


def _folder(path: Path) -> Folder:
    try:
        return _folder_at(path, next(it for it in (path, *path.parents) if it.exists()))
    except OSError:
        return Folder(exists=False, is_writable=False)


def _folder_at(path: Path, nearest: Path) -> Folder:
    state = nearest.stat()
    usage = shutil.disk_usage(nearest)
    exists = nearest == path
    user = os.getuid() if hasattr(os, "getuid") else state.st_uid
    return Folder(
        exists=exists,
        is_ours=not exists or user in {0, state.st_uid},
        is_private=not exists or os.name != "posix" or not state.st_mode & 0o077,
        is_writable=os.access(nearest, os.W_OK | os.X_OK),
        is_read_only=hasattr(os, "statvfs")
        and bool(os.statvfs(nearest).f_flag & getattr(os, "ST_RDONLY", 0)),
        free=usage.free,
        total=usage.total,
        file_system=_file_system(nearest),
        newer=", ".join(
            file.name
            for file, schema in stores.known(DataFolder(path, b"", "")).items()
            if _is_newer(file, schema)
        ),
    )


def _file_system(path: Path) -> str:
    """Return the type of the file system of a folder, the innermost that is mounted above it."""
    above = {it.mountpoint: it.fstype for it in psutil.disk_partitions(all=True)}
    return next((above[str(it)] for it in (path, *path.parents) if str(it) in above), "")


def _is_newer(file: Path, schema: sqlite_file.Schema) -> bool:
    try:
        sqlite_file.check_head(file, schema)
    except StoreNewer:
        return True
    except StoreError:
        # the start says what is wrong with it, and mends it
        return False
    return False


def _encoders() -> frozenset[str]:
    program = ffmpeg_program.find()
    return frozenset(
        _ENCODER.findall(_run(program, "-hide_banner", "-encoders") or "") if program else ()
    )


def _read(file: Path) -> str | None:
    try:
        return file.read_text(errors="replace")
    except OSError:
        return None


def _run(*command: str) -> str | None:
    """Return what a program prints; None if it is not there, or fails."""
    found = shutil.which(command[0]) or shutil.which(command[0], path="/usr/sbin:/sbin")
    if found is None:
        return None
    try:
        ended = subprocess.run(  # noqa: S603 - our own words
            [found, *command[1:]], capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return ended.stdout if ended.returncode == 0 else None
