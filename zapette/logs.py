"""Logging of the processes: one line per event, on standard error."""

from __future__ import annotations

import logging
import os
import re
from typing import Final

_SECRETS: Final = (
    # a token, a player id and a key, as docs/protocol.md defines them
    (re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+"), "<token>"),
    (re.compile(r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])"), "<id>"),
    (re.compile(r"(?<![\w-])[\w-]{22}(?![\w-])"), "<key>"),
)


def without_secrets(text: str) -> str:
    """Return `text` without anything that looks like a token, a player id or a key."""
    for pattern, name in _SECRETS:
        text = pattern.sub(name, text)
    return text


def set_up(process: str, level: str) -> None:
    """Log from `level` up, with the time and the process on each line.

    ``auto`` is ``warning`` on a terminal, for people, and ``info`` elsewhere, for a record.
    """
    if level == "auto":
        level = "warning" if os.isatty(2) else "info"
    logging.basicConfig(
        level=level.upper(),
        format=f"%(asctime)s {process:<7} %(levelname)-7s %(message)s",
        datefmt="%H:%M:%S",
        force=True,
    )
    # below warning, these libraries log private data of clients
    for name in ("amqtt", "transitions", "picows", "waitress"):
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLogger().level))
