"""Checks of a Zapette that runs: its pages, its broker, its players, and other brokers."""

from __future__ import annotations

import http.client
import json
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from email.utils import parsedate_to_datetime
from typing import Final

from zapette.client.application import Application
from zapette.client.client import Client
from zapette.errors import CallError, SettingsError, Unavailable
from zapette.mqtt.dialing import Timing
from zapette.mqtt.url import BrokerUrl
from zapette_broker.storage.store_errors import StoreError
from zapette_cli.doctor import other_brokers
from zapette_cli.doctor.findings import Finding, bad, doubtful, good
from zapette_cli.doctor.gathering import get
from zapette_cli.doctor.network_checks import START
from zapette_cli.language import Text
from zapette_server.handover_socket import websocket_port
from zapette_server.local_broker import local_brokers
from zapette_server.paths import ROOT
from zapette_server.settings.broker_settings import listed
from zapette_server.settings.settings import Settings
from zapette_server.settings.sources import variable

_SKEW: Final = 2.0
_MODULE: Final = re.compile(r'src="([^"]+)" type="module"')
_LOG: Final = Text("see the log of the web side", "consultez le journal du serveur web")


def pages(settings: Settings) -> Iterator[Finding]:
    """Check that the server delivers the pages and their modules, and that every part is up."""
    port = settings.http_port
    try:
        status, health, headers = get(settings, "/healthz")
        page, html, _ = get(settings, "/")
        address = _MODULE.search(html.decode())
        module, _, _ = get(settings, f"/{address[1] if address else ''}")
    except (OSError, http.client.HTTPException) as error:
        found = Text(
            "no answer on port {port}: {error}", "pas de réponse sur {port}\u202f: {error}"
        )
        yield bad("pages", found.filled(port=port, error=error), START)
        return
    if page != 200:
        found = Text("the player's page answers {page}", "la page du lecteur répond {page}")
        yield bad("pages", found.filled(page=page), _LOG)
    elif module != 200:
        yield bad(
            "pages",
            Text("the pages' modules are missing", "les modules des pages manquent"),
            Text("check {folder}", "vérifiez {folder}").filled(folder=ROOT / "static"),
        )
    else:
        yield good(
            "pages",
            Text("the player's page and its modules", "la page du lecteur et ses modules"),
        )
    if status != 200:
        down = [name for name, word in json.loads(health)["parts"].items() if word != "up"]
        yield bad(
            "parts",
            Text("down: {down}", "arrêtées\u202f: {down}").filled(down=", ".join(down)),
            Text(
                "see the log; zapette run restarts them",
                "consultez le journal\u202f; zapette run les relance",
            ),
        )
    date = headers.get("date")
    if date is not None:
        yield from _clock("Zapette", parsedate_to_datetime(date).timestamp(), 1.0)


def broker(settings: Settings, url: str | None, timeout: float) -> Iterator[Finding]:
    """Check that the household's account can connect, over TCP and WebSocket, and call."""
    try:
        tried = BrokerUrl.parse_all(url) if url else local_brokers(settings)
    except (SettingsError, StoreError) as error:
        remedy = Text(
            "set ZAPETTE_URL, or start Zapette here",
            "définissez ZAPETTE_URL, ou démarrez Zapette ici",
        )
        yield bad("broker", str(error), remedy)
        return
    if not url and not settings.is_tls:
        tried += _for_pages(tried[0], settings)
    for each in tried:
        yield from _on_broker(each, settings, timeout)


def _for_pages(given: BrokerUrl, settings: Settings) -> list[BrokerUrl]:
    """Return where pages reach the broker, with the account of `given`."""
    if not settings.broker.is_nats:
        port = websocket_port(settings) or settings.http_port
        return [replace(given, scheme="ws", port=port)]
    return [
        replace(BrokerUrl.parse(it), username=given.username, password=given.password)
        for it in listed(settings.broker.page_urls)
    ]


def bridge(settings: Settings, timeout: float) -> Iterator[Finding]:
    """Check that the bridge's account can connect to the home's broker, if there is a bridge."""
    if not settings.bridge.url:
        return
    client = Client(
        settings.bridge.broker,
        timing=Timing(connect=timeout, insist=False),
        ca_file=settings.bridge.ca_file or settings.ca_file,
    )
    client.start()
    try:
        client.wait(timeout)
    except Unavailable as error:
        yield bad("bridge", str(error), _bridge_remedy(error))
    else:
        found = Text("{where} accepts the account", "{where} accepte le compte")
        yield good("bridge", found.filled(where=settings.bridge.broker.where))
        yield from other_brokers.findings(other_brokers.gather(client, settings, timeout))
    finally:
        client.stop()


