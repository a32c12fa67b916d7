"""The errors of a household's server, beside those of its stores (`zapette_broker.storage`).

::

    ZapetteError
    ├── CredentialsError         a key, token or password proves nothing
    └── PlayersFull              no further player can be made
"""

from __future__ import annotations

from zapette.errors import ZapetteError


class CredentialsError(ZapetteError):
    """A key, token or password does not prove what it claims."""


class PlayersFull(ZapetteError):
    """No further player can be made: there are too many, all of them seen recently.

    Attributes:
        client: the client that made too many; empty if there are too many in total.
    """

    def __init__(self, client: str) -> None:
        super().__init__("there are too many players, all of them seen recently")
        self.client = client
