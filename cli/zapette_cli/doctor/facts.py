"""What ``zapette doctor`` knows about a machine; no I/O."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from zapette_server.settings.settings import Settings
from zapette_server.tls.certificate_names import CertificateNames
from zapette_webapp.network.network import Candidate


@dataclass(frozen=True, slots=True)
class Port:
    """A port that Zapette listens on, or is to.

    Attributes:
        key: the setting.
        what: what it is for.
        number: the port.
        is_open: whether somebody listens there.
        owner: the program that does, as the system names it; empty if it does not say.
    """

    key: str
    what: str
    number: int
    is_open: bool
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Network:
    """The network as this machine has it.

    Attributes:
        addresses: the addresses of the interfaces that are up, in the family of `bind`, but for the
            loopback's.
        default: the source address of the default route; None without one.
        page: the address of the pages for phones.
        refused: ports that do not answer at that address, while Zapette runs.
        others: the addresses of the other family, as `addresses`.
    """

    addresses: tuple[Candidate, ...] = ()
    default: str | None = None
    page: str = ""
    refused: tuple[int, ...] = ()
    others: tuple[Candidate, ...] = ()


@dataclass(frozen=True, slots=True)
class Firewall:
    """A firewall that is on.

    Attributes:
        name: ``ufw``, ``firewalld`` or ``nftables``.
        blocked: ports that it blocks for certain.
        unknown: ports that it may block; its rules cannot be read, or depend on more than the port.
        place: the chain to add a rule to, as nft names it.
    """

    name: Literal["ufw", "firewalld", "nftables"]
    blocked: tuple[int, ...] = ()
    unknown: tuple[int, ...] = ()
    place: str = ""


@dataclass(frozen=True, slots=True)
class Folder:
    """The data folder and its disk.

    Attributes:
        exists: whether it is there.
        is_ours: whether it belongs to this user, or this user is root.
        is_private: whether only its owner can enter it.
        is_writable: whether files can be made in it, or, before the first start, it itself.
        is_read_only: whether its file system is mounted read-only.
        free: free bytes; None if unknown.
        total: the size of the disk in bytes.
        file_system: its type, as the system names it: ``ext4``.
        newer: which of its files a newer version wrote; empty for none.
    """

    exists: bool = True
    is_ours: bool = True
    is_private: bool = True
    is_writable: bool = True
    is_read_only: bool = False
    free: int | None = None
    total: int = 0
    file_system: str = ""
    newer: str = ""


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate that phones meet.

    Attributes:
        kind: of `zapette tls` (``own``), another one of the settings (``file``), or that of a
            proxy in front of Zapette (``front``).
        where: its file, or the address that it was got from.
        host: the name or address in the code, which it is to be for; empty if phones get another.
        ends: when it expires, in Unix time.
        names: what it is for.
        problem: why it is not known; empty if it is.
    """

    kind: Literal["own", "file", "front"]
    where: str
    host: str
    ends: float = 0.0
    names: CertificateNames = field(default_factory=CertificateNames)
    problem: str = ""

    def failed(self, error: Exception) -> Certificate:
        """Return it as one that is not known."""
        return replace(self, problem=str(error))


@dataclass(frozen=True, slots=True)
class Facts:
    """What the checks need to know.

    Attributes:
        settings: the settings.
        is_running: whether Zapette answers on its HTTP port.
        ports: the ports.
        network: the network.
        firewall: the firewall that is on, if one is known.
        folder: the data folder.
        has_media: whether the media folder can be read.
        ffmpeg: the path of ffmpeg; None without.
        encoders: the encoders of H.264 that it has.
        certificates: those that phones meet.
        now: the time, as Unix time in seconds.
    """

    settings: Settings
    is_running: bool = True
    ports: tuple[Port, ...] = ()
    network: Network = Network()
    firewall: Firewall | None = None
    folder: Folder = Folder()
    has_media: bool = True
    ffmpeg: str | None = "ffmpeg"
    encoders: frozenset[str] = frozenset({"libx264"})
    certificates: tuple[Certificate, ...] = ()
    now: float = 2e9
