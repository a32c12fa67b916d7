"""The systemd unit that runs Zapette: for the whole machine with no rights, or for one user."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from zapette_cli.errors import UnitError
from zapette_cli.language import Text
from zapette_cli.speech import said

NAME: Final = "zapette.service"

SETTINGS: Final = Path("/etc/zapette/zapette.toml")
"""The settings file of the machine's service; only root need be able to read it."""

STATE: Final = Path("/var/lib/zapette")
"""The data folder of the machine's service."""

_HOMES: Final = tuple(Path(it) for it in ("/home", "/root", "/run/user"))
_PRIVATE: Final = tuple(Path(it) for it in ("/tmp", "/var/tmp"))  # noqa: S108 - only compared
_LOWEST_FREE_PORT: Final = 1024
_WATCHDOG: Final = 120
_CHARACTER: Final = Text(
    "{text} has a character that a unit file cannot hold",
    "{text} a un caractère que ne peut contenir un fichier d\u2019unité",
)

# Of both kinds; a user's own systemd can enforce no more.
_LIMITS: Final = """\
LockPersonality=yes
NoNewPrivileges=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_NETLINK AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallErrorNumber=EPERM
SystemCallFilter=@system-service
SystemCallFilter=~@privileged
UMask=0077
"""
_ISOLATION: Final = """\
CapabilityBoundingSet={capabilities}
DynamicUser=yes
PrivateMounts=yes
StateDirectory=zapette
StateDirectoryMode=0700
PrivateTmp=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHome={homes}
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
ProtectSystem=strict
RemoveIPC=yes
"""


@dataclass(frozen=True, slots=True)
class Unit:
    """What the unit is made from.

    Attributes:
        command: the program ``zapette``, an absolute path.
        readable: the folders that it reads: its own, Python's, and the films'.
        settings: settings for the environment, by name; none of them secret.
        ports: the ports that it listens on.
        graphics: the groups that may use the graphics card for conversions; empty without one.
        user: whether it is a user's own unit.
    """

    command: Path
    readable: tuple[Path, ...]
    settings: Mapping[str, str] = field(default_factory=dict)
    ports: tuple[int, ...] = ()
    graphics: tuple[str, ...] = ()
    user: bool = False

    def text(self) -> str:
        """Return the unit file."""
        lines = [
            "[Unit]",
            "Description=Zapette, a page that plays and a phone that controls it",
            "After=network-online.target",
            "Wants=network-online.target",
            "",
            "[Service]",
            "Type=notify",
            f"ExecStart={_quoted(str(self.command))} run",
            # the manager stops its parts
            "KillMode=mixed",
            "Restart=on-failure",
            "RestartSec=5",
            # what a restart does not help
            "RestartPreventExitStatus=2",
            f"WatchdogSec={_WATCHDOG}",
            *(
                f"Environment={_quoted(f'{name}={it}')}"
                for name, it in sorted(self.settings.items())
            ),
            *self._limits(),
            "",
            "[Install]",
            f"WantedBy={'default' if self.user else 'multi-user'}.target",
        ]
        return "\n".join(lines) + "\n"

    def _limits(self) -> Iterator[str]:
        yield from _LIMITS.splitlines()
        if not self.graphics:
            # the drivers of graphics cards compile programs
            yield "MemoryDenyWriteExecute=yes"
        if self.user:
            return
        readable = _outermost(self.readable)
        at_home = [it for it in readable if any(map(it.is_relative_to, _HOMES))]
        hidden = at_home + [it for it in readable if any(map(it.is_relative_to, _PRIVATE))]
        low = [port for port in self.ports if port < _LOWEST_FREE_PORT]
        needed = "CAP_NET_BIND_SERVICE" if low else ""
        homes = "tmpfs" if at_home else "yes"
        yield from _ISOLATION.format(capabilities=needed, homes=homes).splitlines()
        yield f"AmbientCapabilities={needed}"
        yield "Environment=ZAPETTE_DATA_DIR=%S/zapette ZAPETTE_CONFIG=%d/zapette.toml"
        yield f"LoadCredential=zapette.toml:{SETTINGS}"
        yield from (f"BindReadOnlyPaths={_quoted(_escaped(it))}" for it in hidden)
        if self.graphics:
            yield "DevicePolicy=closed"
            yield "DeviceAllow=char-drm rw"
            yield f"SupplementaryGroups={' '.join(self.graphics)}"
        else:
            yield "PrivateDevices=yes"


def with_folders(explained: str, folders: Mapping[str, Path]) -> str:
    """Return the text of a settings file with these folders, by the names of their settings."""
    for key, folder in folders.items():
        before, _, rest = explained.partition(f"\n{key} = ")
        value = json.dumps(str(folder), ensure_ascii=False)
        explained = f"{before}\n{key} = {value}\n{rest.partition(chr(10))[2]}"
    return explained


def _outermost(folders: Iterable[Path]) -> list[Path]:
    """Return the folders that are in none of the others."""
    found: list[Path] = []
    for folder in sorted(set(folders)):
        if not any(folder.is_relative_to(it) for it in found):
            found.append(folder)
    return found


def _escaped(path: Path) -> str:
    """Return a path for a list in which a colon separates it from another one."""
    return str(path).replace(":", "\\:")


def _quoted(text: str) -> str:
    """Return a word of a unit file that stands for `text` (systemd.syntax, "Quoting").

    Raises:
        UnitError: it has a character that stands for something else in some lines.
    """
    if not text.isprintable() or "$" in text:
        raise UnitError(said(_CHARACTER, text=repr(text)))
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{escaped}"'
