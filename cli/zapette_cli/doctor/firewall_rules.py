"""What the rules of a firewall mean for a port, for `network_checks.firewall`; no I/O."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from zapette_cli.doctor.facts import Firewall

_UFW_RULE: Final = re.compile(r"^-A ufw6?-user-input (?P<rest>.*)-j (?P<act>ACCEPT|DROP|REJECT)")
_UFW_PORTS: Final = re.compile(r"--dports? (\S+)")
_FAMILIES: Final = frozenset({"ip", "inet"})


def ufw(rules: str | None, ports: Iterable[int]) -> Firewall:
    """Return what ufw, which is on, does with TCP ports.

    Args:
        rules: its ``user.rules``; None if they cannot be read.
        ports: the ports.
    """
    if rules is None:
        return Firewall("ufw", unknown=tuple(ports))
    allowed, perhaps = set(), False
    for line in rules.splitlines():
        rule = _UFW_RULE.match(line)
        if rule is None or rule["act"] != "ACCEPT" or "-p udp" in rule["rest"]:
            continue
        named = _UFW_PORTS.search(rule["rest"])
        if named is None or "-s " in rule["rest"]:
            perhaps = True
        else:
            allowed |= {port for port in ports if _names(named[1], port)}
    rest = tuple(port for port in ports if port not in allowed)
    return Firewall("ufw", unknown=rest) if perhaps else Firewall("ufw", blocked=rest)


def nftables(ruleset: dict[str, Any], ports: Iterable[int]) -> Firewall | None:
    """Return what the rules of ``nft -j list ruleset`` do with TCP ports; None without any.

    A port is open if a chain of the hook input lets everything pass that no rule drops, or if a
    rule accepts the port from everywhere. A rule that asks for more makes the answer unknown.
    """
    items = ruleset.get("nftables", [])
    chains = [
        it["chain"]
        for it in items
        if it.get("chain", {}).get("hook") == "input" and it["chain"]["family"] in _FAMILIES
    ]
    closed = {
        port: found for port in ports if (found := [_closes(it, items, port) for it in chains])
    }
    if not chains:
        return None
    blocked = tuple(port for port, found in closed.items() if True in found)
    unknown = tuple(port for port, found in closed.items() if port not in blocked and None in found)
    first = next(
        (c for c in chains if any(_closes(c, items, port) is not False for port in ports)),
        chains[0],
    )
    place = f"{first['family']} {first['table']} {first['name']}"
    return Firewall("nftables", blocked, unknown, place)


def _closes(chain: dict[str, Any], items: list[dict[str, Any]], port: int) -> bool | None:
    """Return whether a base chain keeps a new connection to a port out; None if it depends."""
    rules = [it["rule"] for it in items if "rule" in it and _is_of(it["rule"], chain)]
    for rule in rules:
        if rule["chain"] != chain["name"]:
            continue
        expressions = rule["expr"]
        matches = [it["match"] for it in expressions if "match" in it]
        verdict = next((key for it in expressions for key in it if key in _VERDICTS), None)
        if verdict is None or any(_excludes(it, port) for it in matches):
            continue
        if verdict in {"jump", "goto"}:
            return None
        if all(_is_port(it) for it in matches):
            return bool(verdict != "accept")
        if verdict == "accept":
            return None
    return bool(chain.get("policy") == "drop")


_VERDICTS: Final = frozenset({"accept", "drop", "reject", "jump", "goto"})


def _is_of(rule: dict[str, Any], chain: dict[str, Any]) -> bool:
    return bool(rule["family"] == chain["family"] and rule["table"] == chain["table"])


def _is_port(match: dict[str, Any]) -> bool:
    left = match["left"]
    payload = left.get("payload", {}) if isinstance(left, dict) else {}
    return payload.get("protocol") == "tcp" and payload.get("field") == "dport"


def _excludes(match: dict[str, Any], port: int) -> bool:
    """Return whether a match is certainly not about a new connection from the network to a port."""
    left, right = match["left"], match["right"]
    if _is_port(match):
        return _holds(right, port) != (match["op"] in {"==", "in"})
    if not isinstance(left, dict):
        return False
    if left.get("meta", {}).get("key") in {"iif", "iifname"}:
        return bool(right == "lo" and match["op"] == "==")
    if left.get("ct", {}).get("key") == "state":
        states = right.get("set", []) if isinstance(right, dict) else right
        return "new" not in ([states] if isinstance(states, str) else states)
    return left.get("payload", {}).get("protocol") in {"icmp", "icmpv6", "udp"}


def _holds(value: Any, port: int) -> bool:
    """Return whether a port is in what nft compares with: a number, a range or a set of both."""
    if isinstance(value, dict) and "set" in value:
        return any(_holds(it, port) for it in value["set"])
    if isinstance(value, dict) and "range" in value:
        low, high = value["range"]
        return bool(low <= port <= high)
    return bool(value == port)


def _names(ports: str, port: int) -> bool:
    """Return whether iptables' list of ports and ranges has a port: ``80,8000:8010``."""
    for each in ports.split(","):
        low, _, high = each.partition(":")
        if low.isdigit() and int(low) <= port <= int(high or low):
            return True
    return False
