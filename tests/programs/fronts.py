"""What stands in front of the systems under test: nothing, TLS of their own, or a proxy.

``TEST_FRONT=tls`` (or another of `FRONTS`) puts it in front of every system that a test
starts without addresses of its own. The proxies have the pages below ``/tv/``, with the
configurations that docs/reverse-proxy.md shows.
"""

from __future__ import annotations

import atexit
import base64
import hashlib
import os
import re
import shutil
import ssl
import subprocess
import sysconfig
import tempfile
from abc import ABC, abstractmethod
from functools import cache
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.programs.nginx import nginx
from tests.programs.ports import free_port
from tests.programs.processes import started
from zapette_cli.processes.certificate import names_of
from zapette_server.paths import ROOT
from zapette_server.settings.settings import Settings
from zapette_server.tls.authority import Authority

_OWN: Final = frozenset(
    f"ZAPETTE_{key}" for key in ("PUBLIC_URL", "TLS_CERT", "TRUSTED_PROXY", "WS_PORT")
)


class Front(ABC):
    """What stands in front of one system."""

    def __init__(self, http_port: int) -> None:
        self.http_port = self.port = http_port

    @property
    @abstractmethod
    def url(self) -> str:
        """The address of the pages."""

    @property
    @abstractmethod
    def settings(self) -> dict[str, str]:
        """What the system is started with."""

    def trusting(self) -> ssl.SSLContext | None:
        """Return what trusts its certificate, if it has one."""
        return None

    def start(self, folder: Path) -> None:  # noqa: B027 - the system itself needs no help
        """Start it, if it does not run."""

    def stop(self) -> None:  # noqa: B027
        """Stop it."""


@cache
def authority() -> Authority:
    """Return the home's own authority in this run of the tests, made as by ``zapette tls``."""
    folder = Path(tempfile.mkdtemp(prefix="zapette-tls-"))
    atexit.register(shutil.rmtree, folder)
    made = Authority(folder)
    made.make(names_of(Settings()))
    return made


@cache
def fingerprint() -> str:
    """Return the digest of the key in the server's certificate, as Chromium wants it."""
    certificate = x509.load_pem_x509_certificate(authority().server_certificate.read_bytes())
    key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(key).digest()).decode()


class Tls(Front):
    """The system's own TLS.

    Args:
        http_port: of the system.
        trusted: what its certificate is checked with; the authority of this run of the tests if
            None.
    """

    def __init__(self, http_port: int, trusted: Path | None = None) -> None:
        super().__init__(http_port)
        self._trusted = trusted or authority().certificate

    def trusting(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._trusted)

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}/"

    @property
    def settings(self) -> dict[str, str]:
        return {
            "ZAPETTE_TLS_CERT": str(authority().server_certificate),
            "ZAPETTE_TLS_KEY": str(authority().server_key),
            "ZAPETTE_MQTTS_PORT": "0",
        }


class Proxy(Front):
    """A reverse proxy with the configuration of the documentation.

    Args:
        http_port: of the system.
        more: what else the configuration of the location has.
    """

    program: str
    language: str
    ends_tls = False
    """Whether its own pages are on https, with the certificate of `authority`."""

    def __init__(self, http_port: int, more: str = "") -> None:
        super().__init__(http_port)
        self.port = free_port()
        self._more = more
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"{'https' if self.ends_tls else 'http'}://localhost:{self.port}/tv/"

    def trusting(self) -> ssl.SSLContext | None:
        if not self.ends_tls:
            return None
        return ssl.create_default_context(cafile=authority().certificate)

    @property
    def settings(self) -> dict[str, str]:
        return {
            "ZAPETTE_PUBLIC_URL": self.url,
            "ZAPETTE_TRUSTED_PROXY": "127.0.0.1",
            "ZAPETTE_BIND": "127.0.0.1",
        }

    def documented(self) -> str:
        """Return the configuration in the documentation, with the ports of the test."""
        document = (ROOT / "docs" / "reverse-proxy.md").read_text(encoding="utf-8")
        (found,) = re.findall(rf"```{self.language}\n(.*?)```", document, re.DOTALL)
        return str(found).replace("127.0.0.1:8000", f"127.0.0.1:{self.http_port}")

    @abstractmethod
    def command(self, folder: Path) -> list[str]:
        """Return the command that runs it with a folder of its own."""

    def start(self, folder: Path) -> None:
        if self._process is not None and self._process.poll() is None:
            return
        places = [os.environ["PATH"], "/usr/sbin", sysconfig.get_path("scripts")]
        program = shutil.which(self.program, path=":".join(places))
        assert program, f"{self.program} is needed; scripts/system-packages.sh says how"
        home = Path(tempfile.mkdtemp(dir=folder))
        # its workers may run as another user
        home.chmod(0o777)
        own = {"HOME": str(home), "XDG_DATA_HOME": str(home)}
        command = [program, *self.command(home)]
        self._process = started(command, home / "log", env=os.environ | own)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(20)
            self._process = None


