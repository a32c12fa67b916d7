"""A home's own authority, and the certificate that it gives the server."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import (
    IPv4Network,
    IPv6Network,
    ip_network,
)
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from zapette_server.errors import AuthorityError
from zapette_server.storage import private_file
from zapette_server.tls.certificate_names import PRIVATE, CertificateNames, is_private
from zapette_server.tls.certificate_reading import names_in

YEARS: Final = timedelta(days=3652)
"""How long an authority is valid."""

LEAF: Final = timedelta(days=396)
"""How long a certificate is valid, with a day for clocks that are slow; browsers allow 398."""

RENEWED_BEFORE: Final = timedelta(days=30)
"""How long before its end a certificate is renewed."""

_SLOW_CLOCKS: Final = timedelta(days=1)
_LOCAL: Final = ("localhost", "local")


@dataclass(frozen=True, slots=True)
class Authority:
    """The files of an authority and its one certificate, readable by their owner only.

    The authority is for private addresses, names in ``.local``, and the names and addresses that
    the server had when it was made; browsers accept nothing else from it (RFC 5280, 4.2.1.10).

    Attributes:
        folder: the folder of the files.
    """

    folder: Path

    @classmethod
    def in_data(cls, data_dir: Path) -> Authority:
        """Return the authority of a data folder, which may not be made yet."""
        return cls(data_dir / "tls")

    @property
    def certificate(self) -> Path:
        """The authority's certificate, in PEM, which devices install."""
        return self.folder / "authority.crt"

    @property
    def server_certificate(self) -> Path:
        """The server's certificate, in PEM."""
        return self.folder / "server.crt"

    @property
    def server_key(self) -> Path:
        """The server's private key, in PEM."""
        return self.folder / "server.key"

    @property
    def is_made(self) -> bool:
        """Whether there is one."""
        return self.certificate.exists() and self._key.exists()

    @property
    def der(self) -> bytes:
        """The authority's certificate as devices take it.

        Raises:
            AuthorityError: it is damaged or cannot be read.
        """
        return self._read().public_bytes(serialization.Encoding.DER)

    @property
    def fingerprint(self) -> str:
        """The SHA-256 digest of the authority's certificate, ``AB:CD:…``."""
        return self._read().fingerprint(hashes.SHA256()).hex(":").upper()

    @property
    def ends(self) -> datetime:
        """When the authority ends."""
        return self._read().not_valid_after_utc

    def make(self, names: CertificateNames, now: datetime | None = None) -> None:
        """Make what is missing: the authority, and a certificate for `names`.

        Raises:
            AuthorityError: a file is damaged or cannot be written.
        """
        now = now or datetime.now(UTC)
        try:
            private_file.make_folder(self.folder)
            if not self.is_made:
                self._make_authority(names, now)
            if self.is_due(names, now):
                self._issue(names, now)
        except OSError as error:
            raise AuthorityError(f"{self.folder}: {error.strerror}") from error

    def is_due(self, names: CertificateNames, now: datetime | None = None) -> bool:
        """Return whether the server's certificate is missing, nears its end or lacks a name.

        Raises:
            AuthorityError: the authority's certificate is damaged or cannot be read.
        """
        now = now or datetime.now(UTC)
        try:
            leaf = x509.load_pem_x509_certificate(self.server_certificate.read_bytes())
            is_whole = self.server_key.exists()
        except (OSError, ValueError):
            return True
        wanted = self._covered(names)
        has = names_in(leaf)
        lacks = wanted.hosts - has.hosts or wanted.addresses - has.addresses
        ends = min(leaf.not_valid_after_utc, self.ends)
        return bool(lacks) or not is_whole or ends - now < RENEWED_BEFORE < self.ends - now

    def names(self) -> CertificateNames:
        """Return what the server's certificate is for."""
        leaf = x509.load_pem_x509_certificate(self.server_certificate.read_bytes())
        return names_in(leaf)

    @property
    def _key(self) -> Path:
        return self.folder / "authority.key"

    def _read(self) -> x509.Certificate:
        try:
            return x509.load_pem_x509_certificate(self.certificate.read_bytes())
        except (OSError, ValueError) as error:
            raise AuthorityError(f"{self.certificate} cannot be read: {error}") from error

    def _make_authority(self, names: CertificateNames, now: datetime) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        hosts = sorted({*_LOCAL, *(it.removeprefix("*.") for it in names.hosts)})
        networks = {*PRIVATE, *(ip_network(it) for it in names.addresses if not is_private(it))}
        permitted: list[x509.GeneralName] = [
            x509.DNSName(it) for it in hosts if not it.endswith(".local")
        ]
        permitted += [x509.IPAddress(it) for it in sorted(networks, key=str)]
        machine = (it for it in sorted(names.hosts) if "." not in it and it not in _LOCAL)
        name = f"Zapette ({next(machine, 'home')})"[:64]
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        certificate = (
            _begun(subject, subject, key.public_key(), now, YEARS)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .add_extension(x509.NameConstraints(permitted, None), critical=True)
            .sign(key, hashes.SHA256())
        )
        private_file.write(self._key, _pem(key))
        private_file.write(self.certificate, _text(certificate))

    def _issue(self, names: CertificateNames, now: datetime) -> None:
        try:
            key = serialization.load_pem_private_key(self._key.read_bytes(), None)
        except ValueError as error:
            raise AuthorityError(f"{self._key} is damaged: {error}") from error
        authority = self._read()
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise AuthorityError(f"{self._key} is not a key that Zapette made")
        own = self._server_key()
        wanted = self._covered(names)
        alternatives: list[x509.GeneralName] = [x509.DNSName(it) for it in sorted(wanted.hosts)]
        alternatives += [x509.IPAddress(it) for it in sorted(wanted.addresses, key=str)]
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Zapette")])
        until = min(LEAF, authority.not_valid_after_utc - now)
        certificate = (
            _begun(subject, authority.subject, own.public_key(), now, until)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False
            )
            .sign(key, hashes.SHA256())
        )
        private_file.write(self.server_certificate, _text(certificate))

    def _server_key(self) -> ec.EllipticCurvePrivateKey:
        """Return the server's key, which stays the same; make it if it is missing."""
        if self.server_key.exists():
            try:
                found = serialization.load_pem_private_key(self.server_key.read_bytes(), None)
            except ValueError as error:
                raise AuthorityError(f"{self.server_key} is damaged: {error}") from error
            if isinstance(found, ec.EllipticCurvePrivateKey):
                return found
        own = ec.generate_private_key(ec.SECP256R1())
        private_file.write(self.server_key, _pem(own))
        return own

    def _covered(self, names: CertificateNames) -> CertificateNames:
        """Return those of `names` that the authority may vouch for."""
        limits = self._read().extensions.get_extension_for_class(x509.NameConstraints).value
        permitted = limits.permitted_subtrees or []
        tops = [it.value for it in permitted if isinstance(it, x509.DNSName)]
        networks = [
            it.value
            for it in permitted
            if isinstance(it, x509.IPAddress) and isinstance(it.value, IPv4Network | IPv6Network)
        ]
        hosts = (it for it in names.hosts if any(_is_below(it, top) for top in tops))
        addresses = (it for it in names.addresses if any(it in network for network in networks))
        return CertificateNames(frozenset(hosts), frozenset(addresses))


def _is_below(host: str, top: str) -> bool:
    return host == top or host.endswith(f".{top}")


def _begun(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    now: datetime,
    lifetime: timedelta,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SLOW_CLOCKS)
        .not_valid_after(now - _SLOW_CLOCKS + lifetime)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def _text(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()
