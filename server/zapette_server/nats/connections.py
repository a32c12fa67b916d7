"""The nodes' answers about their connections; no I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from zapette.errors import Unavailable


def mqtt_clients(answers: Iterable[Mapping[str, Any]]) -> set[str]:
    """Return the MQTT client ids in the nodes' answers.

    Raises:
        Unavailable: a node answers with an error, so that its clients are not known.
    """
    found = set()
    for answer in answers:
        data = answer.get("data")
        if not isinstance(data, dict):
            error = answer.get("error") or {}
            why = error.get("description", "it does not say why")
            raise Unavailable(f"a node does not list its clients: {why}")
        found |= {str(it.get("mqtt_client", "")) for it in data.get("connections") or ()}
    return found - {""}
