"""The settings of Mosquitto that the scripts write, as far as our broker has their like."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

_IGNORED: Final = frozenset(
    (
        "autosave_interval",
        "autosave_on_changes",
        "log_dest",
        "log_type",
        "per_listener_settings",
        "sys_interval",
        "user",
    )
)
"""What changes nothing that a client sees."""

_NUMBERS: Final = frozenset(
    ("max_inflight_messages", "max_keepalive", "max_packet_size", "max_queued_messages")
)
_FILES: Final = frozenset(("password_file", "acl_file", "persistence_file"))


class Unsupported(Exception):
    """Settings that our broker does not have, named in `names`."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = tuple(dict.fromkeys(names))
        super().__init__(", ".join(self.names))


@dataclass(slots=True)
class Listener:
    """A listener: `origins` None means any, as does 0 for `max_connections`."""

    port: int
    host: str = ""
    websockets: bool = False
    max_connections: int = 0
    origins: frozenset[str] | None = None
    certificate: Path | None = None
    key: Path | None = None
    authorities: Path | None = None

    def chain(self) -> Path:
        """Return a file with the certificate and, as OpenSSL would add them, those that sign it."""
        file = Path(f"chain-{self.port}.pem")
        parts = [part.read_text() for part in (self.certificate, self.authorities) if part]
        file.write_text("".join(parts))
        return file


@dataclass(slots=True)
class Settings:
    """What a script wants of the broker; None and 0 where it says nothing."""

    listeners: list[Listener] = field(default_factory=list)
    anonymous: bool | None = None
    persistence: bool = False
    numbers: dict[str, int] = field(default_factory=dict)
    files: dict[str, Path] = field(default_factory=dict)

    @property
    def lets_in_everybody(self) -> bool:
        """Whether clients without a name get in: by default only where nothing is set up."""
        if self.anonymous is None:
            return not self.listeners and "password_file" not in self.files
        return self.anonymous


def read(text: str) -> Settings:
    """Read a configuration file.

    Raises:
        Unsupported: it has settings that our broker does not know.
    """
    settings = Settings()
    unknown = []
    for line in text.splitlines():
        name, _, value = line.strip().partition(" ")
        if name and not name.startswith("#") and not _take(settings, name, value.strip()):
            unknown.append(name)
    if unknown:
        raise Unsupported(unknown)
    return settings


def _take(settings: Settings, name: str, value: str) -> bool:
    """Take one setting; tell whether it is known."""
    if name in ("listener", "port"):
        number, _, host = value.partition(" ")
        settings.listeners.append(Listener(int(number), host))
    elif name == "allow_anonymous":
        settings.anonymous = value == "true"
    elif name == "persistence":
        settings.persistence = value == "true"
    elif name in _NUMBERS:
        settings.numbers[name] = int(value)
    elif name in _FILES:
        settings.files[name] = Path(value)
    elif name not in _IGNORED:
        return bool(settings.listeners) and _take_of_listener(settings.listeners[-1], name, value)
    return True


def _take_of_listener(listener: Listener, name: str, value: str) -> bool:
    match name:
        case "protocol" if value in ("mqtt", "websockets"):
            listener.websockets = value == "websockets"
        case "max_connections":
            listener.max_connections = int(value)
        case "websockets_origin":
            listener.origins = (listener.origins or frozenset()) | {value}
        case "certfile":
            listener.certificate = Path(value)
        case "keyfile":
            listener.key = Path(value)
        case "cafile":
            listener.authorities = Path(value)
        case _:
            return False
    return True


def from_arguments(arguments: Sequence[str]) -> Settings:
    """Read the command line of Mosquitto: ``-c FILE``, ``-p PORT``, ``-v``.

    A port without a listener of the file makes one on this machine, open to everybody.

    Raises:
        Unsupported: as `read` does, and for other options.
    """
    left = list(arguments)
    settings, ports = Settings(), []
    while left:
        option = left.pop(0)
        if option == "-c" and left:
            settings = read(Path(left.pop(0)).read_text())
        elif option == "-p" and left:
            ports.append(int(left.pop(0)))
        elif option != "-v":
            raise Unsupported([option])
    known = {listener.port for listener in settings.listeners}
    new = [Listener(port, "127.0.0.1") for port in ports if port not in known]
    if not settings.listeners and settings.anonymous is None:
        settings.anonymous = "password_file" not in settings.files
    settings.listeners += new
    return settings
