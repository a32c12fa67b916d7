"""``zapette doctor``: what a phone can reach, and how to fix the rest."""

from __future__ import annotations

import logging
import os
from dataclasses import replace
from pathlib import Path

import click

from zapette_cli.connection_options import CA_FILE, CA_HELP, SECONDS
from zapette_cli.settings_options import with_settings
from zapette_server.settings import Settings


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--url", metavar="URL", help="Check only this broker (default: ZAPETTE_URL).")
@click.option("--timeout", type=SECONDS, default=3.0, show_default=True)
@click.option("--ca-file", type=CA_FILE, help=CA_HELP)
@with_settings
@click.pass_context
def doctor(
    context: click.Context,
    settings: Settings,
    *,
    as_json: bool,
    url: str | None,
    timeout: float,
    ca_file: Path | None,
) -> None:
    """Check ports, addresses, pages, broker, players, bridge and clock; say how to fix failures.

    The exit code is 1 if a check fails.
    """
    from zapette_cli import doctor_checks, findings

    logging.getLogger("zapette").setLevel(logging.CRITICAL)
    url = url or os.environ.get("ZAPETTE_URL")
    if ca_file is not None:
        settings = replace(settings, ca_file=ca_file)
    found = []
    if not url:
        for check in (doctor_checks.ports, doctor_checks.addresses, doctor_checks.pages):
            found += list(check(settings))
    found += list(doctor_checks.broker(settings, url, timeout))
    if not url:
        found += list(doctor_checks.bridge(settings, timeout))
    click.echo(findings.as_json(found) if as_json else findings.as_text(found))
    if any(each.result == "failed" for each in found):
        context.exit(1)
