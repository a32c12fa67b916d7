"""The errors of the web side, as one tree; `problem_details` maps them to HTTP answers.

::

    WebappError
    ├── InvalidRequest               the request does not have the required form
    │   ├── InvalidId                a player id is malformed
    │   ├── BodyTooLarge             the body is longer than the limit
    │   └── NotJson                  the body is of another type
    ├── FramingError                 the end of the request is ambiguous or too far away
    ├── TooManyRequests              the client exceeds its rate
    ├── ForeignRequest               the request is for, or from, a host that is not ours
    │   ├── ForeignHost
    │   └── ForeignOrigin
    ├── AccessRefused
    │   ├── NotLetIn                 nothing proves that the client may read the library
    │   ├── PlayerWaiting            a new player must wait until somebody lets it in
    │   ├── DeviceRevoked            the player disconnected this device
    │   ├── GuestsExcluded           guests may not do this
    │   ├── UploadsOff               nobody may
    │   └── WrongCode                no player shows this code
    ├── TooManyWaiting               too many new players wait
    ├── TooManyRevocations           only a new code can revoke further devices
    ├── NotFound
    │   ├── UnknownPlayer
    │   ├── UnknownDevice
    │   ├── NotInLibrary             nothing at this path; also an `InvalidArgument` of a call
    │   ├── NoPicture                the medium has no thumbnail
    │   ├── BrokerElsewhere          MQTT over WebSocket is on another port
    │   ├── NotSubtitles             the file is of another kind
    │   ├── NoTrack                  the film has no such subtitles inside
    │   └── NoFont                   the film has no such font inside
    ├── NotReady                     another attempt in a moment can succeed
    ├── Unconvertible                the file cannot be shown as subtitles
    ├── NoFilm                       no film was found at an address
    ├── PrivateAddress               the server does not look into pages of private networks
    ├── LinksMissing                 yt-dlp is not installed
    ├── Unplayable                   the medium cannot be played
    ├── NotStreamable                the medium cannot be converted; `reason` says why
    │   └── ConversionFailed         ffmpeg made nothing of it
    ├── ConversionsFull              too many films are being converted
    ├── UploadTooLarge               the file is larger than one may be
    ├── NoRoom                       there is no room for another upload, or on the disk
    ├── WrongOffset                  a part of an upload does not follow the one before
    ├── NotMedia                     the uploaded file is nothing to play; `reason` says why
    ├── ToolError                    a program did not run to its end
    │   ├── ToolMissing              it is not installed, or cannot start
    │   ├── ToolBusy                 too many runs are waiting; also a `NotReady`
    │   ├── ToolTooLong              it exceeded its time limit
    │   └── ToolTooMuch              it exceeded its output limit
    └── AssetsError                  the pages are not built, and cannot be

An attribute holds the data of an error; its text is for people.
"""

from __future__ import annotations

import math
from http import HTTPStatus
from typing import ClassVar, Literal

from zapette.errors import InvalidArgument, ZapetteError

UploadFlaw = Literal["empty", "cut_off", "encrypted", "text", "unknown_format", "unreadable"]
"""The reasons why an uploaded file is refused."""

MediaFlaw = Literal[UploadFlaw, "damaged", "no_ffmpeg", "conversion_off"]
"""The reasons why a medium cannot be converted."""


class WebappError(ZapetteError):
    """The base of the errors of the web side.

    Attributes:
        text: the message, with a place for the value that the error is made with.
        retry_after: seconds after which another attempt can succeed; None if waiting does not help.
    """

    text: ClassVar[str] = "{}"
    retry_after: int | None = None

    def __init__(self, value: str | int = "") -> None:
        super().__init__(self.text.format(value))


class InvalidRequest(WebappError):
    """The request does not have the required form; the message names the part that is wrong."""


class InvalidId(InvalidRequest):
    """A player id is malformed."""

    text = "id: 32 lowercase hexadecimal digits are needed"


class BodyTooLarge(InvalidRequest):
    """The body is too long; the message says how long it may be."""

    text = "over {} bytes"


class NotJson(InvalidRequest):
    """The body is not of the type ``application/json``."""

    text = "application/json is needed"


