"""How much of the disk uploads may take; no I/O."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Protocol

from zapette_webapp.errors import NoRoom, UploadTooLarge

RESERVE: Final = 1 << 30
"""Bytes of the disk that uploads leave free."""

MOST: Final = 500
"""The most uploads at once; one link, account or address may have half of them."""


class Occupant(Protocol):
    """What takes room."""

    @property
    def size(self) -> int:
        """Bytes once it is complete."""

    @property
    def missing(self) -> int:
        """Bytes of it that have not arrived yet."""

    @property
    def owners(self) -> frozenset[str]:
        """The link or account, and the address, that it counts for."""


@dataclass(frozen=True, slots=True)
class Budget:
    """The limits.

    Attributes:
        most: bytes of all uploads together; half of them for one link, account or address.
    """

    most: int

    def check(
        self, size: int, owners: frozenset[str], present: Iterable[Occupant], free: int
    ) -> None:
        """Raise an error unless there is room for an upload.

        Args:
            size: its bytes.
            owners: whom it counts for.
            present: the other uploads.
            free: bytes that are free on the disk.

        Raises:
            UploadTooLarge: it is larger than one may ever be.
            NoRoom: there is no room for it now.
        """
        share = self.most // 2
        if size > share:
            raise UploadTooLarge(share >> 20)
        others = list(present)
        if len(others) >= MOST or sum(it.size for it in others) + size > self.most:
            raise NoRoom("there are too many uploads; play or remove some from the queue")
        for owner in owners:
            own = [it for it in others if owner in it.owners]
            if len(own) >= MOST // 2 or sum(it.size for it in own) + size > share:
                raise NoRoom("you have uploaded too much; play or remove some of it first")
        if free - sum(it.missing for it in others) - size < RESERVE:
            raise NoRoom("the server's disk is almost full")
