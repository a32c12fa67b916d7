"""A home's own authority: what it is for, who may read it, and when its certificate is renewed."""

from __future__ import annotations

import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from zapette_cli.processes import certificate
from zapette_server.errors import AuthorityError
from zapette_server.settings.settings import Settings
from zapette_server.tls.authority import LEAF, RENEWED_BEFORE, Authority
from zapette_server.tls.authority_page import language_of, page
from zapette_server.tls.certificate_names import CertificateNames

ADDRESSES = ["192.168.1.5", "fe80::1%eth0", "203.0.113.9"]
NAMES = CertificateNames.of("TV", frozenset({"*.home.example"}), ADDRESSES)


def verifies(authority: Authority, *name: str) -> bool:
    """Tell whether OpenSSL takes the certificate for a name."""
    command = ["openssl", "verify", "-CAfile", str(authority.certificate), *name]
    done = subprocess.run([*command, str(authority.server_certificate)], capture_output=True)
    return done.returncode == 0


def leaf(authority: Authority) -> x509.Certificate:
    return x509.load_pem_x509_certificate(authority.server_certificate.read_bytes())


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    made = Authority.in_data(tmp_path)
    made.make(NAMES)
    return made


def test_what_it_is_for(authority: Authority) -> None:
    for host in ("tv", "tv.local", "zapette.local", "localhost", "a.home.example"):
        assert verifies(authority, "-verify_hostname", host)
    for address in ("192.168.1.5", "127.0.0.1", "203.0.113.9", "fe80::1"):
        assert verifies(authority, "-verify_ip", address)
    assert not verifies(authority, "-verify_hostname", "bank.example")


def test_it_cannot_vouch_for_others(authority: Authority) -> None:
    """Anybody who has its key can make certificates, but browsers take none for other sites."""
    key = authority.folder / "authority.key"
    request = authority.folder / "x.csr"
    extensions = authority.folder / "x.cnf"
    extensions.write_text("subjectAltName=DNS:bank.example")
    for command in (
        ["req", "-new", "-key", str(authority.server_key), "-subj", "/CN=x", "-out", str(request)],
        [
            "x509", "-req", "-in", str(request), "-CA", str(authority.certificate), "-CAkey",
            str(key), "-extfile", str(extensions), "-out", str(authority.server_certificate),
        ],
    ):  # fmt: skip
        subprocess.run(["openssl", *command], check=True, capture_output=True)
    assert not verifies(authority)


def test_only_its_owner_reads_it(authority: Authority) -> None:
    assert authority.folder.stat().st_mode & 0o777 == 0o700
    assert {it.stat().st_mode & 0o777 for it in authority.folder.iterdir()} == {0o600}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_made_by_root_it_is_for_the_owner_of_the_data(tmp_path: Path) -> None:
    """As by `sudo zapette tls` for a service that runs as another user."""
    os.chown(tmp_path, 65534, 65534)
    made = Authority.in_data(tmp_path)
    made.make(NAMES)
    assert {it.stat().st_uid for it in (made.folder, *made.folder.iterdir())} == {65534}


@pytest.mark.skipif(os.geteuid() != 0, reason="others write nothing that is not theirs")
def test_root_writes_nothing_through_a_link(tmp_path: Path) -> None:
    elsewhere = tmp_path / "etc"
    elsewhere.mkdir()
    (tmp_path / "tls").symlink_to(elsewhere)
    with pytest.raises(AuthorityError, match="tls"):
        Authority.in_data(tmp_path).make(NAMES)
    assert list(elsewhere.iterdir()) == []


def test_a_machine_whose_name_is_not_ascii(tmp_path: Path) -> None:
    made = Authority.in_data(tmp_path)
    made.make(CertificateNames.of("télé", frozenset(), ADDRESSES))
    assert verifies(made, "-verify_hostname", "zapette.local")


def test_how_long_it_lasts(authority: Authority) -> None:
    certificate = leaf(authority)
    lifetime = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    assert lifetime == LEAF <= timedelta(days=397)
    assert authority.ends - datetime.now(UTC) > timedelta(days=3650)


def test_when_it_is_renewed(authority: Authority) -> None:
    first, key = leaf(authority), authority.server_key.read_bytes()
    # nothing to do, and nothing is done
    authority.make(NAMES)
    assert leaf(authority) == first
    # another address; the one before may be gone
    moved = CertificateNames.of("TV", frozenset(), ["10.0.0.7"])
    assert authority.is_due(moved)
    authority.make(moved)
    assert verifies(authority, "-verify_ip", "10.0.0.7")
    # a name that the authority is not for is left out
    assert not authority.is_due(
        CertificateNames.of("TV", frozenset({"bank.example"}), ["10.0.0.7"])
    )
    # its end is near
    late = leaf(authority).not_valid_after_utc - RENEWED_BEFORE + timedelta(hours=1)
    assert authority.is_due(moved, late)
    assert not authority.is_due(moved, late - timedelta(hours=2))
    authority.make(moved, late)
    assert not authority.is_due(moved, late)
    # browsers may have noted the key
    assert authority.server_key.read_bytes() == key
    # nobody issues for longer than the authority lasts, again and again
    authority.make(moved, authority.ends - timedelta(days=10))
    assert not authority.is_due(moved, authority.ends - timedelta(days=9))


def test_a_damaged_authority(authority: Authority) -> None:
    authority.certificate.write_text("nothing")
    with pytest.raises(AuthorityError, match=r"authority\.crt"):
        authority.make(NAMES)


def test_only_a_certificate_of_ours_is_renewed(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = CertificateNames.of("TV", frozenset(), ["10.0.0.7"])
    monkeypatch.setattr(certificate, "names_of", lambda _: moved)
    before = authority.server_certificate.read_bytes()
    other = tmp_path / "other.crt"
    other.write_bytes(before)
    for tls_cert, changes in ((other, False), (authority.server_certificate, True)):
        certificate.renew_own(
            Settings(data_dir=tmp_path, tls_cert=tls_cert, tls_key=authority.server_key)
        )
        assert (authority.server_certificate.read_bytes() != before) is changes
    assert other.read_bytes() == before


def test_the_page_speaks_two_languages() -> None:
    assert [language_of(it) for it in ("fr-CA,en;q=0.8", "en,fr", "", "fra")] == [
        "fr", "en", "en", "en",
    ]  # fmt: skip
    for language in ("fr", "en"):
        html = page("AB:CD", language)
        assert f'lang="{language}"' in html
        assert "AB:CD" in html
