# ruff: noqa: RUF001 - letters that look alike are the subject here
"""Folds text for searches from any keyboard; no I/O.

The pages use the same rules for their own searches: ``tests/vectors/folding.json``.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

# Marks that people omit: accents, Hebrew points, Arabic vowels. Not the marks that change a
# letter into another, as in Japanese, Thai and the scripts of India.
_MARKS: Final = re.compile(
    "[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7"
    "\u064b-\u065f\u0670\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
)
# Apostrophes, quotation marks, invisible joiners and separators, and middle dots.
_UNTYPED: Final = re.compile(
    "['`\u00b4\u2018-\u201f\u02b9\u02bb-\u02bd\u2032\u2033\u2035\u2036\u2039\u203a\u00ab\u00bb\""
    "\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe0e\ufe0f\ufeff\u00b7\u30fb]"
)
_DASHES: Final = re.compile("[\u2010-\u2015\u2212]")
_SPACES: Final = re.compile("[\\0- \x7f-\xa0\u1680\u2028\u2029]+")

# Alternative spellings on such a keyboard.
_SPELLED: Final = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue",
     "Ø": "Oe", "Å": "Aa"}
)  # fmt: skip

# Letters that Unicode does not decompose, as a keyboard without them writes them.
_LETTERS: Final = str.maketrans(
    {
        "æ": "ae", "œ": "oe", "ß": "ss", "þ": "th", "ĳ": "ij",
        "ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "ȷ": "j", "ŧ": "t", "ŋ": "n",
        "ĸ": "k", "ƀ": "b", "ƈ": "c", "ɖ": "d", "ɗ": "d", "ə": "e", "ɛ": "e", "ƒ": "f", "ǥ": "g",
        "ɠ": "g", "ɣ": "g", "ɨ": "i", "ɩ": "i", "ƙ": "k", "ƚ": "l", "ɲ": "n", "ƞ": "n", "ɔ": "o",
        "ɵ": "o", "ƥ": "p", "ʀ": "r", "ʃ": "s", "ƭ": "t", "ʉ": "u", "ʋ": "v", "ƴ": "y", "ƶ": "z",
        "ʒ": "z", "ς": "σ", "ӏ": "i",
    }
)  # fmt: skip


def folded(text: str) -> str:
    """Return `text` without capitals, accents and quotation marks, in letters of any keyboard.

    ``Les Sœurs`` is ``les soeurs`` and ``Łódź`` is ``lodz``. Folding twice changes nothing.
    """
    plain = unicodedata.normalize("NFKD", _UNTYPED.sub("", text)).lower()
    # small letters may have marks of their own, and compatibility forms hold quotation marks
    plain = unicodedata.normalize("NFKD", plain.translate(_LETTERS))
    plain = _DASHES.sub("-", _UNTYPED.sub("", _MARKS.sub("", plain)))
    return _SPACES.sub(" ", plain)


def searchable(text: str) -> str:
    """Return the folded text that a search looks in, in each way to spell it.

    ``Ørsted`` is found as ``orsted`` and as ``oersted``.
    """
    composed = unicodedata.normalize("NFC", text)
    plain, spelled = folded(text), folded(composed.translate(_SPELLED))
    return plain if plain == spelled else f"{plain} {spelled}"
