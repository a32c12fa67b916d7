"""A server's certificate and key, which are read again when their files change."""

from __future__ import annotations

import asyncio
import logging
import ssl
from pathlib import Path
from typing import Final

from zapette_broker.errors import CertificateError

logger = logging.getLogger("broker")

LOOK: Final = 2.0
"""The time between two looks at the files, in seconds."""

_Stamp = tuple[tuple[int, int, int] | None, ...]


class ServerCertificate:
    """The TLS context of a server whose certificate can be replaced while it runs.

    A new pair serves new connections; those that are open keep theirs. A pair that cannot be used
    is logged once, and the one before serves on.

    Args:
        certificate: the file of the certificate and those that lead to its authority, in PEM.
        key: the file of the private key, in PEM, without a passphrase.

    Attributes:
        context: what listeners use.

    Raises:
        CertificateError: the pair cannot be used; the error names the file.
    """

    def __init__(self, certificate: Path, key: Path) -> None:
        self._files = (certificate, key)
        self._seen = self._used = self._stamp()
        self._current = self.context = load(certificate, key)
        # called for each client, also for one that names no host
        self.context.sni_callback = self._switch

    def look(self) -> bool:
        """Read the pair again if it has changed; return whether a new one serves from now on.

        It waits until the files are the same at two looks, since both take a while to replace.
        """
        before, self._seen = self._seen, self._stamp()
        if self._seen in (self._used, None) or self._seen != before:
            return False
        self._used = self._seen
        try:
            self._current = load(*self._files)
        except CertificateError as error:
            logger.error("event=certificate_refused reason=%r", str(error))  # noqa: TRY400 - expected
            return False
        logger.info("event=certificate_changed file=%s", self._files[0])
        return True

    async def watch(self) -> None:
        """Look at the files until cancelled."""
        while True:
            await asyncio.sleep(LOOK)
            self.look()

    def _switch(self, client: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
        client.context = self._current

    def _stamp(self) -> _Stamp:
        return tuple(_stamp(file) for file in self._files)


def load(certificate: Path, key: Path) -> ssl.SSLContext:
    """Return a server's context with a certificate and its key.

    Raises:
        CertificateError: one of them cannot be read or used, or they do not belong together.
    """
    texts = []
    for file in (certificate, key):
        try:
            texts.append(file.read_bytes())
        except OSError as error:
            raise CertificateError(file, f"cannot be read: {error.strerror}") from error
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        # without a function, OpenSSL asks for a passphrase on the terminal
        context.load_cert_chain(certificate, key, password=lambda: "")
    except (ssl.SSLError, ValueError) as error:
        raise _explained(certificate, key, *texts) from error
    return context


def _explained(certificate: Path, key: Path, public: bytes, private: bytes) -> CertificateError:
    try:
        ssl.create_default_context(cadata=public.decode("ascii"))
    except (ssl.SSLError, ValueError):
        return CertificateError(certificate, "is not a certificate in PEM")
    if b"ENCRYPTED" in private:
        return CertificateError(key, "has a passphrase, which a server cannot enter; remove it")
    if b"PRIVATE KEY-----" not in private:
        return CertificateError(key, "is not a private key in PEM")
    return CertificateError(key, f"is damaged, or is not the key of the certificate {certificate}")


def _stamp(file: Path) -> tuple[int, int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
