"""The certificate of the settings, for the processes that use it."""

from __future__ import annotations

import asyncio
import logging
import socket
from typing import Final

from zapette.errors import SettingsError
from zapette_broker.errors import CertificateError
from zapette_broker.transports.server_certificate import ServerCertificate
from zapette_server.errors import AuthorityError
from zapette_server.handover_socket import web_socket
from zapette_server.settings.settings import Settings
from zapette_server.tls.certificate_names import CertificateNames

log = logging.getLogger("zapette.tls")

_LOOK: Final = 30.0
"""The time between two looks at this machine's names, in seconds."""


def server_certificate(settings: Settings) -> ServerCertificate | None:
    """Return the certificate of the settings; None without TLS.

    Raises:
        SettingsError: it or its key cannot be used, or this system cannot have TLS on its one port.
    """
    if settings.tls_cert is None or settings.tls_key is None:
        return None
    if web_socket(settings.data_dir) is None:
        raise SettingsError(
            "tls_cert",
            "this system has no Unix sockets, which Zapette needs for TLS; put a reverse proxy "
            "in front of it instead (docs/reverse-proxy.md)",
        )
    try:
        return ServerCertificate(settings.tls_cert, settings.tls_key)
    except CertificateError as error:
        key = "tls_cert" if error.file == settings.tls_cert else "tls_key"
        raise SettingsError(key, str(error)) from error


def names_of(settings: Settings) -> CertificateNames:
    """Return the names and addresses by which others reach this machine."""
    from zapette_webapp.network import network

    found = [it.ip for it in network.candidates(settings.bind)]
    return CertificateNames.of(socket.gethostname(), settings.hosts.names, found)


def renew_own(settings: Settings) -> None:
    """Renew the certificate if it is of `zapette tls` and nears its end or lacks a name."""
    if settings.tls_cert is None:
        return
    from zapette_server.tls.authority import Authority

    authority = Authority.in_data(settings.data_dir)
    if settings.tls_cert != authority.server_certificate or not authority.is_made:
        return
    try:
        names = names_of(settings)
        if authority.is_due(names):
            authority.make(names)
            log.info("the certificate is new: for %s", authority.names())
    except AuthorityError as error:
        log.error("the certificate cannot be renewed: %s", error)  # noqa: TRY400 - it is complete


async def keep_own(settings: Settings) -> None:
    """Renew the certificate of `zapette tls` whenever it is due, until cancelled."""
    while True:
        await asyncio.sleep(_LOOK)
        await asyncio.to_thread(renew_own, settings)
