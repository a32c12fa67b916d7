"""The page of the home's own authority: what it says, and whether everybody can use it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pytest

from tests.browser.checks import layout
from tests.browser.driving.chromium import PHONE
from tests.browser.driving.page_driver import PageDriver
from tests.browser.driving.pages import Pages
from tests.browser.pages.test_accessibility import SCHEMES, Scheme, is_sound
from tests.browser.pages.test_phone_sizes import SIZES
from tests.programs.system import System
from zapette_cli.processes.certificate import names_of
from zapette_server.settings.settings import Settings
from zapette_server.tls.authority import Authority

# What stands below each heading, in this order.
SAYS: Final = {
    "en": {
        "This home's authority": ["without a warning", "while it plays", "while it sends files"],
        "What it means": [
            "can pretend to be a server of this home",
            "It cannot vouch for your bank",
            "on your own devices only",
            "compare the fingerprint",
            "do not install it",
            "FINGERPRINT",
            "Download the authority",
        ],
        "How to install it": [
            "iPhone and iPad:",
            "Profile Downloaded",
            "turn it on",
            "Android:",
            "Install anyway",
            "Computer:",
            "as a trusted root",
        ],
        "How to remove it": [
            "iPhone and iPad:",
            "Remove",
            "Android:",
            "Trusted credentials",
            "Computer:",
            "delete it",
        ],
    },
    "fr": {
        "L\u2019autorité de cette maison": [
            "sans avertissement",
            "pendant la lecture",
            "pendant l\u2019envoi de fichiers",
        ],
        "Ce que cela implique": [
            "se faire passer pour un serveur de cette maison",
            "se porter garante de votre banque",
            "que sur vos propres appareils",
            "Comparez d\u2019abord l\u2019empreinte",
            "ne l\u2019installez pas",
            "FINGERPRINT",
            "Télécharger l\u2019autorité",
        ],
        "Comment l\u2019installer": [
            "iPhone et iPad\u202f:",
            "Profil téléchargé",
            "activez-la",
            "Android\u202f:",
            "Installer quand même",
            "Ordinateur\u202f:",
            "comme racine de confiance",
        ],
        "Comment la retirer": [
            "iPhone et iPad\u202f:",
            "Supprimer",
            "Android\u202f:",
            "Certificats de confiance",
            "Ordinateur\u202f:",
            "supprimez-la",
        ],
    },
}
LANGUAGES = pytest.mark.parametrize("language", SAYS)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    system = System(tmp_path_factory.mktemp("home"))
    Authority.in_data(system.data).make(names_of(Settings()))
    with system:
        yield system


def opened(home: System, pages: Pages, language: str) -> PageDriver:
    page = pages.page(home, pages.context(**PHONE, locale=language))
    page.goto(f"{home.url}authority")
    return PageDriver(page)


@LANGUAGES
def test_it_says_what_it_means_and_how_to_undo_it(
    home: System, pages: Pages, language: str
) -> None:
    page = opened(home, pages, language)
    fingerprint = Authority.in_data(home.data).fingerprint
    rest = page.text
    for heading, words in SAYS[language].items():
        for each in (heading, *words):
            found = each.replace("FINGERPRINT", fingerprint)
            assert found in rest, f"{found!r} is not in its place"
            rest = rest.partition(found)[2]
    headings = "Array.from(document.querySelectorAll('h1, h2'), (it) => it.textContent)"
    assert page.see(headings) == list(SAYS[language])
    with page.page.expect_download() as downloaded:
        page.page.get_by_role("link").click()
    assert downloaded.value.suggested_filename == "authority.crt"
    assert downloaded.value.path().read_bytes() == Authority.in_data(home.data).der


@SCHEMES
@LANGUAGES
def test_everybody_can_use_it(home: System, pages: Pages, language: str, scheme: Scheme) -> None:
    is_sound(opened(home, pages, language), scheme)


@LANGUAGES
def test_it_fits_every_phone(home: System, pages: Pages, language: str) -> None:
    page = opened(home, pages, language)
    faults = []
    for width, height in SIZES:
        page.page.set_viewport_size({"width": width, "height": height})
        faults += [f"{width}x{height}: {it}" for it in layout.faults(page, scrolls=True)]
    assert faults == []
