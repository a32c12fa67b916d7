"""Checks of ports, addresses, VPN and firewall; no I/O."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address
from typing import Final

from zapette_cli.doctor.facts import Facts, Firewall, Network, Port
from zapette_cli.doctor.findings import Finding, bad, doubtful, good, note
from zapette_cli.language import Text
from zapette_server.settings.sources import variable
from zapette_webapp.network.network import Candidate, is_virtual, rank

START: Final = Text(
    "start it: zapette (in a checkout: make run)",
    "démarrez-la\u202f: zapette (dans un clone du dépôt\u202f: make run)",
)

_ALLOW: Final = {
    "ufw": "sudo ufw allow {port}/tcp",
    "firewalld": "sudo firewall-cmd --permanent --add-port={port}/tcp",
    "nftables": "sudo nft insert rule {place} tcp dport {port} accept",
}


def ports(facts: Facts) -> Iterator[Finding]:
    """Check that each port is ours, or free."""
    for port in facts.ports:
        if port.is_open and facts.is_running:
            yield good("port", f"{port.number} ({port.what})")
        elif port.is_open:
            yield _taken(port)
        else:
            found = Text(
                "nothing listens on {number} ({what})", "rien n\u2019écoute sur {number} ({what})"
            )
            yield bad("port", found.filled(number=port.number, what=port.what), START)


def address(facts: Facts) -> Iterator[Finding]:
    """Check that there is an address that phones can open."""
    settings, network = facts.settings, facts.network
    if settings.public_url:
        yield good("address", network.page)
        return
    if ip_address(settings.bind).is_loopback:
        found = Text("a phone cannot reach {bind}", "un téléphone ne peut pas joindre {bind}")
        remedy = Text(
            'set bind = "0.0.0.0" ({bind}), which listens on every interface',
            'mettez bind = "0.0.0.0" ({bind}), pour écouter sur toutes les interfaces',
        )
        yield bad("address", found.filled(bind=settings.bind), remedy.filled(bind=variable("bind")))
        return
    found_addresses = rank(network.addresses, network.default)
    if not found_addresses:
        yield _no_address(network)
    elif network.refused:
        yield _refused(facts)
    elif is_virtual(found_addresses[0]):
        yield _only_virtual(found_addresses)
    else:
        yield _addresses(network.page, found_addresses)


def route(facts: Facts) -> Iterator[Finding]:
    """Check that no VPN holds the default route, and that there is one."""
    network = facts.network
    if not rank(network.addresses, network.default):
        return
    if network.default is None:
        yield doubtful(
            "network",
            Text("there is no default route", "il n\u2019y a pas de route par défaut"),
            Text(
                "phones of the same network reach this machine; if they are in another, connect it "
                "to their router",
                "les téléphones du même réseau joignent cette machine\u202f; s\u2019ils sont dans "
                "un autre, reliez-la à leur routeur",
            ),
        )
        return
    holders = [it for it in network.addresses if it.ip == network.default and it.is_tunnel]
    for each in holders:
        yield doubtful(
            "vpn",
            Text(
                "a VPN has the default route: {interface}",
                "la route par défaut passe par un VPN\u202f: {interface}",
            ).filled(interface=each.interface),
            Text(
                "if phones get no answer, allow access to the local network in the VPN's settings, "
                "or disconnect it",
                "si les téléphones n\u2019ont pas de réponse, autorisez l\u2019accès au réseau "
                "local dans les réglages du VPN, ou déconnectez-le",
            ),
        )


def firewall(facts: Facts) -> Iterator[Finding]:
    """Check that the firewall lets phones in."""
    wall = facts.firewall
    if wall is None or ip_address(facts.settings.bind).is_loopback:
        return
    if wall.blocked:
        found = Text("{name} blocks {ports}", "{name} bloque {ports}")
        yield bad("firewall", found.filled(name=wall.name, ports=_list(wall.blocked)), _allow(wall))
    elif wall.unknown:
        found = Text(
            "{name} is on and may block phones", "{name} est actif et peut bloquer les téléphones"
        )
        yield doubtful("firewall", found.filled(name=wall.name), _allow(wall))
    else:
        found = Text("{name} lets phones in", "{name} laisse entrer les téléphones")
        yield good("firewall", found.filled(name=wall.name))


def wifi(facts: Facts) -> Iterator[Finding]:
    """Say how to find out whether a Wi-Fi keeps its clients apart."""
    if not rank(facts.network.addresses, facts.network.default):
        return
    yield note(
        "wifi",
        Text(
            "this machine alone cannot tell whether a guest Wi-Fi isolates devices",
            "une machine seule ne peut pas voir si un Wi-Fi invité isole les appareils",
        ),
        Text(
            "open {page} on the phone. If nothing comes: same network name? not a guest network? "
            "turn off \u201cclient (AP) isolation\u201d in the router",
            "ouvrez {page} sur le téléphone. Si rien ne s\u2019affiche, vérifiez qu\u2019il est "
            "sur le même réseau, pas sur un réseau invité, et désactivez l\u2019isolation des "
            "clients (AP) dans la box",
        ).filled(page=facts.network.page),
    )


def _taken(port: Port) -> Finding:
    by = (
        Text(" by {owner}", " par {owner}").filled(owner=port.owner) if port.owner else Text("", "")
    )
    found = Text("{number} ({what}) is taken{by}", "{number} ({what}) est déjà pris{by}")
    remedy = Text(
        "end that program, or take another port: {variable}=PORT",
        "arrêtez ce programme, ou prenez un autre port\u202f: {variable}=PORT",
    )
    values = {"number": port.number, "what": port.what}
    return bad(
        "port",
        Text(found.en.format(by=by.en, **values), found.fr.format(by=by.fr, **values)),
        remedy.filled(variable=variable(port.key)),
    )


def _no_address(network: Network) -> Finding:
    addresses = network.addresses
    if others := rank(network.others, None):
        found = Text(
            "no interface has a usable {family} address",
            "aucune interface n\u2019a d\u2019adresse {family} utilisable",
        )
        is_six = ":" in others[0].ip
        remedy = Text(
            'set bind = "{any}" ({bind}), which listens on {ip}',
            'mettez bind = "{any}" ({bind}), pour écouter sur {ip}',
        ).filled(any="::" if is_six else "0.0.0.0", bind=variable("bind"), ip=others[0].ip)  # noqa: S104 - said
        return bad("address", found.filled(family="IPv4" if is_six else "IPv6"), remedy)
    remedy = Text(
        "connect this machine to the phone's network",
        "reliez cette machine au réseau du téléphone",
    )
    if not addresses:
        found = Text("this machine has no network", "cette machine n\u2019a pas de réseau")
        return bad("address", found, remedy)
    found = Text(
        "{interface} has only a link-local address: its network gave it none",
        "{interface} n\u2019a qu\u2019une adresse de lien local\u202f: son réseau ne lui en a pas "
        "donné d\u2019autre",
    ).filled(interface=addresses[0].interface)
    router = Text(
        "check the cable or the Wi-Fi password, and that the router gives addresses (DHCP)",
        "vérifiez le câble ou le mot de passe du Wi-Fi, et que la box donne des adresses (DHCP)",
    )
    return bad("address", found, router)


def _refused(facts: Facts) -> Finding:
    found = Text(
        "{page}: nothing listens there on {ports}", "{page}\u202f: rien n\u2019écoute sur {ports}"
    )
    remedy = Text(
        "set bind to 0.0.0.0, or set public_url ({variable})",
        "mettez bind à 0.0.0.0, ou réglez public_url ({variable})",
    )
    return bad(
        "address",
        found.filled(page=facts.network.page, ports=_list(facts.network.refused)),
        remedy.filled(variable=variable("public_url")),
    )


def _only_virtual(addresses: list[Candidate]) -> Finding:
    found = Text(
        "only networks inside this machine: {shown}",
        "seulement des réseaux internes à cette machine\u202f: {shown}",
    )
    remedy = Text(
        "connect this machine to the phone's network; in a container, set public_url ({variable})",
        "reliez cette machine au réseau du téléphone\u202f; dans un conteneur, réglez public_url "
        "({variable})",
    )
    return bad(
        "address",
        found.filled(shown=", ".join(f"{it.ip} ({it.interface})" for it in addresses)),
        remedy.filled(variable=variable("public_url")),
    )


def _addresses(page: str, addresses: list[Candidate]) -> Finding:
    others = [it for it in addresses[1:] if not is_virtual(it)]
    if not others:
        return good("address", page)
    found = Text("{page} (also {others})", "{page} (et aussi {others})")
    remedy = Text(
        "if phones are in another network, choose its address under the code of the player, or set "
        "public_url ({variable})",
        "si les téléphones sont dans un autre réseau, choisissez son adresse sous le code du "
        "lecteur, ou réglez public_url ({variable})",
    )
    shown = ", ".join(f"{it.ip} ({it.interface})" for it in others)
    return doubtful(
        "address",
        found.filled(page=page, others=shown),
        remedy.filled(variable=variable("public_url")),
    )


def _allow(wall: Firewall) -> Text:
    ports = wall.blocked + wall.unknown
    commands = [_ALLOW[wall.name].format(port=port, place=wall.place) for port in ports]
    if wall.name == "firewalld":
        commands.append("sudo firewall-cmd --reload")
    return Text("; ".join(commands), "; ".join(commands))


def _list(ports: tuple[int, ...]) -> str:
    return ", ".join(map(str, ports))
