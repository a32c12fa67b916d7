"""The web side: pages, JSON API and media, as a Flask application; nothing of the broker's."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask

from webapp import api, media, pages, problems
from webapp.addresses import Addresses
from webapp.health import Health
from webapp.household import Household
from webapp.librarian import Librarian


@dataclass(frozen=True, slots=True)
class Parts:
    """What the application is made of."""

    addresses: Addresses
    health: Health
    household: Household
    librarian: Librarian


def create_app(parts: Parts) -> Flask:
    """Return the application: wiring only."""
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = api.MAX_BODY
    app.url_map.merge_slashes = False
    app.register_blueprint(pages.blueprint(parts.addresses, parts.librarian.library))
    app.register_blueprint(api.blueprint(parts.household, parts.addresses, parts.health))
    app.register_blueprint(media.blueprint(parts.librarian))
    app.after_request(pages.secure)
    problems.register(app)
    return app
