"""Reads requests for waitress, and answers malformed ones with the reason."""

from __future__ import annotations

import re
from collections.abc import Callable
from http import HTTPStatus
from io import BytesIO
from typing import Any, Final, Protocol

from waitress.adjustments import Adjustments
from waitress.buffers import OverflowableBuffer
from waitress.parser import HTTPRequestParser
from waitress.task import ErrorTask
from waitress.utilities import BadRequest

from zapette_webapp.errors import FramingError
from zapette_webapp.http.reading import framing
from zapette_webapp.http.reading.framing import ChunkedBody
from zapette_webapp.http.refusal_counts import Reason
from zapette_webapp.http.responses import security_headers
from zapette_webapp.problem_details import Problem, code_of

LARGEST_HEAD: Final = 32 << 10
"""The largest header section of a request, in bytes."""

BROKER_PATH: Final = "/mqtt"
"""The path that the broker answers."""

_RETRY_SECONDS: Final = 1

# A part of an upload, wherever a proxy has put the pages.
_UPLOAD: Final = re.compile(rb"PUT \S*/api/uploads/([\w-]{1,40})(?:\?\S*)? ")

# Empty lines may precede a request (RFC 9112, 2.2); other white space may not.
_START: Final = re.compile(rb"(?:\r\n)*(?:\r?\Z|[!-~])")


class Refusal(BadRequest):
    """The error of a request, in the form that waitress expects."""

    def __init__(self, error: FramingError) -> None:
        super().__init__(error.detail)
        self.status = error.status

    def problem(self) -> Problem:
        """Return the answer."""
        is_full = self.status == HTTPStatus.TOO_MANY_REQUESTS
        again = _RETRY_SECONDS if is_full else None
        return Problem(self.status, code_of(self.status), str(self.body), again)


class Parts(Protocol):
    """What the parser asks about parts of uploads."""

    def limit(self, upload_id: str) -> int:
        """Return how many bytes a part of an upload may have now; 0 if there is no such upload."""

    def reserve(self, upload_id: str, size: int) -> Callable[[], None]:
        """Reserve room for the bytes of a part; return what gives it back.

        Raises:
            FramingError: too many are being received.
        """


class Parser(HTTPRequestParser):
    """Reads one request, and stops if its end is ambiguous.

    Args:
        adj: waitress's settings.
        parts: answers for uploads; None if there are none.

    Attributes:
        first: for a request that the broker answers, its bytes and those after it; else None. Such
            a request is not complete for waitress, which would read what follows as HTTP.
    """

    headers: dict[str, str]
    proxy_netloc: str
    command: Any
    path: Any
    body_rcv: Any
    content_length: int

    def __init__(self, adj: Adjustments, parts: Parts | None = None) -> None:
        super().__init__(adj)
        self._parts = parts
        self._give_back: Callable[[], None] | None = None
        self.error: Any = None
        self._head = b""
        self.first: bytes | None = None

    def received(self, data: bytes) -> int:
        """Take the next bytes of the connection; return how many belong to this request."""
        if self.first is not None:
            self.first += data
            return len(data)
        begins = self.body_rcv is None and not self.header_plus.strip(b"\r\n")
        if begins and not _START.match(self.header_plus + data):
            return self._refuse(
                framing.malformed("there is white space before the request"), len(data)
            )
        try:
            consumed = super().received(data)
        except FramingError as error:
            return self._refuse(error, len(data))
        if self.error is not None:
            self._refuse(_error_of(self.error), consumed)
        elif self._is_for_broker():
            self.completed = False
            self.first = self._head + data[consumed:]
            return len(data)
        if self.completed:
            # nothing follows: waitress would tell the client to continue, and wait for more
            self.expect_continue = False
        return consumed

    def parse_header(self, header_plus: bytes) -> None:
        """Read the head of the request.

        Raises:
            FramingError: it is malformed.
        """
        upload = self._upload_of(header_plus)
        part = self._parts.limit(upload) if self._parts and upload else 0
        framing.check_head(header_plus, max(framing.LARGEST_BODY, part))
        super().parse_header(header_plus)
        if self._parts and upload and self.content_length > framing.LARGEST_BODY:
            self._give_back = self._parts.reserve(upload, self.content_length)
        self._head = header_plus
        # only the broker changes the protocol; everything else ignores the offer (RFC 9110, 7.8)
        self.headers.pop("UPGRADE", None)
        if self.proxy_netloc:
            # the request line takes precedence over the Host field (RFC 9112, 3.2.2)
            self.headers["HOST"] = self.proxy_netloc
        if self.chunked:
            self.body_rcv = ChunkedReceiver()

    def close(self) -> None:
        """Let go of the body."""
        super().close()
        give_back, self._give_back = self._give_back, None
        if give_back is not None:
            give_back()

    @staticmethod
    def _upload_of(head: bytes) -> str:
        """Return the id of the upload that a request adds a part to; empty if it adds none."""
        found = _UPLOAD.match(head)
        return "" if found is None else found[1].decode("ascii", "replace")

    def answer_here(self) -> None:
        """Let the application answer a request that was for the broker, and then close."""
        self.first = None
        self.completed = True
        self.headers["CONNECTION"] = "close"

    def _is_for_broker(self) -> bool:
        """Return whether it is a complete GET of `BROKER_PATH`, an upgrade or not."""
        return (
            self.completed
            and not self.empty
            and self.command == "GET"
            and self.path == BROKER_PATH
            and self.body_rcv is None
            and not self.expect_continue
        )

    def _refuse(self, error: FramingError, consumed: int) -> int:
        self.error = Refusal(error)
        self.completed = True
        # otherwise waitress would tell the client to continue
        self.expect_continue = False
        return consumed


