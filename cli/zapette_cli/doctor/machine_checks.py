"""Checks of the data folder, the disk, the converter, the clock and the settings; no I/O."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from zapette.mqtt.url import BrokerUrl
from zapette_cli.doctor.facts import Facts
from zapette_cli.doctor.findings import Finding, bad, doubtful, good
from zapette_cli.language import Text
from zapette_server.health_checks import LEAST_ROOM
from zapette_server.settings.settings import Settings
from zapette_server.settings.sources import variable

_MIB: Final = 1 << 20
_RELEASED: Final = 1793500000.0
"""When this was written: no clock is earlier (2026-11-01)."""

_NETWORKED: Final = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "afpfs", "9p", "ceph", "glusterfs", "fuse.sshfs",
     "fuse.glusterfs", "fuse.rclone", "davfs", "fuse.davfs2"}
)  # fmt: skip
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


def folder(facts: Facts) -> Iterator[Finding]:
    """Check that the data folder can be used."""
    found, path = facts.folder, facts.settings.data_dir
    elsewhere = Text(
        "or choose another folder: {variable}=FOLDER",
        "ou choisissez un autre dossier\u202f: {variable}=DOSSIER",
    ).filled(variable=variable("data_dir"))
    if found.is_read_only:
        yield bad(
            "data",
            Text("{path} is read-only", "{path} est en lecture seule").filled(path=path),
            _join(Text("mount it for writing,", "montez-le en écriture,"), elsewhere),
        )
    elif not found.is_ours or not found.is_writable:
        yield bad(
            "data",
            Text("{path} cannot be written", "impossible d\u2019écrire dans {path}").filled(
                path=path
            ),
            _join(Text(f"sudo chown -R $USER {path},", f"sudo chown -R $USER {path},"), elsewhere),
        )
    elif found.newer:
        yield bad(
            "data",
            Text(
                "a newer version of Zapette wrote {file}",
                "une version plus récente de Zapette a écrit {file}",
            ).filled(file=found.newer),
            _join(Text("install that version again,", "réinstallez cette version,"), elsewhere),
        )
    elif not found.is_private:
        yield doubtful(
            "data",
            Text("others can read {path}", "d\u2019autres peuvent lire {path}").filled(path=path),
            Text(f"chmod 700 {path}", f"chmod 700 {path}"),
        )
    else:
        yield good("data", str(path))


def disk(facts: Facts) -> Iterator[Finding]:
    """Check the disk of the data folder."""
    found, settings = facts.folder, facts.settings
    if found.file_system in _NETWORKED:
        yield doubtful(
            "disk",
            Text(
                "the data folder is on a network ({kind})",
                "le dossier des données est sur un disque réseau ({kind})",
            ).filled(kind=found.file_system),
            Text(
                "its databases need locks that such a disk may lack: {variable} on a local disk",
                "ses bases exigent des verrous qu\u2019un tel disque n\u2019a pas toujours\u202f: "
                "{variable} sur un disque local",
            ).filled(variable=variable("data_dir")),
        )
    if found.free is None:
        return
    room = Text("{free} MiB are free", "{free} Mio sont libres").filled(free=found.free // _MIB)
    needed = settings.convert_cache * _MIB if settings.convert != "never" else 0
    if found.free < min(LEAST_ROOM, found.total // 20):
        remedy = Text(
            "make room on the disk of {path}", "faites de la place sur le disque de {path}"
        )
        yield bad("disk", room, remedy.filled(path=settings.data_dir))
    elif found.free < needed:
        yield doubtful(
            "disk",
            room,
            Text(
                "converted films may take {needed} MiB: make room, or set a smaller {variable}",
                "les films convertis peuvent prendre {needed} Mio\u202f: faites de la place, ou "
                "réduisez {variable}",
            ).filled(needed=settings.convert_cache, variable=variable("convert_cache")),
        )
    else:
        yield good("disk", room)


def converter(facts: Facts) -> Iterator[Finding]:
    """Check that films can be converted."""
    settings = facts.settings
    if settings.convert == "never":
        return
    install = Text("sudo apt install ffmpeg, or pip install zapette[ffmpeg]",
                   "sudo apt install ffmpeg, ou pip install zapette[ffmpeg]")  # fmt: skip
    if facts.ffmpeg is None:
        yield doubtful(
            "converter",
            Text(
                "there is no ffmpeg: films that a browser cannot play stay unplayable",
                "pas de ffmpeg\u202f: un film que le navigateur ne lit pas reste illisible",
            ),
            install,
        )
    elif settings.encoder != "auto" and settings.encoder not in facts.encoders:
        yield bad(
            "converter",
            Text(
                "this ffmpeg has no encoder {name}", "ce ffmpeg n\u2019a pas d\u2019encodeur {name}"
            ).filled(name=settings.encoder),
            Text('set {variable} to "auto"', "mettez {variable} à auto").filled(
                variable=variable("encoder")
            ),
        )
    elif not facts.encoders:
        yield bad(
            "converter",
            Text(
                "this ffmpeg has no encoder for H.264",
                "ce ffmpeg n\u2019a pas d\u2019encodeur H.264",
            ),
            install,
        )
    else:
        yield good("converter", facts.ffmpeg)


def clock(facts: Facts) -> Iterator[Finding]:
    """Check that the clock is not far off: links and tokens would be invalid."""
    if facts.now < _RELEASED:
        yield bad(
            "clock",
            Text(
                "the clock of this machine is years behind",
                "l\u2019horloge de cette machine retarde de plusieurs années",
            ),
            Text("sudo timedatectl set-ntp true", "sudo timedatectl set-ntp true"),
        )


def settings(facts: Facts) -> Iterator[Finding]:
    """Check for settings that are valid one by one and cannot be right."""
    given = facts.settings
    found = [*_wrong_addresses(facts, given), *_wrong_rights(facts, given)]
    yield from found or [good("settings", Text("no contradiction", "aucune contradiction"))]


def _wrong_addresses(facts: Facts, given: Settings) -> Iterator[Finding]:
    public = urlsplit(given.public_url)
    if public.hostname in _LOOPBACK:
        yield _setting(
            "public_url",
            Text("phones cannot reach {host}", "les téléphones ne peuvent pas joindre {host}")
            .filled(host=public.hostname),
            Text("leave it empty, or give this server's name", "laissez-le vide, ou donnez le nom "
                 "de ce serveur"),
        )  # fmt: skip
    if public.scheme == "https" and given.public_ws_url.startswith("ws:"):
        yield _setting(
            "public_ws_url",
            Text(
                "a page that came over https cannot open ws:",
                "une page en https ne peut pas ouvrir ws:",
            ),
            Text("give an address with wss:", "donnez une adresse en wss:"),
        )
    numbers = [given.http_port, given.mqtt_port, given.ws_port]
    for at, key in ((1, "mqtt_port"), (2, "ws_port")):
        if numbers[at] and numbers[at] in numbers[:at]:
            yield _setting(
                key,
                Text("{port} is used twice", "{port} sert deux fois").filled(port=numbers[at]),
                Text("give each its own port", "donnez à chacun son port"),
            )
    own = _own(facts)
    bound = ip_address(given.bind)
    if not (bound.is_unspecified or bound.is_loopback or given.bind in own):
        yield _setting(
            "bind",
            Text("no interface has {ip}", "aucune interface n\u2019a {ip}").filled(ip=given.bind),
            Text("set 0.0.0.0, or one of: {own}", "mettez 0.0.0.0, ou l\u2019une de\u202f: {own}")
            .filled(own=", ".join(sorted(own)) or "127.0.0.1"),
        )  # fmt: skip


def _wrong_rights(facts: Facts, given: Settings) -> Iterator[Finding]:
    if not facts.has_media:
        yield _setting(
            "media_dir",
            Text("{path} cannot be read", "{path} est illisible").filled(path=given.media_dir),
            Text("give the folder with your films", "donnez le dossier de vos films"),
        )
    if given.anonymous and not ip_address(given.bind).is_loopback:
        yield doubtful(
            "settings",
            Text("anonymous: everybody on the network has the household's rights",
                 "anonymous\u202f: tout le réseau a les droits du foyer"),
            Text("turn it off, or trust everybody who can connect",
                 "désactivez-le, ou fiez-vous à tous ceux qui peuvent se connecter"),
        )  # fmt: skip
    if given.bridge.url:
        home = BrokerUrl.parse(given.bridge.url)
        if home.host in _own(facts) | _LOOPBACK and home.port == given.mqtt_port:
            yield _setting(
                "bridge.url",
                Text("it is Zapette's own broker", "c\u2019est le broker de Zapette elle-même"),
                Text("leave it empty, or give your home's broker",
                     "laissez-le vide, ou donnez le broker de la maison"),
            )  # fmt: skip


def _own(facts: Facts) -> set[str]:
    return {it.ip for it in facts.network.addresses}


def _setting(key: str, why: Text, remedy: Text) -> Finding:
    name = f"{key} ({variable(key)}): "
    return bad("settings", Text(name + why.en, name + why.fr), remedy)


def _join(one: Text, other: Text) -> Text:
    return Text(f"{one.en} {other.en}", f"{one.fr} {other.fr}")
