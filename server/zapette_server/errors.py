"""The errors of the server, as one tree; its stores raise those of `zapette_broker.storage`.

::

    ServerError
    ├── AuthorityError           the home's authority for TLS is damaged or cannot be written
    ├── BackupError              a file is no whole backup, or none can be made
    ├── ClusterFileError         a file of a cluster cannot be changed like this
    ├── CopyRefused              a household's data cannot be copied like this
    ├── CredentialsError         a key, token or password proves nothing
    │   └── AccountError         an account does not exist, or cannot be made
    ├── HostNameError            a text is not a host name
    ├── KeyFileError             a key of the cluster is missing, malformed or open to others
    └── PlayersFull              no further player can be made
"""

from __future__ import annotations

from zapette.errors import ZapetteError


class ServerError(ZapetteError):
    """The base of the errors of the server."""


class BackupError(ServerError):
    """A file is no whole backup, or a backup cannot be made like this; the message says why."""


class ClusterFileError(ServerError):
    """A file of a cluster cannot be read, or not be changed like this; the message says why."""


class CopyRefused(ServerError):
    """A household's data cannot be copied from or to `place`.

    Attributes:
        place: the folder, or ``PostgreSQL``.
        reason: ``empty`` (there is nothing to copy), ``taken`` (there is something already) or
            ``scheme`` (it is the URL of something else).
    """

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(f"{place}: {reason}")
        self.place = place
        self.reason = reason


class AuthorityError(ServerError):
    """A file of the home's authority for TLS is damaged, or cannot be read or written."""


class CredentialsError(ServerError):
    """A key, token or password does not prove what it claims."""


class AccountError(CredentialsError):
    """The account `name` does not exist, or cannot be made."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(reason)
        self.name = name


class HostNameError(ServerError, ValueError):
    """`name` is not a host name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name!r} is not a host name")
        self.name = name


class KeyFileError(ServerError):
    """A key of the cluster cannot be used."""


class PlayersFull(ServerError):
    """No further player can be made: there are too many, all of them seen recently.

    Attributes:
        client: the client that made too many; empty if there are too many in total.
    """

    def __init__(self, client: str) -> None:
        super().__init__("there are too many players, all of them seen recently")
        self.client = client
