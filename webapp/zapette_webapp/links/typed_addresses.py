"""Addresses as people type them; no I/O.

The pages have the same rules: ``tests/vectors/addresses.json``.
"""

from __future__ import annotations

import re
from typing import Final

LONGEST: Final = 2048
"""The most characters of an address."""

_UNWRITABLE: Final = re.compile("[\\0-\x1f\x7f\ud800-\udfff]")
_WHOLE: Final = re.compile(r"https?://[^\s/?#]\S*", re.IGNORECASE)
_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*:(?![0-9])", re.IGNORECASE)
_NUMBERS: Final = r"(?:\d{1,3}\.){3}\d{1,3}"
_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
# Folders may have names with points: only these ends of names are taken for the web's.
_ENDS: Final = (
    "com|org|net|edu|gov|info|io|tv|me|co|app|dev|eu|uk|de|fr|es|it|nl|be|ch|at|pt|pl|cz|se|no|fi"
    "|dk|ie|us|ca|au|nz|jp|cn|kr|in|br|mx|ar|ru|ua|tr|za|gg|ly|to|cc"
)
HOME_ENDS: Final = ("local", "lan", "home", "internal", "arpa")
"""The ends of names that only a home knows."""

_BARE: Final = re.compile(
    rf"(?:(?P<www>www\.(?:{_LABEL}\.)+[a-z]{{2,}})|(?P<name>(?:{_LABEL}\.)+(?:{_ENDS}))"
    rf"|(?P<home>{_NUMBERS}|localhost|(?:{_LABEL}\.)+(?:{'|'.join(HOME_ENDS)})))"
    r"(?P<port>:\d{1,5})?(?P<rest>[/?]\S*)?"
)


def read_address(text: str) -> str | None:
    """Return the http or https address that a text means; None if it means another thing.

    Without a scheme it needs ``www.``, or something after the host: ``example.org/film.mp4``.
    Hosts of a home and with a port get ``http``, others ``https``.
    """
    trimmed = text.strip()
    if len(trimmed) > LONGEST or _UNWRITABLE.search(trimmed):
        return None
    if _WHOLE.fullmatch(trimmed):
        return trimmed
    found = None if _SCHEME.match(trimmed) else _BARE.fullmatch(trimmed)
    if found is None or not (found["www"] or found["rest"]):
        return None
    scheme = "http" if found["home"] or found["port"] else "https"
    return f"{scheme}://{trimmed}"
