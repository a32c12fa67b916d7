"""Checks of the certificates that phones meet; no I/O."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Final

from zapette_cli.doctor.facts import Certificate, Facts
from zapette_cli.doctor.findings import Finding, bad, doubtful, good
from zapette_cli.language import Text
from zapette_server.settings.sources import variable

_DAY: Final = 86400.0
_SOON: Final = 14 * _DAY
"""How long before its end one warns, in seconds: by then, most programs have renewed it."""

_RENEW: Final = {
    "own": Text(
        "start Zapette, which renews it by itself", "démarrez Zapette, qui le renouvelle seule"
    ),
    "file": Text(
        "renew it where you got it, such as with: sudo certbot renew",
        "renouvelez-le là où vous l\u2019avez obtenu, par exemple\u202f: sudo certbot renew",
    ),
    "front": Text(
        "renew it at its source, and reload the proxy",
        "renouvelez-le à sa source, puis rechargez le proxy",
    ),
}
_MATCH: Final = {
    "own": Text(
        "start Zapette again; if nothing changes, delete {folder} and run zapette tls",
        "redémarrez Zapette\u202f; si rien ne change, supprimez {folder} et lancez zapette tls",
    ),
    "file": Text(
        "get one for {host}, or set {variable} to a name in it",
        "obtenez-en un pour {host}, ou mettez dans {variable} un nom qu\u2019il contient",
    ),
    "front": Text(
        "give the proxy one for {host}, or set {variable} to a name in it",
        "donnez-en au proxy un pour {host}, ou mettez dans {variable} un nom qu\u2019il contient",
    ),
}


def certificates(facts: Facts) -> Iterator[Finding]:
    """Check that each certificate can be read, is valid, and is for the address in the code."""
    for each in facts.certificates:
        if each.problem:
            yield _unread(each)
            continue
        late, wrong = _late(each, facts.now), _wrong(each, facts)
        if late or wrong:
            yield from filter(None, (late, wrong))
        else:
            found = Text(
                "{where}: valid until {date}", "{where}\u202f: valable jusqu\u2019au {date}"
            )
            yield good("certificate", found.filled(where=each.where, date=_date(each.ends)))


def _unread(each: Certificate) -> Finding:
    found = Text("{where}: {problem}", "{where}\u202f: {problem}").filled(
        where=each.where, problem=each.problem
    )
    if each.kind != "front":
        remedy = Text(
            "give the file of a certificate in PEM: {variable}",
            "donnez le fichier d\u2019un certificat en PEM\u202f: {variable}",
        )
        return bad("certificate", found, remedy.filled(variable=variable("tls_cert")))
    remedy = Text(
        "check that the proxy runs, and that a phone can open this address",
        "vérifiez que le proxy tourne et qu\u2019un téléphone peut ouvrir cette adresse",
    )
    return doubtful("certificate", found, remedy)


def _late(each: Certificate, now: float) -> Finding | None:
    left = each.ends - now
    if left <= 0:
        say = bad
        text = Text("{where}: expired on {date}", "{where}\u202f: expiré depuis le {date}")
    elif left < _SOON:
        say = doubtful
        text = Text("{where}: ends on {date}", "{where}\u202f: expire le {date}")
    else:
        return None
    found = text.filled(where=each.where, date=_date(each.ends))
    return say("certificate", found, _RENEW[each.kind])


def _wrong(each: Certificate, facts: Facts) -> Finding | None:
    if not each.host or each.names.holds(each.host):
        return None
    found = Text(
        "the code leads to {host}, and the certificate is for {names}",
        "le code mène à {host}, et le certificat est pour {names}",
    ).filled(host=each.host, names=each.names if str(each.names) else "—")
    remedy = _MATCH[each.kind].filled(
        host=each.host,
        variable=variable("public_url"),
        folder=facts.settings.data_dir / "tls",
    )
    return bad("certificate", found, remedy)


def _date(ends: float) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(ends))
