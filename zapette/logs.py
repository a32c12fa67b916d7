"""How the processes log: one line an event, on standard error."""

from __future__ import annotations

import logging


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
