"""The names and topics of the wire contract (docs/protocol.md, "Names" and "Topics"); no I/O."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Final

from zapette.errors import TopicError

DISCOVERY: Final = "zapette/discovery"

SERVICE_CLIENT: Final = "service-"
"""How the client id of a service begins."""

_PLAYER_ID = re.compile(r"[0-9a-f]{32}")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SERVICE = re.compile(r"[a-z0-9_-]{1,64}")
_PROCEDURE = re.compile(r"[a-z0-9_]+(?:/[a-z0-9_]+)*")
_LEVEL = re.compile(r"(?!\$)[^.\s*>+#/\x00]+")


def is_player_id(text: str) -> bool:
    """Return whether `text` is a player id: 32 lowercase hexadecimal digits."""
    return _PLAYER_ID.fullmatch(text) is not None


def is_procedure(text: str) -> bool:
    """Return whether `text` is a procedure: one or more levels of ``[a-z0-9_]+``."""
    return _PROCEDURE.fullmatch(text) is not None


def is_token(text: str) -> bool:
    """Return whether `text` may name a caller or a call: ``[A-Za-z0-9_-]{1,64}``."""
    return _TOKEN.fullmatch(text) is not None


def service_client_id(name: str) -> str:
    """Return the client id of a service: the broker lets only one client use it."""
    client_id = f"{SERVICE_CLIENT}{name}"
    if is_token(client_id):
        return client_id
    return f"{SERVICE_CLIENT}{hashlib.sha256(name.encode()).hexdigest()[:32]}"


def check_base(base: str) -> str:
    """Return `base` if it is a valid base topic.

    Raises:
        TopicError: a level is empty, starts with ``$`` or holds ``.``, white space, ``*``, ``>``
            or a wildcard.
    """
    for level in base.split("/"):
        if _LEVEL.fullmatch(level) is None:
            raise TopicError(
                f"{base!r}: the level {level!r} is not allowed: each has a character or more, none "
                "of . * > + # and white space, and no $ at its beginning"
            )
    return base


@dataclass(frozen=True, slots=True)
class Request:
    """An incoming command or request.

    Attributes:
        procedure: for example ``volume/up``.
        caller: the caller's client id; None for a command.
        call: the caller's token for this call; None for a command.
    """

    procedure: str
    caller: str | None = None
    call: str | None = None


@dataclass(frozen=True, slots=True)
class Callee:
    """The topics of a callee: a player, the server or a service.

    Attributes:
        root: the first levels of its topics, without a slash at the end.
    """

    root: str

    @property
    def server(self) -> Callee | None:
        """The server that a player depends on; None for other callees."""
        base, found, player_id = self.root.rpartition("/players/")
        return Callee(f"{base}/server") if found and is_player_id(player_id) else None

    @property
    def availability(self) -> str:
        """The topic of the retained ``online`` or ``offline``."""
        return f"{self.root}/availability"

    @property
    def state(self) -> str:
        """The topic of the retained state."""
        return f"{self.root}/state"

    def event(self, name: str) -> str:
        """Return the topic of the event `name`."""
        return f"{self.root}/event/{name}"

    def command(self, procedure: str) -> str:
        """Return the topic of the command `procedure`, without answer on MQTT 3.1.1."""
        return f"{self.root}/command/{_procedure(procedure)}"

    def request(self, caller: str, call: str, procedure: str) -> str:
        """Return the topic of the request `call` of `caller` for `procedure`."""
        return f"{self.root}/request/{_token(caller)}/{_token(call)}/{_procedure(procedure)}"

    def response(self, caller: str, call: str) -> str:
        """Return the topic of the response to the request `call` of `caller`."""
        return f"{self.root}/response/{_token(caller)}/{_token(call)}"

    @property
    def commands(self) -> str:
        """The filter of all commands."""
        return f"{self.root}/command/#"

    @property
    def requests(self) -> str:
        """The filter of all requests."""
        return f"{self.root}/request/#"

    def responses(self, caller: str) -> str:
        """Return the filter of all responses to `caller`."""
        return f"{self.root}/response/{_token(caller)}/#"

    def parse(self, topic: str) -> Request | None:
        """Return the command or request of a topic; None if it is none of this callee's.

        Its procedure may be one that no callee can have, so that a misspelt one has an answer.
        """
        kind, _, rest = topic.removeprefix(self.root + "/").partition("/")
        if not topic.startswith(self.root + "/"):
            return None
        if kind == "command" and _has_levels(rest):
            return Request(rest)
        if kind == "request":
            caller, _, rest = rest.partition("/")
            call, _, procedure = rest.partition("/")
            if is_token(caller) and is_token(call) and _has_levels(procedure):
                return Request(procedure, caller, call)
        return None

    def answers_to(self, request: Request, response_topic: str | None) -> str | None:
        """Return the topic of the answer to `request`; None if it wants none.

        A response topic counts only below this callee's ``response/`` and, for requests, below
        ``response/<caller>/``; otherwise the request's topic determines the answer's.
        """
        if response_topic is not None and self._may_answer(request, response_topic):
            return response_topic
        if request.caller is not None and request.call is not None:
            return self.response(request.caller, request.call)
        return None

    def _may_answer(self, request: Request, topic: str) -> bool:
        below = f"{self.root}/response/"
        if request.caller is not None:
            below += f"{request.caller}/"
        rest = topic.removeprefix(below)
        return topic.startswith(below) and _has_levels(rest)


@dataclass(frozen=True, slots=True)
class Topics:
    """The topics below one base topic.

    Attributes:
        base: the setting ``base_topic``; may have several levels.
        discovery_prefix: the setting ``discovery_prefix`` of Home Assistant's discovery topics.
    """

    base: str = "zapette"
    discovery_prefix: str = "homeassistant"

    def player(self, player_id: str) -> Callee:
        """Return the topics of a player.

        Raises:
            TopicError: `player_id` is not 32 lowercase hexadecimal digits.
        """
        if not is_player_id(player_id):
            raise TopicError(f"player id {player_id!r}: 32 lowercase hexadecimal digits are needed")
        return Callee(f"{self.base}/players/{player_id}")

    @property
    def server(self) -> Callee:
        """The topics of the server itself."""
        return Callee(f"{self.base}/server")

    def service(self, name: str) -> Callee:
        """Return the topics of a service.

        Raises:
            TopicError: `name` is not ``[a-z0-9_-]{1,64}``.
        """
        if _SERVICE.fullmatch(name) is None:
            raise TopicError(f"service name {name!r}: 1 to 64 of a-z, 0-9, _ and - are needed")
        return Callee(f"{self.base}/services/{name}")

    @property
    def everything(self) -> str:
        """The filter of all topics below the base topic."""
        return f"{self.base}/#"


def _has_levels(text: str) -> bool:
    return all(map(_LEVEL.fullmatch, text.split("/")))


def _procedure(procedure: str) -> str:
    if not is_procedure(procedure):
        raise TopicError(f"procedure {procedure!r}: levels of a-z, 0-9 and _ are needed")
    return procedure


def _token(token: str) -> str:
    if not is_token(token):
        raise TopicError(f"{token!r}: 1 to 64 of A-Z, a-z, 0-9, _ and - are needed")
    return token
