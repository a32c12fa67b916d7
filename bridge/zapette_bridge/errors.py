"""The errors of the package, drawn as one tree.

::

    BridgeError
    └── ProofError    the bridge may not start now; `needs_action` tells whether it can later
"""

from __future__ import annotations

__all__ = ["BridgeError", "ProofError"]


class BridgeError(Exception):
    """The base of every error that this package raises on purpose."""


class ProofError(BridgeError):
    """A broker is unreachable or refuses the bridge, or both sides are the same broker.

    Attributes:
        needs_action: whether a person must correct an account, a certificate or the URL.
    """

    def __init__(self, message: str, *, needs_action: bool) -> None:
        super().__init__(message)
        self.needs_action = needs_action
