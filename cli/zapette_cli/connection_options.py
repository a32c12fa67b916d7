"""The options and the connection of commands that use a broker."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from zapette.errors import Unavailable
from zapette_cli.language import Text
from zapette_cli.speech import said

if TYPE_CHECKING:
    from zapette.client.application import Application

_NO_SECONDS: Final = Text(
    "{value} is not a number of seconds.",
    "{value} n\u2019est pas un nombre de secondes.",
)
_ASK_THE_DOCTOR: Final = Text(
    "(`zapette doctor` finds out why)", "(`zapette doctor` cherche pourquoi)"
)


class _Seconds(click.FloatRange):
    """Seconds to wait, 0.1 to 3600; ``nan`` is refused."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        seconds = float(super().convert(value, param, ctx))
        if math.isnan(seconds):
            self.fail(said(_NO_SECONDS, value=repr(value)), param, ctx)
        return seconds


SECONDS: Final = _Seconds(0.1, 3600)
CA_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
CA_HELP: Final = "Certificates to trust with mqtts and wss, in PEM (default: ZAPETTE_CA_FILE)."


@dataclass(frozen=True, slots=True)
class BrokerOptions:
    """The broker to use, and the time-out.

    Attributes:
        url: the URL; None for ``ZAPETTE_URL`` or this machine's settings.
        timeout: seconds for the connection and for each answer.
        ca_file: certificates to trust; None for the setting.
    """

    url: str | None
    timeout: float
    ca_file: Path | None = None

    @contextmanager
    def connected(self) -> Iterator[Application]:
        """Connect while the block runs.

        Raises:
            SettingsError: the URL or a setting is wrong, or there is none.
            Unavailable: the broker is unreachable or refuses.
        """
        from zapette.client.application import Application
        from zapette.mqtt.dialing import Timing

        # the command prints each failure in one line
        logging.getLogger("zapette").setLevel(logging.CRITICAL)
        timing = Timing(connect=self.timeout, longest_delay=5, insist=False)
        application = Application(url=self.url or None, timing=timing, ca_file=self.ca_file)
        try:
            application.start(self.timeout)
        except Unavailable as error:
            if not self.url:
                error.add_note(said(_ASK_THE_DOCTOR))
            raise
        try:
            yield application
        finally:
            application.stop()


def with_broker(command: Callable[..., Any]) -> Callable[..., Any]:
    """Pass `command` a `BrokerOptions` that its options describe."""

    @wraps(command)
    def wrapped(url: str | None, timeout: float, ca_file: Path | None, **others: Any) -> Any:
        return command(broker=BrokerOptions(url, timeout, ca_file), **others)

    timed = click.option(
        "--timeout", type=SECONDS, default=5.0, show_default=True, help="Seconds to wait."
    )(wrapped)
    trusting = click.option("--ca-file", type=CA_FILE, help=CA_HELP)(timed)
    return click.option(
        "--url",
        metavar="URL",
        help="mqtt://NAME:PASSWORD@HOST, also mqtts, ws, wss; several nodes separated by commas "
        "(default: ZAPETTE_URL).",
    )(trusting)
