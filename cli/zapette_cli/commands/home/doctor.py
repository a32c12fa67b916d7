"""``zapette doctor``: what a phone can reach, and how to fix the rest."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from zapette_cli.connection_options import CA_FILE, CA_HELP, SECONDS
from zapette_cli.language import language_of
from zapette_cli.settings_options import with_settings
from zapette_server.settings.settings import Settings

if TYPE_CHECKING:
    from zapette_cli.doctor.findings import Finding


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--url", metavar="URL", help="Check only this broker (default: ZAPETTE_URL).")
@click.option("--timeout", type=SECONDS, default=3.0, show_default=True, help="Seconds to wait.")
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
    """Check what a phone needs, and say how to fix what fails.

    That is ports, addresses, VPN, firewall, certificates, data folder, disk, ffmpeg, clock,
    settings, and, if Zapette runs, its pages, broker, players and bridge. The exit code is 1 if a
    check fails.
    """
    from zapette_cli.doctor import findings

    logging.getLogger("zapette").setLevel(logging.CRITICAL)
    url = url or os.environ.get("ZAPETTE_URL")
    if ca_file is not None:
        settings = replace(settings, ca_file=ca_file)
    found = list(_findings(settings, url, timeout))
    show = findings.as_json if as_json else findings.as_text
    click.echo(show(found, language_of(os.environ)))
    if any(each.result == "failed" for each in found):
        context.exit(1)


def _findings(settings: Settings, url: str | None, timeout: float) -> Iterator[Finding]:
    """Check everything, or only the broker at `url`."""
    from zapette_cli.doctor import (
        certificate_checks,
        gathering,
        live_checks,
        machine_checks,
        network_checks,
    )

    if url:
        yield from live_checks.broker(settings, url, timeout)
        return
    facts = gathering.gather(settings)
    for check in (
        network_checks.ports,
        network_checks.address,
        network_checks.route,
        network_checks.firewall,
        certificate_checks.certificates,
        machine_checks.folder,
        machine_checks.disk,
        machine_checks.converter,
        machine_checks.settings,
        machine_checks.clock,
    ):
        yield from check(facts)
    if facts.is_running:
        yield from live_checks.pages(settings)
    if any(port.is_open for port in facts.ports):
        yield from live_checks.broker(settings, url, timeout)
    yield from live_checks.bridge(settings, timeout)
    yield from network_checks.wifi(facts)
