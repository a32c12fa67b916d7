"""The web side as a Flask application: pages, JSON API and media."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from flask import Flask

from zapette_server.health_checks import Checks
from zapette_server.supervisor import Supervisor
from zapette_webapp import api, broker_path, problem_details
from zapette_webapp.access import host_check, library_access
from zapette_webapp.access import routes as access_routes
from zapette_webapp.access.access_control import AccessControl
from zapette_webapp.access.library_access import LibraryAccess
from zapette_webapp.access.players.new_players import NewPlayers
from zapette_webapp.access.rates import Rates
from zapette_webapp.access.sessions.session_cookies import SessionCookies
from zapette_webapp.http import requests
from zapette_webapp.http.refusal_counts import RefusalCounts
from zapette_webapp.http.responses import compression, security_headers
from zapette_webapp.library import routes as library_routes
from zapette_webapp.library.library import Library
from zapette_webapp.links import routes as link_routes
from zapette_webapp.links.resolver import Resolver
from zapette_webapp.network.addresses import Addresses
from zapette_webapp.pages import authority, development, pages
from zapette_webapp.pages.assets import Assets
from zapette_webapp.status import health, metrics
from zapette_webapp.store_limiter import StoreLimiter
from zapette_webapp.streams import routes as stream_routes
from zapette_webapp.streams.converter import StreamConverter
from zapette_webapp.uploads import routes as upload_routes
from zapette_webapp.uploads.uploads import Uploads


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of the application."""

    addresses: Addresses
    checks: Checks
    access: AccessControl
    new_players: NewPlayers
    library_access: LibraryAccess
    library: Library
    streams: StreamConverter
    links: Resolver
    uploads: Uploads
    broker_figures: metrics.BrokerFigures
    informed: Callable[[], Mapping[str, bool]]
    refusals: RefusalCounts = field(default_factory=RefusalCounts)
    rates: Rates = field(default_factory=Rates)
    owners: tuple[Supervisor, ...] = ()


def create_app(parts: Parts) -> Flask:
    """Return the application: wiring only."""
    app = Flask("zapette_webapp", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = requests.MAX_BODY
    app.url_map.merge_slashes = False
    assets = Assets(plain=parts.addresses.settings.development).start()
    offer = parts.streams.offer
    app.register_blueprint(pages.blueprint(parts.addresses, assets, convert=offer))
    app.register_blueprint(authority.blueprint(parts.addresses.settings))
    limiter = StoreLimiter()
    app.register_blueprint(broker_path.blueprint(parts.addresses.settings))
    cookies = SessionCookies(parts.library_access, parts.addresses.settings.public_url)
    app.register_blueprint(
        api.blueprint(parts.access, parts.new_players, cookies, parts.addresses, limiter)
    )
    app.register_blueprint(access_routes.blueprint(parts.access, parts.new_players, limiter))
    app.register_blueprint(library_routes.blueprint(parts.library))
    app.register_blueprint(stream_routes.blueprint(parts.streams, parts.library.media_folder))
    app.register_blueprint(link_routes.blueprint(parts.links, parts.library_access))
    guests = parts.addresses.settings.guest_uploads
    app.register_blueprint(
        upload_routes.blueprint(parts.uploads, parts.library_access, guests=guests)
    )
    for more in development.blueprints(parts.addresses.settings):
        app.register_blueprint(more)
    counted = metrics.Requests()
    metrics.count(app, counted)
    parts.rates.register(app, parts.refusals)
    host_check.register(app, parts.addresses.settings.hosts, parts.refusals)
    library_access.register(app, parts.library_access, parts.refusals)
    figures = (
        counted.families,
        parts.refusals.families,
        parts.broker_figures.families,
        parts.new_players.families,
        parts.streams.families,
        lambda: metrics.restarts(parts.owners),
        lambda: metrics.nodes(parts.informed()),
    )
    app.register_blueprint(health.blueprint(parts.checks))
    app.register_blueprint(
        metrics.blueprint(figures, parts.checks, parts.library, parts.links.tool)
    )
    app.after_request(security_headers.add)
    compression.register(app)
    problem_details.register(app, parts.refusals)
    return app
