"""``zapette tls``: the home's own authority and certificate."""

from __future__ import annotations

import os
from typing import Final

import click

from zapette_cli.language import Text
from zapette_cli.settings_options import with_settings
from zapette_cli.speech import said
from zapette_server.local_broker import settings_file
from zapette_server.paths import SETTINGS_FILE
from zapette_server.settings.settings import Settings

_SAID: Final = Text(
    """Authority    {authority}
             valid until {until}, for private addresses and this server's names only
             SHA-256 {fingerprint}
Certificate  {certificate}, renewed while Zapette runs
             for {names}

Nothing else has changed. To use them, put these two lines at the top of the settings file,
{file}:

    tls_cert = "{certificate}"
    tls_key = "{key}"

Start Zapette again, and open {page} on each device: it says how to
install the authority, and shows the fingerprint above.""",
    """Autorité     {authority}
             valable jusqu\u2019au {until}, pour les adresses privées et les noms de ce serveur
             SHA-256 {fingerprint}
Certificat   {certificate}, renouvelé tant que Zapette tourne
             pour {names}

Rien d\u2019autre n\u2019a changé. Ajoutez ces deux lignes en tête du fichier des réglages,
{file}\u202f:

    tls_cert = "{certificate}"
    tls_key = "{key}"

Redémarrez Zapette, puis ouvrez {page} sur chaque appareil\u202f: cette page
dit comment installer l\u2019autorité et affiche l\u2019empreinte ci-dessus.""",
)


@click.command()
@with_settings
@click.pass_context
def tls(context: click.Context, settings: Settings) -> None:
    """Make an authority of your own and a certificate, and say how to use them."""
    from dataclasses import replace

    from zapette_cli.processes.certificate import names_of
    from zapette_server.storage.data_folder import make_folder
    from zapette_server.tls.authority import Authority
    from zapette_webapp.network.addresses import Addresses

    authority = Authority.in_data(make_folder(settings.data_dir))
    authority.make(names_of(settings))
    used = settings_file(os.environ, context.params["config"]) or SETTINGS_FILE
    plain = Addresses(replace(settings, tls_cert=None, tls_key=None)).pages()
    text = said(
        _SAID,
        authority=click.format_filename(authority.certificate),
        until=f"{authority.ends:%Y-%m-%d}",
        fingerprint=authority.fingerprint,
        certificate=click.format_filename(authority.server_certificate),
        key=click.format_filename(authority.server_key),
        names=authority.names(),
        file=click.format_filename(used.absolute()),
        page=f"{plain}authority",
    )
    click.echo(text)