class ChunkedReceiver:
    """A chunked body, in the form that waitress expects."""

    def __init__(self) -> None:
        self._body = ChunkedBody()
        self._content = bytearray()
        self.error: Refusal | None = None

    @property
    def completed(self) -> bool:
        """Whether it is complete."""
        return self._body.is_complete

    def received(self, data: bytes) -> int:
        """Take bytes; return how many belong to the body."""
        self._content += self._body.feed(data)
        return len(data) - len(self._body.rest)

    def __len__(self) -> int:
        return len(self._content)

    def getfile(self) -> BytesIO:
        """Return the body, to be read."""
        return BytesIO(self._content)

    def getbuf(self) -> OverflowableBuffer:
        """Return the object that waitress closes after the answer."""
        return OverflowableBuffer(0)


class ProblemTask(ErrorTask):
    """Answers a request that cannot be read, and ends the connection."""

    def execute(self) -> None:
        """Write the answer."""
        request: Any = self.request
        channel: Any = self.channel
        refusal = request.error
        if not isinstance(refusal, Refusal):
            refusal = Refusal(_error_of(refusal))
        if refusal.status != HTTPStatus.INTERNAL_SERVER_ERROR:
            channel.shared.refusals.count(_REASONS.get(refusal.status, Reason.MALFORMED))
            channel.lingers = True
        response = security_headers.add(refusal.problem().response())
        self.status = response.status
        self.response_headers = [*self.response_headers, *response.headers.to_wsgi_list()]
        self.set_close_on_finish()
        self.write(response.get_data())


_REASONS: Final = {
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: Reason.BODY,
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: Reason.HEADER,
    HTTPStatus.REQUEST_TIMEOUT: Reason.SLOW,
}


def _error_of(error: Any) -> FramingError:
    """Return the `FramingError` for an error of waitress."""
    if isinstance(error, Refusal):
        return FramingError(error.status, str(error.body))
    status = HTTPStatus(error.code)
    if status == HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE:
        return FramingError(
            status, f"the header of the request is larger than {LARGEST_HEAD} bytes"
        )
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return framing.too_large()
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        return FramingError(status, "something went wrong on the server; see its terminal")
    return FramingError(status, "the request is malformed")
