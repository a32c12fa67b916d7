"""The errors of the package, drawn as one tree.

::

    ZapetteError
    ├── SettingsError            a setting is unknown, of the wrong type or out of range
    ├── TopicError               a name or topic breaks the wire contract
    ├── ConnectError             no connection to the broker; `cause` says why
    └── CallError                a call did not give a result; `code` says why
        ├── NoSuchProcedure      no_such_procedure
        ├── InvalidArgument      invalid_argument
        │   └── TooLarge         the message is larger than the broker accepts
        ├── NotSupported         not_supported
        ├── GestureRequired      gesture_required
        ├── MediaError           media_error
        ├── ProcedureFailed      runtime_error
        ├── CallTimeout          timeout      (made by the caller's side)
        ├── Unavailable          unavailable  (made by the caller's side)
        └── Cancelled            cancelled    (made by the caller's side)
"""

from __future__ import annotations

from typing import ClassVar, Literal

__all__ = [
    "CallError",
    "CallTimeout",
    "Cancelled",
    "ConnectError",
    "GestureRequired",
    "InvalidArgument",
    "MediaError",
    "NoSuchProcedure",
    "NotSupported",
    "ProcedureFailed",
    "SettingsError",
    "TopicError",
    "Unavailable",
    "ZapetteError",
]


class ZapetteError(Exception):
    """The base of the package's errors."""


class SettingsError(ZapetteError):
    """A setting is refused.

    Attributes:
        key: its full name, for example ``bridge.url``.
        reason: what is wrong, and what is allowed.
    """

    def __init__(self, key: str, reason: str, place: str = "") -> None:
        """Say what is wrong; `place` is the file, or other place, that sets it."""
        super().__init__(f"setting {key}{f' in {place}' if place else ''}: {reason}")
        self.key = key
        self.reason = reason


class TopicError(ZapetteError):
    """A player id, name, procedure or topic breaks the wire contract."""


ConnectCause = Literal["unreachable", "refused", "untrusted"]
"""The broker does not answer, refuses the client, or has no trusted certificate."""


class ConnectError(ZapetteError):
    """The client cannot connect to the broker.

    Attributes:
        cause: why; only a person can correct the last two causes.
    """

    def __init__(self, message: str, cause: ConnectCause = "unreachable") -> None:
        super().__init__(message)
        self.cause = cause

    @property
    def needs_action(self) -> bool:
        """Whether a person must correct the account, the certificate or the URL."""
        return self.cause != "unreachable"


class CallError(ZapetteError):
    """A call ended without a result.

    Attributes:
        code: one of the contract's error codes.
        message: the message for the caller.
        reason: the contract's reason of a ``media_error``; empty if there is none.
    """

    default_code: ClassVar[str] = "runtime_error"

    def __init__(self, message: str, *, code: str | None = None, reason: str = "") -> None:
        super().__init__(message)
        self.code = code or self.default_code
        self.message = message
        self.reason = reason

    @classmethod
    def of(cls, code: str, message: str, reason: str = "") -> CallError:
        """Return the error for `code`; a plain `CallError` for an unknown code."""
        return _BY_CODE.get(code, CallError)(message, code=code, reason=reason)


class NoSuchProcedure(CallError):
    """The callee does not have the procedure."""

    default_code = "no_such_procedure"


class InvalidArgument(CallError):
    """A parameter is missing, too many, of the wrong type or out of range; the message names it."""

    default_code = "invalid_argument"


class TooLarge(InvalidArgument):
    """The message is larger than the broker accepts."""


class NotSupported(CallError):
    """The callee cannot do it."""

    default_code = "not_supported"


class GestureRequired(CallError):
    """The browser plays with sound only after a click on the player's page."""

    default_code = "gesture_required"


class MediaError(CallError):
    """The medium cannot be loaded or decoded."""

    default_code = "media_error"


class ProcedureFailed(CallError):
    """The procedure failed; the callee has logged it."""

    default_code = "runtime_error"


class CallTimeout(CallError):
    """No answer came in time."""

    default_code = "timeout"


class Unavailable(CallError):
    """The callee is offline, or the caller is not connected.

    Attributes:
        connect_error: why the caller cannot connect; None if it has been connected.
    """

    default_code = "unavailable"
    connect_error: ConnectError | None = None


class Cancelled(CallError):
    """The caller cancelled the call."""

    default_code = "cancelled"


_BY_CODE: dict[str, type[CallError]] = {
    kind.default_code: kind
    for kind in (
        NoSuchProcedure,
        InvalidArgument,
        NotSupported,
        GestureRequired,
        MediaError,
        ProcedureFailed,
        CallTimeout,
        Unavailable,
        Cancelled,
    )
}
