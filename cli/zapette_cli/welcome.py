"""What ``zapette`` prints once it runs: where, and what to do next; no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from zapette_cli.language import Language, Text

_RUNS: Final = Text(
    "Zapette is running. Media folder: {media}",
    "Zapette est en marche. Dossier des médias\u202f: {media}",
)
_SAMPLE: Final = Text(
    "Zapette is running. It has only a sample clip; for your own films: zapette FOLDER",
    "Zapette est en marche, avec un seul extrait. Pour vos films\u202f: zapette DOSSIER",
)
_ELSEWHERE: Final = Text("On another device: {page}", "Sur un autre appareil\u202f: {page}")
_NAMED: Final = Text(
    "On another device: {page} (or {named})",
    "Sur un autre appareil\u202f: {page} (ou {named})",
)
_ONLY_HERE: Final = Text(
    "Other devices cannot open {page}: the setting bind is {bind}.",
    "Les autres appareils ne peuvent pas ouvrir {page}\u202f: le réglage bind vaut {bind}.",
)
_NO_NETWORK: Final = Text(
    "No network yet: the address for other devices appears here when there is one.",
    "Pas encore de réseau\u202f: l\u2019adresse pour les autres appareils s\u2019affichera ici.",
)
_OTHER_FAMILY: Final = Text(
    'Other devices cannot open it: the network has only {family}. Set bind = "{any}" and restart.',
    "Les autres appareils ne peuvent pas l\u2019ouvrir\u202f: le réseau n\u2019a que {family}. "
    'Mettez bind = "{any}" et redémarrez.',
)
_HERE: Final = Text("On this device: {here}", "Sur cet appareil\u202f: {here}")
_NEXT: Final = Text(
    "Next: open it where you want to play, press Start, scan its code with your phone.",
    "Ensuite\u202f: ouvrez l\u2019adresse sur l\u2019écran voulu, appuyez sur Démarrer, scannez le "
    "code avec le téléphone.",
)
_HELP: Final = Text(
    "Trouble with a phone? zapette doctor. For scripts: zapette credentials. To stop: Ctrl-C.",
    "Souci de téléphone\u202f? zapette doctor. Pour les scripts\u202f: zapette credentials. "
    "Pour arrêter\u202f: Ctrl-C.",
)
_MOVED: Final = Text(
    "The address for other devices is now {page}",
    "L\u2019adresse pour les autres appareils est maintenant {page}",
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the pages are.

    Attributes:
        media: the media folder; empty for the sample that comes with Zapette.
        here: the address of the pages on this machine.
        page: their address for other devices; on this machine only if `bind` is loopback.
        bind: the address that the server listens on, if only this machine reaches it; or empty.
        has_network: whether there is an address for other devices.
        other_bind: without a network, the `bind` that would have one: ``::`` or ``0.0.0.0``; or
            empty.
        named: the address with the name that the network knows; or empty.
    """

    media: str
    here: str
    page: str
    bind: str = ""
    has_network: bool = True
    other_bind: str = ""
    named: str = ""

    @property
    def is_reachable(self) -> bool:
        """Whether another device may reach it."""
        return self.has_network and not self.bind

    def lines(self, language: Language) -> list[str]:
        """Return the five lines of the start."""
        return [
            (_RUNS.filled(media=self.media) if self.media else _SAMPLE).of(language),
            self._elsewhere().of(language),
            _HERE.filled(here=self.here).of(language),
            _NEXT.of(language),
            _HELP.of(language),
        ]

    def moved(self, language: Language) -> str:
        """Return the line that tells a new address, or that there is none any more."""
        text = _MOVED.filled(page=self.page) if self.is_reachable else self._elsewhere()
        return text.of(language)

    def _elsewhere(self) -> Text:
        if self.bind:
            return _ONLY_HERE.filled(page=self.page, bind=self.bind)
        if not self.has_network and self.other_bind:
            family = "IPv6" if ":" in self.other_bind else "IPv4"
            return _OTHER_FAMILY.filled(family=family, any=self.other_bind)
        if not self.has_network:
            return _NO_NETWORK
        if self.named:
            return _NAMED.filled(page=self.page, named=self.named)
        return _ELSEWHERE.filled(page=self.page)
