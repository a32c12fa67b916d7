"""The settings: one frozen object; `zapette_server.settings.sources` builds it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from zapette.errors import SettingsError
from zapette_server.hosts import Hosts
from zapette_server.paths import DATA_FOLDER, SAMPLES
from zapette_server.settings.bridge_settings import BridgeSettings
from zapette_server.settings.broker_settings import BrokerSettings
from zapette_server.settings.setting_checks import CHECKS
from zapette_server.storage.opening import SQLITE
from zapette_server.trusted_proxies import TrustedProxies


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings and their defaults; ``config/zapette.toml`` explains each.

    Attributes:
        http_port: port of the pages, the API and MQTT over WebSocket (``/mqtt``), 1-65535.
        mqtt_port: port of MQTT over TCP.
        ws_port: a further port of MQTT over WebSocket; 0 for none, or for 8083 on systems that
            cannot hand connections from one process to another (Windows).
        mqtts_port: port of MQTT over TLS, with `tls_cert`; 0 for none.
        tls_cert: the certificate for https, wss and mqtts, in PEM, followed by those that lead to
            its authority; None for no TLS.
        tls_key: its private key, in PEM.
        bind: IP address to listen on.
        public_url: address of the pages for phones; empty for the one that the server finds.
        public_ws_url: address of the broker for browsers; empty for ``/mqtt`` of the page's host.
        allowed_hosts: further names of this machine, separated by commas.
        trusted_proxy: IP addresses and networks of reverse proxies, separated by commas; their
            X-Forwarded-For is trusted.
        data_dir: folder of the secret, the accounts and the stores.
        media_dir: folder of the media.
        database: ``sqlite`` (files in `data_dir`), or the URL of a PostgreSQL database that several
            web sides share: ``postgresql://user:password@host:5432/name``.
        mdns: whether the network finds this server as ``zapette.local``, with its services.
        library: who may read the library over HTTP: ``let_in`` (players, remotes, guests and the
            household) or ``open`` (everybody who reaches the server).
        uploads_max: the size of all files from phones together, in MiB; 0 for none.
        uploads_hours: hours after which such a file is deleted in any case, 1-720.
        photo_seconds: seconds for which a player shows a photo, 1-3600.
        guest_uploads: whether guests may upload files too.
        links_private: whether the server looks for films in pages of private networks too.
        new_players: which pages become players at once: ``local`` (those on this machine and on
            private addresses of its networks), ``open`` (all) or ``ask`` (none); others wait until
            somebody lets them in.
        base_topic: the first levels of every topic except discovery.
        anonymous: whether clients without an account have the household's rights.
        token_lifetime: lifetime of a page's token, in seconds, 60 or more.
        convert: ``auto`` converts what a browser cannot play, ``never`` nothing.
        convert_at_once: the most pictures that are converted at once, 1-64.
        convert_cache: the size of the converted parts that are kept, in MiB.
        convert_height: the most lines of a converted picture.
        encoder: ``auto``, or what ffmpeg calls the encoder of H.264: ``libx264``.
        home_assistant: the announcements for Home Assistant: ``integration`` (a player, for the
            integration), ``core`` (its parts, for Home Assistant alone), ``both`` or ``none``.
        discovery_prefix: the first level of Home Assistant's discovery topics.
        forget_after_days: days after which an absent player is forgotten; 0 is never.
        page_errors: whether pages report their errors to the terminal of the server.
        development: whether pages reload when they change; includes `page_errors`.
        limits: the broker's changed limits, ``max_packet = 65536, …``; a table in the file.
        log_level: ``debug``, ``info``, ``warning``, ``error``, or ``auto``: ``warning`` on a
            terminal, ``info`` elsewhere.
        ca_file: certificates that scripts, commands and the bridge trust for ``mqtts`` and ``wss``,
            and the web side for the nodes of a cluster, in PEM; None for the system's.
        broker: our own broker, or a cluster of NATS servers.
        bridge: the home's own broker.
    """

    http_port: int = 8000
    mqtt_port: int = 1883
    ws_port: int = 0
    mqtts_port: int = 8883
    bind: str = "0.0.0.0"  # noqa: S104 - phones must reach it; every port asks for credentials
    public_url: str = ""
    public_ws_url: str = ""
    allowed_hosts: str = ""
    trusted_proxy: str = ""
    tls_cert: Path | None = None
    tls_key: Path | None = None
    data_dir: Path = DATA_FOLDER
    media_dir: Path = SAMPLES
    database: str = SQLITE
    mdns: bool = True
    library: str = "let_in"
    uploads_max: int = 8192
    uploads_hours: int = 24
    guest_uploads: bool = False
    photo_seconds: int = 8
    links_private: bool = False
    new_players: str = "local"
    base_topic: str = "zapette"
    anonymous: bool = False
    token_lifetime: int = 12 * 3600
    convert: str = "auto"
    convert_at_once: int = 2
    convert_cache: int = 2048
    convert_height: int = 1080
    encoder: str = "auto"
    home_assistant: str = "integration"
    discovery_prefix: str = "homeassistant"
    forget_after_days: int = 30
    page_errors: bool = False
    development: bool = False
    limits: str = ""
    log_level: str = "auto"
    ca_file: Path | None = None
    broker: BrokerSettings = field(default_factory=BrokerSettings)
    bridge: BridgeSettings = field(default_factory=BridgeSettings)

    def __post_init__(self) -> None:
        for key, check in CHECKS.items():
            check(key, getattr(self, key))
        if (self.tls_cert is None) != (self.tls_key is None):
            key, other = ("tls_key", "tls_cert") if self.tls_cert else ("tls_cert", "tls_key")
            raise SettingsError(key, f"it is needed, because {other} is set")

    @property
    def is_tls(self) -> bool:
        """Whether the pages and the broker are reached over TLS."""
        return self.tls_cert is not None

    @property
    def proxies(self) -> TrustedProxies:
        """The proxies whose word about the client counts."""
        return TrustedProxies.read(self.trusted_proxy)

    @property
    def hosts(self) -> Hosts:
        """The hosts that HTTP and WebSockets answer."""
        return Hosts.of(self.public_url, self.public_ws_url, allowed=self.allowed_hosts)
