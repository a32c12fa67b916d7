"""The options and the connection of the commands that talk to a broker."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from zapette.application import Application


@dataclass(frozen=True, slots=True)
class Broker:
    """Which broker to talk to, and how long to wait.

    Attributes:
        url: as given; None for ``ZAPETTE_URL`` or this machine's settings.
        timeout: seconds, for the connection and for each answer.
    """

    url: str | None
    timeout: float

    @contextmanager
    def connected(self) -> Iterator[Application]:
        """Connect for as long as the block runs.

        Raises:
            SettingsError: the URL or a setting is wrong, or there is none.
            Unavailable: the broker is not there, or refuses.
        """
        from zapette.application import Application
        from zapette.dialing import Timing

        # what goes wrong is said by the command, in one line
        logging.getLogger("zapette").setLevel(logging.CRITICAL)
        timing = Timing(connect=self.timeout, longest_delay=5, insist=False)
        application = Application(url=self.url, timing=timing)
        application.start(self.timeout)
        try:
            yield application
        finally:
            application.stop()


def with_broker(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give `command` a `Broker` by its options."""

    @wraps(command)
    def wrapped(url: str | None, timeout: float, **others: Any) -> Any:
        return command(broker=Broker(url, timeout), **others)

    seconds = click.FloatRange(0.1, 3600)
    timed = click.option(
        "--timeout", type=seconds, default=5.0, show_default=True, help="Seconds to wait."
    )(wrapped)
    return click.option(
        "--url",
        metavar="URL",
        help="mqtt://NAME:PASSWORD@HOST, also mqtts, ws, wss; else ZAPETTE_URL.",
    )(timed)
