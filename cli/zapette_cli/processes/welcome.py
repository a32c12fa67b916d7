"""Shows where the pages are when Zapette has started, and when that changes."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import time
from typing import Final

import click

from zapette.mqtt.url import bracketed
from zapette_cli.language import language_of
from zapette_cli.welcome import Place
from zapette_server.local_broker import local_host
from zapette_server.local_web import connection
from zapette_server.paths import SAMPLES
from zapette_server.settings.settings import Settings

_ANY: Final = {"0.0.0.0": "::", "::": "0.0.0.0"}  # noqa: S104 - names every interface
_PERIOD: Final = 2.0
_NAME_TIMEOUT: Final = 2.0
"""Seconds in which the network is asked whether the name is free."""


class Welcome:
    """Prints the place of the pages: with a QR code on a terminal, plain lines otherwise."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._language = language_of(os.environ)
        self._is_terminal = os.isatty(1)
        self._shown: Place | None = None
        self._look_at = 0.0

    def show(self) -> None:
        """Print all of it."""
        until = time.monotonic() + _NAME_TIMEOUT
        place = self._place()
        while self._awaits_name(place) and time.monotonic() < until:
            time.sleep(0.1)
            place = self._place()
        self._shown = place
        lines = place.lines(self._language)
        if self._is_terminal:
            print_(f"\n{_code(place)}" + "\n".join(f"  {line}" for line in lines) + "\n")
        else:
            print_("\n".join(lines))

    def follow(self) -> None:
        """Print the new address if it has changed; elsewhere than on a terminal the log has it."""
        now = time.monotonic()
        if self._shown is None or not self._is_terminal or now < self._look_at:
            return
        self._look_at = now + _PERIOD
        place = self._place()
        if _address(place) != _address(self._shown):
            self._shown = place
            print_(f"\n{_code(place)}  {place.moved(self._language)}\n")

    def _awaits_name(self, place: Place) -> bool:
        return self._settings.mdns and place.is_reachable and not place.named

    def _place(self) -> Place:
        from zapette_webapp.network.addresses import Addresses
        from zapette_webapp.network.network import candidates

        settings = self._settings
        host = local_host(settings)
        # the name is easier to remember, where it certainly leads to this server
        here = "localhost" if host == "127.0.0.1" else bracketed(host)
        addresses = Addresses(settings)
        name = _name(settings)
        has_network = bool(settings.public_url or addresses.found()["candidates"])
        other = "" if has_network else _ANY.get(settings.bind, "")
        return Place(
            media="" if settings.media_dir == SAMPLES else str(settings.media_dir),
            here=f"{addresses.origin(here)}/",
            page=addresses.pages(),
            bind="" if settings.public_url or not addresses.is_only_here() else settings.bind,
            has_network=has_network,
            other_bind=other if other and candidates(other) else "",
            named=f"{addresses.origin(name)}/" if name else "",
        )


def print_(text: str) -> None:
    """Print a text now, if it can be printed: a full disk must not end Zapette."""
    with contextlib.suppress(OSError):
        click.echo(text)


def _address(place: Place) -> tuple[str, bool, str]:
    return place.page, place.has_network, place.other_bind


def _code(place: Place) -> str:
    from zapette_webapp.pages import qr

    return f"{qr.terminal(place.page)}\n" if place.is_reachable else ""


def _name(settings: Settings) -> str | None:
    """Return the name that the network knows, which the web side has asked for."""
    asked = connection(settings, timeout=2)
    try:
        asked.request("GET", "/api/ip")
        found = json.load(asked.getresponse()).get("name")
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        asked.close()
    return str(found) if found else None
