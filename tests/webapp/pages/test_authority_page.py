"""A device gets the home's authority from the pages, and trusts the server from then on."""

from __future__ import annotations

import os
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Error, sync_playwright

from tests.browser.driving.chromium import ARGUMENTS, EXECUTABLE, PHONE
from tests.programs import fronts
from tests.programs.system import System
from tests.webapp import raw
from zapette_server.tls.authority import Authority

pytestmark = [pytest.mark.slow, pytest.mark.ours("it is about the server's own TLS")]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A system that uses what `zapette tls` made for it."""
    folder = tmp_path_factory.mktemp("home")
    system = System(folder)
    file = folder / "own.toml"
    file.touch()
    made = system.zapette("tls", "--config", str(file))
    authority = Authority.in_data(system.data)
    assert made.returncode == 0, made.stderr
    assert authority.fingerprint in made.stdout
    assert f"top of the settings file,\n{file}:" in made.stdout
    system.settings |= {
        "ZAPETTE_TLS_CERT": str(authority.server_certificate),
        "ZAPETTE_TLS_KEY": str(authority.server_key),
        "ZAPETTE_MQTTS_PORT": "0",
    }
    system.front = fronts.Tls(system.http_port, authority.certificate)
    with system:
        yield system


@pytest.mark.parametrize("language", ["en", "fr"])
def test_it_comes_without_tls_too(home: System, language: str) -> None:
    """A device that lacks the authority cannot open https yet."""
    authority = Authority.in_data(home.data)
    ends = f"Host: zapette.local\r\nAccept-Language: {language}\r\n\r\n"
    plain = raw.ask(home, f"GET /authority HTTP/1.1\r\n{ends}".encode())
    secure = home.get("authority", {"Accept-Language": language})
    assert plain.status == secure.status == 200
    assert plain.body == secure.body
    assert authority.fingerprint.encode() in plain.body
    assert f'lang="{language}"'.encode() in plain.body
    assert plain.fields["content-security-policy"].startswith("default-src 'none'")
    file = raw.ask(home, f"GET /authority.crt HTTP/1.1\r\n{ends}".encode())
    assert file.fields["content-type"] == "application/x-x509-ca-cert"
    assert file.body == home.get("authority.crt").body == authority.der
    # nothing else does, and no other host gets it
    assert raw.ask(home, f"GET /authority.key HTTP/1.1\r\n{ends}".encode()).status == 307
    foreign = b"GET /authority HTTP/1.1\r\nHost: evil.example\r\n\r\n"
    assert raw.ask(home, foreign).status == 421
    assert home.get("authority.key").status == 404


def test_without_an_authority_there_is_no_page(system: System) -> None:
    assert system.get("authority").status == system.get("authority.crt").status == 404


def test_a_browser_that_installed_it_has_a_secure_origin(home: System, tmp_path: Path) -> None:
    """Chromium, with nothing but the downloaded file in its store, as on a person's device."""
    file = tmp_path / "authority.crt"
    file.write_bytes(home.get("authority.crt").body)
    assert shutil.which("certutil"), "certutil is needed; scripts/system-packages.sh says how"
    store = tmp_path / ".pki" / "nssdb"
    store.mkdir(parents=True)
    new = ["certutil", "-d", f"sql:{store}"]
    subprocess.run([*new, "-N", "--empty-password"], check=True)
    with sync_playwright() as playwright:
        # before, it warns
        for trusted in (False, True):
            if trusted:
                added = [*new, "-A", "-t", "C,,", "-n", "Zapette", "-i", str(file)]
                subprocess.run(added, check=True)
            browser = playwright.chromium.launch(
                executable_path=EXECUTABLE,
                args=ARGUMENTS,
                env={**os.environ, "HOME": str(tmp_path)},
            )
            page = browser.new_page()
            if not trusted:
                with pytest.raises(Error, match="ERR_CERT_AUTHORITY_INVALID"):
                    page.goto(home.url)
            else:
                page.goto(home.url)
                page.wait_for_selector("body[data-connection=live]", state="attached")
                link = page.locator("qr-card a").first.get_attribute("href")
                assert link is not None
                assert link.startswith("https://")
                remote = browser.new_context(**PHONE).new_page()
                remote.goto(link.replace(link.split("/")[2], f"127.0.0.1:{home.http_port}"))
                remote.wait_for_selector("body[data-live=true]", state="attached")
                assert remote.evaluate("isSecureContext && 'wakeLock' in navigator")
                assert remote.evaluate("!!navigator.clipboard && 'serviceWorker' in navigator")
            browser.close()


def test_programs_trust_it_as_ca_file(home: System) -> None:
    context = ssl.create_default_context(cafile=Authority.in_data(home.data).certificate)
    assert context.get_ca_certs()[0]["subject"] == context.get_ca_certs()[0]["issuer"]
    password = home.home_password()
    url = f"wss://home:{password}@127.0.0.1:{home.http_port}"
    ca_file = str(Authority.in_data(home.data).certificate)
    assert home.zapette("call", "server", "ip", "--url", url, "--ca-file", ca_file).returncode == 0
