"""The certificate of the settings, for the processes that use it."""

from __future__ import annotations

from zapette.errors import SettingsError
from zapette_broker.errors import CertificateError
from zapette_broker.transports.server_certificate import ServerCertificate
from zapette_server.one_port import web_socket
from zapette_server.settings import Settings


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
