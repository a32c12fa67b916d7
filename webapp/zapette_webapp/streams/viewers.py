"""Who watches a film, as well as the server can tell; no I/O."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Final

MOST: Final = 64
"""The viewers that are kept in mind for one film or conversion: the latest."""


class Viewers(dict[str, float]):
    """A number for each of the latest viewers; the earliest is forgotten if there are too many.

    Not safe for several threads.
    """

    def __setitem__(self, viewer: str, value: float) -> None:
        """Note a viewer, who is the latest then."""
        self.pop(viewer, None)
        super().__setitem__(viewer, value)
        if len(self) > MOST:
            del self[next(iter(self))]


def viewer(address: str, agent: str, query: Iterable[str]) -> str:
    """Return an id of 16 hexadecimal digits for who asks, whatever the length of what was sent.

    Args:
        address: the client's address.
        agent: what its browser calls itself.
        query: the parameters of the master playlist's address: a page has a random one, because
            two of them may share all the rest.
    """
    sent = "\0".join((address, agent, *query))
    return hashlib.blake2b(sent.encode(), digest_size=8).hexdigest()
