"""The page from which a device gets the home's authority; it loads nothing else; no I/O."""

from __future__ import annotations

from html import escape
from typing import Final

PATH: Final = "/authority"
"""The path of the page."""

FILE_PATH: Final = "/authority.crt"
"""The path of the authority's certificate."""

FILE_TYPE: Final = "application/x-x509-ca-cert"
"""The media type that makes phones offer to install it."""

POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
"""The Content-Security-Policy of the page."""

_STYLE: Final = (
    "body{font:1rem/1.6 system-ui,sans-serif;max-width:40rem;margin:2rem auto;padding:0 1rem;"
    "color:#221d2c;background:#ece4d6}code{overflow-wrap:anywhere;font-size:.9rem}"
    "a.button{display:inline-block;padding:.8rem 1.2rem;border-radius:.6rem;background:#5b2ea6;"
    "color:#fff;text-decoration:none}"
    "@media(prefers-color-scheme:dark){body{color:#ece4d6;background:#14111b}a{color:#c9a7ff}"
    "a.button{color:#fff}}"
)

_TEXTS: Final = {
    "en": {
        "title": "This home's authority",
        "why": "This Zapette runs over https with a certificate of its own. A device that trusts "
        "its authority opens it without a warning. The player can then keep its screen on while it "
        "plays, and the phone while it sends files. You can install the remote as an app, and "
        "share links to it.",
        "means": "What it means",
        "risk": "Anybody who has the authority's key, which never leaves the machine that runs "
        "Zapette, can pretend to be a server of this home. The authority is for private addresses, "
        "names in .local and this server's own names. It cannot vouch for your bank or any other "
        "site. Install it on your own devices only.",
        "compare": "First compare the fingerprint (SHA-256) with the one that <code>zapette "
        "tls</code> printed on the server. If they differ, do not install it.",
        "get": "Download the authority",
        "install": "How to install it",
        "ios": "open the download, then Settings → Profile Downloaded → Install; then Settings → "
        "General → About → Certificate Trust Settings, and turn it on.",
        "android": "Settings, search for “CA certificate”, Install anyway, and choose the file "
        "authority.crt.",
        "computer": "import the file into the system's certificates, as a trusted root. "
        "Firefox has its own: Settings → Certificates → Authorities → Import.",
        "remove": "How to remove it",
        "ios_remove": "Settings → General → VPN &amp; Device Management → Zapette → Remove.",
        "android_remove": "Settings, search for “Trusted credentials”, User, Zapette, Remove.",
        "computer_remove": "delete it where you imported it.",
        "phone": "iPhone and iPad",
        "pc": "Computer",
        "sep": ":",
    },
    "fr": {
        "title": "L\u2019autorité de cette maison",
        "why": "Cette Zapette utilise https, avec son propre certificat. Un appareil qui fait "
        "confiance à son autorité l\u2019ouvre sans avertissement. Le lecteur peut alors garder "
        "son écran allumé pendant la lecture, et le téléphone pendant l\u2019envoi de "
        "fichiers. Vous pouvez installer la télécommande comme une application et lui "
        "envoyer des liens.",
        "means": "Ce que cela implique",
        "risk": "Quiconque détient la clé de l\u2019autorité, qui ne quitte jamais la machine où "
        "tourne Zapette, peut se faire passer pour un serveur de cette maison. L\u2019autorité "
        "vaut pour les adresses privées, les noms en .local et les noms de ce serveur. Elle ne "
        "peut pas se porter garante de votre banque ni d\u2019aucun autre site. Ne "
        "l\u2019installez que sur vos propres appareils.",
        "compare": "Comparez d\u2019abord l\u2019empreinte (SHA-256) avec celle que <code>zapette "
        "tls</code> a affichée sur le serveur. Si elles diffèrent, ne l\u2019installez pas.",
        "get": "Télécharger l\u2019autorité",
        "install": "Comment l\u2019installer",
        "ios": "ouvrez le fichier téléchargé, puis Réglages → Profil téléchargé → Installer\u202f; "
        "puis Réglages → Général → Informations → Réglages des certificats, et activez-la.",
        "android": "Paramètres, cherchez «\u202fCertificat CA\u202f», Installer quand même, "
        "et choisissez le fichier authority.crt.",
        "computer": "importez le fichier dans les certificats du système, comme racine de "
        "confiance. Firefox a les siens\u202f: Paramètres → Certificats → Autorités → Importer.",
        "remove": "Comment la retirer",
        "ios_remove": "Réglages → Général → VPN et gestion de l\u2019appareil → Zapette → "
        "Supprimer.",
        "android_remove": "Paramètres, cherchez «\u202fCertificats de confiance\u202f», "
        "Utilisateur, Zapette, Supprimer.",
        "computer_remove": "supprimez-la là où vous l\u2019avez importée.",
        "phone": "iPhone et iPad",
        "pc": "Ordinateur",
        "sep": "\u202f:",
    },
}


def language_of(accepted: str) -> str:
    """Return ``fr`` if French comes first in Accept-Language, otherwise ``en``."""
    first = accepted.partition(",")[0].partition(";")[0].strip().lower()
    return "fr" if first.partition("-")[0] == "fr" else "en"


def page(fingerprint: str, accepted: str) -> str:
    """Return the page in HTML.

    Args:
        fingerprint: of the authority's certificate.
        accepted: the browser's Accept-Language.
    """
    language = language_of(accepted)
    text = _TEXTS[language]
    sep = text["sep"]

    def steps(suffix: str) -> str:
        devices = (("phone", "ios"), (None, "android"), ("pc", "computer"))
        return "".join(
            f"<li><b>{text[name] if name else 'Android'}</b>{sep} {text[f'{step}{suffix}']}</li>"
            for name, step in devices
        )

    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Zapette · {text['title']}</title><style>{_STYLE}</style></head><body><main>"
        f"<h1>{text['title']}</h1><p>{text['why']}</p>"
        f"<h2>{text['means']}</h2><p>{text['risk']}</p>"
        f"<p>{text['compare']}</p><p><code>{escape(fingerprint)}</code></p>"
        f'<p><a class="button" href="authority.crt" download>{text["get"]}</a></p>'
        f"<h2>{text['install']}</h2><ul>{steps('')}</ul>"
        f"<h2>{text['remove']}</h2><ul>{steps('_remove')}</ul></main></body></html>\n"
    )
