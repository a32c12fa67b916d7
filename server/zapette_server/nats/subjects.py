"""The table of rights as NATS subjects; no I/O.

NATS maps a topic of MQTT to a subject: ``/`` is ``.``, ``+`` is ``*``, and ``#`` is ``>``, which
does not include the level above it. No topic of ours holds a character that it maps otherwise.
"""

from __future__ import annotations

from typing import Final

from zapette_server.access.rights import Acl

DELIVERIES: Final = "$MQTT.sub.>"
"""Where a node delivers QoS 1 and 2 to its own clients; MQTT clients cannot subscribe to it."""

RELEASES: Final = "$MQTT.deliver.pubrel.>"
"""The same for QoS 2."""


def subjects(topic_filter: str) -> tuple[str, ...]:
    """Return the subjects of a topic or filter: two for ``a/#``, which includes ``a``."""
    subject = topic_filter.replace("/", ".").replace("+", "*")
    if subject.endswith(".#"):
        above = subject.removesuffix(".#")
        return above, f"{above}.>"
    return (subject.replace("#", ">"),)


def permissions(acl: Acl) -> dict[str, dict[str, list[str]]]:
    """Return the permissions of a user's JWT; NATS denies what they do not name.

    NATS has no right of its own to publish retained messages: ``retain`` of the rules has no
    effect, and receivers ignore retained requests.
    """
    allowed: dict[str, dict[str, list[str]]] = {"pub": {"allow": []}, "sub": {"allow": []}}
    for rule in acl:
        if rule["permission"] != "allow":
            continue
        for action, key in (("publish", "pub"), ("subscribe", "sub")):
            if rule["action"] in (action, "all"):
                allowed[key]["allow"] += subjects(str(rule["topic"]))
    allowed["sub"]["allow"] += (DELIVERIES, RELEASES)
    return {key: {"allow": list(dict.fromkeys(listed["allow"]))} for key, listed in allowed.items()}
