"""A proxy of a service: its procedures as methods."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from zapette.client.client import CALL_TIMEOUT, Client
from zapette.protocol.topics import Callee


class Service:
    """Calls the procedures of a service: ``service.deposit(5)`` calls ``deposit``.

    In nested names, a dot replaces the slash: ``service.volume.up()`` calls ``volume/up``.
    """

    def __init__(
        self, client: Client, callee: Callee, timeout: float = CALL_TIMEOUT, prefix: str = ""
    ) -> None:
        self._client = client
        self._callee = callee
        self._timeout = timeout
        self._prefix = prefix

    def __getattr__(self, name: str) -> Service:
        if name.startswith("_"):
            raise AttributeError(name)
        return Service(self._client, self._callee, self._timeout, f"{self._prefix}{name}/")

    def __call__(self, *positional: Any, **named: Any) -> Any:
        """Call the procedure; raises CallError."""
        return self._client.call(
            self._callee, self._prefix.rstrip("/"), *positional, timeout=self._timeout, **named
        )


def public_methods(instance: object) -> dict[str, Callable[..., Any]]:
    """Return the public methods of an object, by name."""
    return {
        name: getattr(instance, name)
        for name in dir(type(instance))
        if not name.startswith("_") and callable(getattr(type(instance), name))
    }