class FramingError(WebappError):
    """The end of a request is ambiguous or too far away; the connection must close."""

    def __init__(self, status: HTTPStatus, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


class TooManyRequests(WebappError):
    """The client exceeds its rate; it may ask again in `retry_after` seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__("too many requests from this address; wait a little")
        self.retry_after = math.ceil(seconds)


class ForeignRequest(WebappError):
    """The request is for a host, or from a page, that is not ours."""


class ForeignHost(ForeignRequest):
    """The request is for a host that is not this server's."""

    text = (
        "{:.80} is not a host of this server; if it is, add it to the setting allowed_hosts "
        "(ZAPETTE_ALLOWED_HOSTS)"
    )


class ForeignOrigin(ForeignRequest):
    """A page of another site asks for a change."""

    text = (
        "pages of other sites may not change anything; if the host is yours, add it to the "
        "setting allowed_hosts (ZAPETTE_ALLOWED_HOSTS)"
    )


class AccessRefused(WebappError):
    """The client may not connect to the player."""


class NotLetIn(AccessRefused):
    """The client, which may be a browser, has no right to read the library."""

    def __init__(self, text: str, *, is_browser: bool) -> None:
        super().__init__(text)
        self.is_browser = is_browser


class PlayerWaiting(AccessRefused):
    """A new player must wait until somebody lets it in.

    Attributes:
        code: the code that its page shows.
        expires_in: the seconds until the code expires.
    """

    retry_after = 2

    def __init__(self, code: str, expires_in: int) -> None:
        super().__init__(
            f"this player is new and waits to be let in; its code is {code}: zapette players allow "
            f"{code}, or the settings of a player that is in, or Home Assistant"
        )
        self.code = code
        self.expires_in = expires_in


class TooManyWaiting(WebappError):
    """Too many new players wait to be let in, of one client or in total.

    Attributes:
        client: the client that has too many; empty if there are too many in total.
    """

    text = "too many new players wait to be let in; try again later"
    retry_after = 60

    def __init__(self, client: str = "") -> None:
        super().__init__()
        self.client = client


class DeviceRevoked(AccessRefused):
    """The player disconnected this device."""

    text = "the player disconnected this device; a new code lets it connect again"


class WrongCode(AccessRefused):
    """No player shows this code now."""

    text = "no player shows this code, or it has expired; ask for a new one"


class TooManyRevocations(WebappError):
    """The player has disconnected as many devices as it may; more need a new code."""

    text = "{} devices are disconnected already; make a new code instead"


class NotFound(WebappError):
    """The request names something that does not exist."""


class UnknownPlayer(NotFound):
    """The player is not registered, or not any more."""

    text = "this player no longer exists"


class UnknownDevice(NotFound):
    """The player has no such remote or guest."""

    text = "this player has no such device"


class NotInLibrary(NotFound, InvalidArgument):
    """The library has no such folder or medium."""


class NoPicture(NotFound):
    """The medium has no thumbnail."""

    text = "this medium has no picture"


class BrokerElsewhere(NotFound):
    """MQTT over WebSocket is on another port, or at a cluster's nodes if `port` is 0."""

    def __init__(self, port: int) -> None:
        where = f"on port {port}" if port else "at the nodes of the cluster"
        super().__init__(f"on this system, MQTT over WebSocket is {where}, at /mqtt")


class NotSubtitles(NotFound):
    """The file contains no subtitles."""

    text = "this is not a subtitle file"


class NoTrack(NotFound):
    """The film has no such subtitles inside; the message says which it has."""


class NoFont(NotFound):
    """The film has no font with this number."""

    text = "the film has {} fonts inside, counted from 0"


class NotReady(WebappError):
    """The answer is being prepared; the message says by what."""

    text = "{}; try again in a moment"
    retry_after = 1


class Unconvertible(WebappError):
    """The file cannot be shown as subtitles; the message says why."""


class NoFilm(WebappError):
    """No film was found at an address; the message says why."""


class PrivateAddress(WebappError):
    """The server does not look into pages of a private network."""

    text = (
        "this address is not public, or leads to one that is not; the setting links_private "
        "allows them"
    )


class LinksMissing(WebappError):
    """yt-dlp is not installed."""

    text = "pages with films in them need yt-dlp on the server: pip install 'zapette[links]'"


class Unplayable(WebappError):
    """The medium cannot be played; `flaw` is one of `zapette_webapp.media.probing.flaws.FLAWS`."""

    text = "the medium cannot be played: {}"

    def __init__(self, flaw: str) -> None:
        super().__init__(flaw)
        self.flaw = flaw


class NotStreamable(WebappError):
    """The medium cannot be converted; `reason` is the code of the answer."""

    def __init__(self, reason: MediaFlaw, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class ConversionFailed(NotStreamable):
    """ffmpeg made nothing of a part of the medium; `words` are its own."""

    def __init__(self, words: str) -> None:
        super().__init__("damaged", f"this part of the medium cannot be converted: {words[-300:]}")


class ConversionsFull(WebappError):
    """The server is already converting as many films as it may."""

    text = (
        "the server converts {} films already, the most that the setting convert_at_once allows; "
        "stop one, or wait until it ends"
    )
    retry_after = 5


class GuestsExcluded(AccessRefused):
    """Guests may neither look for films in web pages nor, by default, upload files."""

    text = "guests may not do this; the setting guest_uploads lets them upload files"


class UploadsOff(AccessRefused):
    """Nobody may upload files."""

    text = "this server accepts no uploads; the setting uploads_max allows them"


class UploadTooLarge(WebappError):
    """The file is larger than the limit for one upload."""

    text = "the file is larger than {} MiB, half of the setting uploads_max"


class NoRoom(WebappError):
    """There is no room for another upload, or on the disk; the message says why."""

    retry_after = 60

    def __init__(self, why: str = "the server's disk is full; make room") -> None:
        super().__init__(why)


class WrongOffset(WebappError):
    """A part does not follow the `received` bytes."""

    text = "offset: {} bytes have arrived; continue there"

    def __init__(self, received: int) -> None:
        super().__init__(received)
        self.received = received


class NotMedia(WebappError):
    """The uploaded file is nothing to play; `reason` is the code of the answer."""

    text = "this is not a film, song or photo that can be played: {}"

    def __init__(self, reason: UploadFlaw) -> None:
        super().__init__(reason)
        self.reason = reason


class ToolError(WebappError):
    """A program did not run to its end; `outcome` is the label in the metrics."""

    outcome = "failed"


class ToolMissing(ToolError):
    """The program is not installed, cannot be started, or was stopped."""


class ToolBusy(ToolError, NotReady):
    """Too many runs are waiting already."""

    outcome = "busy"


class ToolTooLong(ToolError):
    """The program took longer than its limits allow."""

    outcome = "too_long"


class ToolTooMuch(ToolError):
    """The program wrote more than its limits allow."""

    outcome = "too_much"


class AssetsError(WebappError):
    """The pages are not built, and cannot be; the message says why."""
