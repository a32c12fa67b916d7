"""``zapette doctor``: what a phone can reach, and what to do about the rest."""

from __future__ import annotations

import logging
import os

import click

from zapette.cli.settings import with_settings
from zapette.config import Settings


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--url", metavar="URL", help="Look at this broker only; else ZAPETTE_URL, if set.")
@click.option("--timeout", type=click.FloatRange(0.1, 3600), default=3.0, show_default=True)
@with_settings
@click.pass_context
def doctor(
    context: click.Context, settings: Settings, *, as_json: bool, url: str | None, timeout: float
) -> None:
    """Look at ports, addresses, pages, broker, players and clock; say what to do.

    Ends with 1 if something does not work.
    """
    from zapette.cli import checks, findings

    logging.getLogger("zapette").setLevel(logging.CRITICAL)
    url = url or os.environ.get("ZAPETTE_URL")
    found = []
    if not url:
        for check in (checks.ports, checks.addresses, checks.pages):
            found += list(check(settings))
    found += list(checks.broker(settings, url, timeout))
    click.echo(findings.as_json(found) if as_json else findings.as_text(found))
    if any(each.result == "failed" for each in found):
        context.exit(1)
