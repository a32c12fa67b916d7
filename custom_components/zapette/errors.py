"""Errors of calls, translated for Home Assistant."""

from typing import Final

from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from .const import DOMAIN

CODES: Final = (
    "no_such_procedure",
    "invalid_argument",
    "not_supported",
    "gesture_required",
    "media_error",
    "runtime_error",
    "timeout",
    "unavailable",
    "cancelled",
)


class CallError(Exception):
    """A call ended without a result.

    Attributes:
        code: one of the protocol's error codes.
        message: the player's message.
    """

    def __init__(self, code: str, message: str) -> None:
        """Keep code and message."""
        super().__init__(message)
        self.code = code
        self.message = message

    def translated(self, name: str) -> HomeAssistantError:
        """Return the error that Home Assistant shows, in its user's language.

        Args:
            name: what the user calls the player.
        """
        kind = ServiceValidationError if self.code == "invalid_argument" else HomeAssistantError
        return kind(
            translation_domain=DOMAIN,
            translation_key=self.code if self.code in CODES else "runtime_error",
            translation_placeholders={"name": name, "message": self.message},
        )
