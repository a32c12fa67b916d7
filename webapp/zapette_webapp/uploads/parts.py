"""The parts of uploads, for the parser of requests."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from http import HTTPStatus

from zapette_webapp.errors import FramingError
from zapette_webapp.http.reading.part_budget import PartBudget
from zapette_webapp.uploads.upload import Upload, is_grant


class UploadParts:
    """Says how large parts may be, and how many may arrive at the same time.

    Args:
        find: returns an upload by its id.
        most: the most bytes in one part.
    """

    def __init__(self, find: Callable[[str], Upload | None], most: int) -> None:
        self._find = find
        self._most = most
        self._budget = PartBudget()

    def limit(self, upload_id: str) -> int:
        """Return how many bytes a part of an upload may have now; 0 if there is no such upload."""
        upload = self._find(upload_id)
        return 0 if upload is None else min(self._most, upload.missing)

    def reserve(self, upload_id: str, size: int) -> Callable[[], None]:
        """Reserve room for the bytes of a part; return what gives it back.

        Raises:
            FramingError: too many arrive, of the client that began the upload or in total.
        """
        upload = self._find(upload_id)
        owners = frozenset() if upload is None else upload.owners
        client = next((it for it in sorted(owners) if not is_grant(it)), "")
        if not self._budget.take(client, size):
            detail = "too many parts of uploads arrive at the same time"
            raise FramingError(HTTPStatus.TOO_MANY_REQUESTS, detail)
        return partial(self._budget.give_back, client, size)
