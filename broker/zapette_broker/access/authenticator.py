"""The seam to what decides which clients may connect."""

from __future__ import annotations

from collections.abc import Awaitable, Hashable
from dataclasses import dataclass
from typing import Protocol

from zapette_broker.access.acl import Rights


@dataclass(frozen=True, slots=True)
class ConnectRequest:
    """What a client shows when it connects.

    Attributes:
        client_id: as sent; one that the broker chose when the client sent none.
        username: None if the client sent none.
        password: None if the client sent none; never logged.
        peer: the address of the client, without the port.
        listener: the name of the listener in the configuration.
    """

    client_id: str
    username: str | None
    password: bytes | None
    peer: str
    listener: str

    def __repr__(self) -> str:
        """Return a text without the password."""
        return f"ConnectRequest(peer={self.peer!r}, listener={self.listener!r})"


@dataclass(frozen=True, slots=True)
class Grant:
    """What a client got when it proved who it is.

    Attributes:
        rights: what it may publish and subscribe to.
        expires_at: Unix time in seconds at which its connection ends; None for never.
        tag: what the grant rests on, for `Broker.disconnect`; kept with a stored session
            when it is a string, a number, None or a tuple of these.
        username: who it is; a stored session is taken up only by the one who left it.
    """

    rights: Rights
    expires_at: float | None = None
    tag: Hashable | None = None
    username: str | None = None


class UnavailableError(Exception):
    """The credentials cannot be checked now; the client gets "server unavailable"."""


class Authenticator(Protocol):
    """Decides who may connect. Nothing that a client sent has any effect before."""

    def authenticate(self, request: ConnectRequest) -> Grant | Awaitable[Grant | None] | None:
        """Return what the client is granted, None to refuse it, or an awaitable of these.

        It runs in the event loop: what takes longer than a millisecond belongs in a thread.

        Raises:
            UnavailableError: it cannot be decided now; the awaitable may raise it too.
        """
