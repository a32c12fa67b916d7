"""The names and topics of Zapette's protocol, version 1; no I/O."""

import re
from dataclasses import dataclass
from typing import Final

DISCOVERY: Final = "zapette/discovery"

_PLAYER_ID = re.compile(r"[0-9a-f]{32}")
_LEVEL = re.compile(r"(?!\$)[^.\s*>+#/\x00]+")
_LINK = re.compile(r"(?P<url>https?://[^\s#?]*?/)(?:remote)?#(?P<id>[0-9a-f]{32})\..+")


def is_player_id(text: str) -> bool:
    """Return whether `text` is a player id: 32 lowercase hexadecimal digits."""
    return _PLAYER_ID.fullmatch(text) is not None


def is_base_topic(text: str) -> bool:
    """Return whether `text` may be a base topic; it may have several levels."""
    return all(_LEVEL.fullmatch(level) for level in text.split("/"))


def read_player(text: str) -> tuple[str, str | None] | None:
    """Return the id, and the address of the pages if `text` is a player's link; None if neither.

    The key in a link is a secret that nothing here needs: it is dropped.
    """
    text = text.strip()
    if is_player_id(text):
        return text, None
    if (match := _LINK.fullmatch(text)) is not None:
        return match["id"], match["url"]
    return None


@dataclass(frozen=True, slots=True)
class Callee:
    """The topics of a player or of the server."""

    root: str

    @property
    def availability(self) -> str:
        """Where it says ``online`` or ``offline``, retained."""
        return f"{self.root}/availability"

    @property
    def state(self) -> str:
        """Where it publishes its state, retained."""
        return f"{self.root}/state"

    @property
    def events(self) -> str:
        """The filter of its events."""
        return f"{self.root}/event/+"

    def request(self, caller: str, call: str, procedure: str) -> str:
        """Return the topic on which `caller` makes the call `call` of `procedure`."""
        return f"{self.root}/request/{caller}/{call}/{procedure}"

    def responses(self, caller: str) -> str:
        """Return the filter of all answers to `caller`."""
        return f"{self.root}/response/{caller}/#"


def player(base_topic: str, player_id: str) -> Callee:
    """Return the topics of a player."""
    return Callee(f"{base_topic}/players/{player_id}")


def service(base_topic: str, name: str) -> Callee:
    """Return the topics of a service."""
    return Callee(f"{base_topic}/services/{name}")


def server(base_topic: str) -> Callee:
    """Return the topics of the server."""
    return Callee(f"{base_topic}/server")
