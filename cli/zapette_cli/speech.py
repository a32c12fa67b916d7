"""What the command says, in the language of the person."""

from __future__ import annotations

import os

from zapette_cli.language import Text, language_of


def said(text: Text, /, **values: object) -> str:
    """Return a text in the language of the person, with its ``{names}`` replaced."""
    return text.filled(**values).of(language_of(os.environ))
