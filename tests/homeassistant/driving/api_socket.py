"""Home Assistant's WebSocket API, as its own pages use it."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.waiting import eventually


class HomeAssistantRefused(Exception):
    """What Home Assistant says to its user when something did not work.

    Attributes:
        error: ``code``, ``message``, ``translation_key``…
    """

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(error)
        self.error = error


@dataclass
class Socket:
    """One connection, which also writes down every change of a state."""

    url: str
    token: str
    changes: list[dict[str, Any]] = field(default_factory=list)
    _answers: dict[int, dict[str, Any]] = field(default_factory=dict)
    _last: int = 0

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._connection = connect(self.url, max_size=None)
        self._connection.recv()
        self._connection.send(json.dumps({"type": "auth", "access_token": self.token}))
        assert json.loads(self._connection.recv())["type"] == "auth_ok"
        threading.Thread(target=self._read, daemon=True).start()
        self.ask("subscribe_events", event_type="state_changed")

    def close(self) -> None:
        self._connection.close()

    def ask(self, kind: str, **parameters: Any) -> Any:
        """Send a command and return its result."""
        with self._lock:
            self._last += 1
            number = self._last
            self._connection.send(json.dumps({"id": number, "type": kind, **parameters}))
        eventually(lambda: number in self._answers, f"an answer to {kind}", timeout=30)
        answer = self._answers.pop(number)
        if not answer["success"]:
            raise HomeAssistantRefused(answer["error"])
        return answer["result"]

    def _read(self) -> None:
        try:
            for text in self._connection:
                for message in _list(json.loads(text)):
                    if message["type"] == "result":
                        self._answers[message["id"]] = message
                    elif message["type"] == "event" and "event_type" in message["event"]:
                        self.changes.append(message["event"]["data"])
        except ConnectionClosed:
            pass


def _list(value: Any) -> list[dict[str, Any]]:
    return value if isinstance(value, list) else [value]