def _cause(error: Unavailable) -> str | None:
    return error.connect_error.cause if error.connect_error is not None else None


def _bridge_remedy(error: Unavailable) -> Text:
    cause = _cause(error)
    if cause == "refused":
        names = f"{variable('bridge.user')}, {variable('bridge.password')}"
        return Text(
            "set bridge.user and bridge.password ({names}) to an account of that broker",
            "mettez dans bridge.user et bridge.password ({names}) un compte de ce broker",
        ).filled(names=names)
    if cause == "untrusted":
        return Text(
            "set bridge.ca_file ({name}) to the certificate to trust",
            "mettez dans bridge.ca_file ({name}) le certificat de confiance",
        ).filled(name=variable("bridge.ca_file"))
    return Text(
        "check that broker and bridge.url ({name})", "vérifiez ce broker et bridge.url ({name})"
    ).filled(name=variable("bridge.url"))


def _on_broker(url: BrokerUrl, settings: Settings, timeout: float) -> Iterator[Finding]:
    timing = Timing(connect=timeout, insist=False)
    application = Application(
        url=url, base_topic=settings.base_topic, timing=timing, ca_file=settings.ca_file
    )
    try:
        application.start(timeout)
    except Unavailable as error:
        remedy = (
            Text(
                "check the account; `zapette credentials` prints it",
                "vérifiez le compte\u202f; `zapette credentials` l\u2019affiche",
            )
            if _cause(error) == "refused"
            else Text(
                f"check the broker and its port; {START.en}",
                f"vérifiez le broker et son port\u202f; {START.fr}",
            )
        )
        yield bad("broker", str(error), remedy)
        return
    try:
        began = time.perf_counter()
        application.call("server/ip", timeout=timeout)
        took = (time.perf_counter() - began) * 1000
        found = Text(
            "{where}: answered in {took:.0f} ms", "{where}\u202f: réponse en {took:.0f} ms"
        )
        yield good("broker", found.filled(where=url.where, took=took))
    except CallError as error:
        yield bad("broker", f"{url.where}: {error}", _LOG)
    else:
        if not url.is_websocket:
            yield from _players(application, timeout)
    finally:
        application.stop()


def _players(application: Application, timeout: float) -> Iterator[Finding]:
    """Check that each online player answers and that its clock is right."""
    application.players.settle(timeout)
    online = application.players.online()
    if not online:
        yield doubtful(
            "players",
            Text("none is online", "aucun n\u2019est connecté"),
            Text(
                "open the address above on a TV or computer",
                "ouvrez l\u2019adresse ci-dessus sur une télé ou un ordinateur",
            ),
        )
    for each in online:
        name = each.name or each.id
        try:
            state = application.player(each.id, timeout=timeout).status()
        except CallError as error:
            remedy = Text(
                "wake the device, and reload the page",
                "réveillez l\u2019appareil, rechargez la page",
            )
            yield bad("player", f"{name}: {error}", remedy)
            continue
        yield good("player", Text("{name} answers", "{name} répond").filled(name=name))
        if "reported_at" in state:
            yield from _clock(name, state["reported_at"], _SKEW, silent=True)


def _clock(whose: str, says: float, tolerance: float, *, silent: bool = False) -> Iterator[Finding]:
    skew = says - time.time()
    if abs(skew) > tolerance + 1:
        found = (
            Text(
                "the clock of {whose} is {by:.0f} s ahead",
                "l\u2019horloge de {whose} avance de {by:.0f} s",
            )
            if skew > 0
            else Text(
                "the clock of {whose} is {by:.0f} s behind",
                "l\u2019horloge de {whose} retarde de {by:.0f} s",
            )
        )
        remedy = Text(
            "turn on automatic time (NTP) on both devices",
            "activez l\u2019heure automatique (NTP) sur les deux appareils",
        )
        yield doubtful("clock", found.filled(whose=whose, by=abs(skew)), remedy)
    elif not silent:
        yield good("clock", time.strftime("%Y-%m-%d %H:%M:%S %Z"))
