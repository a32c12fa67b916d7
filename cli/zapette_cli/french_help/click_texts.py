"""What click says, in French, by its English messages (its msgids of gettext)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from string import Formatter
from typing import Final

WORDS: Final = {
    "Usage:": "Utilisation :",
    "Options": "Options",
    "Commands": "Commandes",
    "Show this message and exit.": "Affiche ce message.",
    "Show the version and exit.": "Affiche la version.",
    "default: {default}": "par défaut : {default}",
    "required": "obligatoire",
    "Try '{command} {option}' for help.": "Aide : « {command} {option} ».",
    "Error: {message}": "Erreur : {message}",
    "Password": "Mot de passe",
    "Repeat for confirmation": "Encore une fois, pour confirmer",
    "Aborted!": "Interrompu.",
}
"""The words of the help and of the lines round an error."""

ERRORS: Final = {
    "Invalid value for {param_hint}: {message}": "Valeur incorrecte pour {param_hint} : {message}",
    "Invalid value: {message}": "Valeur incorrecte : {message}",
    "Missing argument": "Il manque l'argument",
    "Missing option": "Il manque l'option",
    "Missing command.": "Il manque une commande.",
    "Choose from:\n\t{choices}": "Au choix :\n\t{choices}",
    "No such option {name!r}.": "L'option {name} n'existe pas.",
    "No such command {name!r}.": "La commande {name} n'existe pas.",
    "Did you mean {possibility}?": "Vouliez-vous dire {possibility} ?",
    "(Did you mean one of: {possibilities}?)": "(Vouliez-vous dire : {possibilities} ?)",
    "Option {name!r} requires an argument.": "L'option {name} exige une valeur.",
    "Option {name!r} does not take a value.": "L'option {name} ne prend pas de valeur.",
    "Got unexpected extra argument ({args})": "Argument en trop ({args})",
    "Got unexpected extra arguments ({args})": "Arguments en trop ({args})",
    "{value!r} is not a valid {number_type}.": "{value} n'est pas un nombre qui convient.",
    "{value} is not in the range {range}.": "{value} n'est pas dans l'intervalle {range}.",
    "{value!r} is not one of {choices}.": "{value} n'est aucun de {choices}.",
    "{name} {filename!r} does not exist.": "{filename} n'existe pas.",
    "{name} {filename!r} is a file.": "{filename} est un fichier.",
    "{name} {filename!r} is a directory.": "{filename} est un dossier.",
    "{name} {filename!r} is not readable.": "{filename} n'est pas lisible.",
    "{name} {filename!r} is not writable.": "{filename} n'est pas modifiable.",
}
"""The errors; a pattern that begins with words comes before those that begin with a value."""

_TAIL: Final = re.compile(r"(?P<head>.*?\.) (?P<tail>Choose from:.*|\(?Did you mean .*)", re.DOTALL)
_MISSING: Final = re.compile(r"(?P<head>Missing (argument|option))(?P<name>.*)\.")


def typeset(text: str) -> str:
    """Return French text with its apostrophes and narrow spaces."""
    spaced = re.sub(r" (?=[:;?!»])|(?<=«) ", "\u202f", text)
    return re.sub(r"(?<=\w)'(?=\w|\{)", "\u2019", spaced)


def error_in_french(message: str) -> str:
    """Return an error of click in French; unchanged if it is none."""
    if found := _TAIL.fullmatch(message):
        return f"{error_in_french(found['head'])} {error_in_french(found['tail'])}"
    if found := _MISSING.fullmatch(message):
        return f"{typeset(ERRORS[found['head']])}{found['name']}."
    for pattern, french in _patterns():
        if found := pattern.fullmatch(message):
            values = found.groupdict()
            if "message" in values:
                values["message"] = error_in_french(values["message"])
            return french.format(**values)
    return message


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple(
        (re.compile("".join(_pieces(english)), re.DOTALL), typeset(french))
        for english, french in ERRORS.items()
    )


def _pieces(template: str) -> Iterator[str]:
    """Yield the pieces of the pattern for a template with ``{names}``."""
    for literal, name, _, _ in Formatter().parse(template):
        yield re.escape(literal)
        if name:
            yield f"(?P<{name}>.+)"
