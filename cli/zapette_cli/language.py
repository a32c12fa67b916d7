"""The language of what the command says to a person: English or French; no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

Language = Literal["en", "fr"]

_VARIABLES: Final = ("LC_ALL", "LC_MESSAGES", "LANG")


@dataclass(frozen=True, slots=True)
class Text:
    """A text in both languages."""

    en: str
    fr: str

    def of(self, language: Language) -> str:
        """Return the text in a language."""
        return self.fr if language == "fr" else self.en

    def filled(self, **values: object) -> Text:
        """Return the text with its ``{names}`` replaced; a `Text` by its own language."""
        return Text(self.en.format(**_in("en", values)), self.fr.format(**_in("fr", values)))


def _in(language: Language, values: Mapping[str, object]) -> dict[str, object]:
    return {key: it.of(language) if isinstance(it, Text) else it for key, it in values.items()}


def language_of(environment: Mapping[str, str]) -> Language:
    """Return the language of the locale, English unless it is French (POSIX.1-2024, 8.2)."""
    locale = next((found for it in _VARIABLES if (found := environment.get(it))), "")
    return "fr" if locale.partition("_")[0].partition(".")[0].lower() == "fr" else "en"
