"""The web side: pages, JSON API and media. `zapette_webapp.application` puts it together."""