class Nginx(Proxy):
    """nginx."""

    program = language = "nginx"

    def command(self, folder: Path) -> list[str]:
        tls = (
            f"ssl_certificate {authority().server_certificate};\n"
            f"ssl_certificate_key {authority().server_key};\n"
        )
        http = (
            "access_log off;\n"
            f"server {{ listen 127.0.0.1:{self.port}{' ssl' if self.ends_tls else ''};\n"
            f"{tls if self.ends_tls else ''}{self._more}\n{self.documented()}\n}}"
        )
        return nginx(folder, http)[1:]


class Caddy(Proxy):
    """Caddy, which asks nobody for certificates here."""

    program = language = "caddy"

    def command(self, folder: Path) -> list[str]:
        tls = f"\ntls {authority().server_certificate} {authority().server_key}"
        site = self.documented().replace(
            "home.example {",
            f"https://localhost:{self.port} {{{tls}"
            if self.ends_tls
            else f"http://:{self.port} {{",
        )
        options = "admin off\nauto_https off\ndefault_bind 127.0.0.1"
        (folder / "Caddyfile").write_text(f"{{\n{options}\n}}\n{site}")
        return ["run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]


class Traefik(Proxy):
    """Traefik, with what the documentation says in the file of its file provider."""

    program = "traefik"
    language = "yaml"

    def command(self, folder: Path) -> list[str]:
        pair = f"certFile: {authority().server_certificate}, keyFile: {authority().server_key}"
        dynamic = self.documented().replace("Host(`home.example`)", "HostRegexp(`.`)")
        if self.ends_tls:
            dynamic = dynamic.replace("service: zapette", "service: zapette\n      tls: {}")
            dynamic += f"tls: {{certificates: [{{{pair}}}]}}\n"
        file = folder / "traefik.yaml"
        file.write_text(dynamic)
        return [
            f"--entryPoints.web.address=127.0.0.1:{self.port}",
            # otherwise it answers nobody for ten seconds before it ends
            "--entryPoints.web.transport.lifeCycle.graceTimeOut=0",
            f"--providers.file.filename={file}",
            "--global.checkNewVersion=false",
            "--global.sendAnonymousUsage=false",
        ]


class SecureNginx(Nginx):
    """nginx that ends TLS."""

    ends_tls = True


class SecureCaddy(Caddy):
    """Caddy that ends TLS."""

    ends_tls = True


class SecureTraefik(Traefik):
    """Traefik that ends TLS."""

    ends_tls = True


FRONTS: Final[dict[str, type[Front]]] = {
    "tls": Tls,
    "nginx": Nginx,
    "caddy": Caddy,
    "traefik": Traefik,
    "nginx-tls": SecureNginx,
}


def chosen() -> str:
    """Return what the tests are run behind; empty for nothing."""
    return os.environ.get("TEST_FRONT", "")


def front_of(http_port: int, settings: dict[str, str], command: str) -> Front | None:
    """Return what stands in front of a system; None if the test sets addresses of its own."""
    name = chosen()
    if not name or command != "run" or _OWN & settings.keys():
        return None
    return FRONTS[name](http_port)
