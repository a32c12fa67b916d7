"""How the processes log: one line an event, on standard error."""

from __future__ import annotations

import logging
import re
from typing import Final

_SECRETS: Final = (
    # a token, a player id, a key, in the forms that docs/protocol.md gives them
    (re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+"), "<token>"),
    (re.compile(r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])"), "<id>"),
    (re.compile(r"(?<![\w-])[\w-]{22}(?![\w-])"), "<key>"),
)


def without_secrets(text: str) -> str:
    """Return `text` with what looks like a token, a player id or a key left out."""
    for pattern, name in _SECRETS:
        text = pattern.sub(name, text)
    return text


def set_up(process: str, level: str) -> None:
    """Log everything from `level` up, each line with the time and the name of the process."""
    logging.basicConfig(
        level=level.upper(),
        format=f"%(asctime)s {process:<7} %(levelname)-7s %(message)s",
        datefmt="%H:%M:%S",
        force=True,
    )
    # Below its level debug, werkzeug and amqtt tell more of a client than a log may hold.
    for name in ("amqtt", "transitions", "picows", "waitress"):
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLogger().level))
