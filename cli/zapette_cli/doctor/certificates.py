"""Gathers the certificates that phones meet: our own, and that of the proxy in front of us."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from typing import Final, Literal
from urllib.parse import SplitResult, urlsplit

from cryptography import x509

from zapette_cli.doctor.facts import Certificate
from zapette_server.settings.settings import Settings
from zapette_server.tls.authority import Authority
from zapette_server.tls.certificate_reading import names_in

_TIMEOUT: Final = 3.0
_HTTPS: Final = 443


def gather(settings: Settings, page: str) -> Iterator[Certificate]:
    """Return the certificates; the only connection made is to `public_url`.

    Args:
        settings: the settings.
        page: the address of the pages for phones, which the code holds.
    """
    public = urlsplit(settings.public_url)
    if settings.tls_cert is not None:
        own = Authority.in_data(settings.data_dir).server_certificate
        kind: Literal["own", "file"] = "own" if settings.tls_cert == own else "file"
        # behind a proxy, phones do not meet it
        host = "" if public.hostname else (urlsplit(page).hostname or "")
        unread = Certificate(kind, str(settings.tls_cert), host)
        try:
            found = x509.load_pem_x509_certificate(settings.tls_cert.read_bytes())
        except (OSError, ValueError) as error:
            yield unread.failed(error)
        else:
            yield _read(unread, found)
    if public.scheme == "https" and public.hostname:
        unread = Certificate("front", settings.public_url, public.hostname)
        try:
            yield _read(unread, _shown_by(public, public.hostname))
        except (OSError, ValueError) as error:
            yield unread.failed(error)


def _read(unread: Certificate, found: x509.Certificate) -> Certificate:
    ends = found.not_valid_after_utc.timestamp()
    return Certificate(unread.kind, unread.where, unread.host, ends, names_in(found))


def _shown_by(public: SplitResult, host: str) -> x509.Certificate:
    """Return the certificate that a server presents, valid or not; no request is sent."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with (
        socket.create_connection((host, public.port or _HTTPS), timeout=_TIMEOUT) as connection,
        context.wrap_socket(connection, server_hostname=host) as secured,
    ):
        return x509.load_der_x509_certificate(secured.getpeercert(binary_form=True) or b"")
