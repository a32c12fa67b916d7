"""Calls of a player's or the server's procedures over Home Assistant's MQTT client."""

import asyncio
import itertools
from collections.abc import Callable
from typing import Any, Final

from homeassistant.components import mqtt
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.json import json_dumps

from .errors import CallError
from .player_state import read_object
from .topics import Callee

TIMEOUT: Final = 10.0
"""How long a call waits for its answer, in seconds."""

LOADING: Final = 30.0
"""How long a call may load a medium, or look for one in a web page, in seconds."""

EXPIRY: Final = 10
"""How long a broker may hold a call before it must drop it, in seconds (MQTT 5)."""

LOADS: Final = {
    *("load", "next", "previous", "jump", "play", "toggle"),
    *("seek", "seek/by", "stream", "audio", "subtitles"),
}
"""The procedures of a player that may load a medium, or the present one again."""

_SLOW: Final = {*LOADS, "find"}
_PROTOCOL: Final = "protocol"


class Caller:
    """Calls the procedures of one callee, once `async_start` has subscribed."""

    def __init__(self, hass: HomeAssistant, callee: Callee, name: str) -> None:
        """Set it up.

        Args:
            hass: Home Assistant.
            callee: who is called.
            name: the caller in topics, of A-Z, a-z, 0-9, _ and -.
        """
        self._hass = hass
        self._callee = callee
        self._name = name
        self._numbers = itertools.count(1)
        self._waiting: dict[str, asyncio.Future[Any]] = {}

    async def async_start(self) -> Callable[[], None]:
        """Subscribe to the answers; return a function that unsubscribes."""
        unsubscribe = await mqtt.async_subscribe(
            self._hass, self._callee.responses(self._name), self._answered
        )

        @callback
        def stop() -> None:
            unsubscribe()
            self.async_give_up(CallError("cancelled", "the player was unloaded"))

        return stop

    @callback
    def async_give_up(self, error: CallError) -> None:
        """End every call that waits for its answer with `error`."""
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(error)

    async def async_call(self, procedure: str, **parameters: Any) -> Any:
        """Call a procedure and return its result.

        Raises:
            CallError: the callee's error, or ``timeout``, or ``unavailable``.
        """
        if not mqtt.is_connected(self._hass):
            raise CallError("unavailable", "MQTT is not connected")
        try:
            payload = json_dumps(parameters) if parameters else ""
        except (TypeError, ValueError) as error:
            raise CallError("invalid_argument", str(error)) from error
        call = str(next(self._numbers))
        future = self._waiting[call] = self._hass.loop.create_future()
        try:
            await mqtt.async_publish(
                self._hass,
                self._callee.request(self._name, call, procedure),
                payload,
                message_expiry_interval=self._expiry,
            )
            async with asyncio.timeout(LOADING if procedure in _SLOW else TIMEOUT):
                return await future
        except TimeoutError:
            raise CallError("timeout", procedure) from None
        except HomeAssistantError as error:
            raise CallError("unavailable", str(error)) from error
        finally:
            del self._waiting[call]
            # read the error of a call that ended before it was awaited
            if not future.cancel() and not future.cancelled():
                future.exception()

    @property
    def _expiry(self) -> int | None:
        entries = self._hass.config_entries.async_entries(mqtt.DOMAIN)
        return EXPIRY if any(it.data.get(_PROTOCOL) == "5" for it in entries) else None

    @callback
    def _answered(self, message: mqtt.ReceiveMessage) -> None:
        future = self._waiting.get(message.topic.rpartition("/")[2])
        # late, repeated and unexpected answers are dropped
        if future is None or future.done():
            return
        answer = read_object(message.payload)
        error = answer.get("error")
        if "result" in answer:
            future.set_result(answer["result"])
        elif isinstance(error, dict):
            code = str(error.get("code") or "runtime_error")
            text = str(error.get("message", ""))
            future.set_exception(CallError(code, text))
        else:
            future.set_exception(CallError("runtime_error", "the answer is not one"))
