"""Reads what a certificate is for; no I/O."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

from cryptography import x509

from zapette_server.tls.certificate_names import CertificateNames


def names_in(certificate: x509.Certificate) -> CertificateNames:
    """Return what a certificate is for: none if it names nobody (RFC 5280, 4.2.1.6)."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return CertificateNames()
    return CertificateNames(
        frozenset(it.lower() for it in found.get_values_for_type(x509.DNSName)),
        frozenset(
            it
            for it in found.get_values_for_type(x509.IPAddress)
            if isinstance(it, IPv4Address | IPv6Address)
        ),
    )
