"""One player over MQTT: its state, events and calls."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from homeassistant.components import mqtt
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.event import async_call_later
from homeassistant.util import dt as dt_util

from . import topics
from .calls import Caller
from .errors import CallError
from .player_state import PlayerState, read_object
from .position import Position

_LOGGER = logging.getLogger(__name__)

STALL: Final = 0.5
"""Seconds after which buffering counts as a change of state."""

AGAIN: Final = 20.0
"""Seconds between two status calls to a player that does not answer with its state."""

_UNANSWERED: Final = {"timeout", "unavailable", "cancelled"}

type EventListener = Callable[[str, dict[str, Any]], None]


class Player:
    """Follows a player from `async_start` to `async_stop`.

    Attributes:
        id: the player's id.
        state: its last state; None if there is none, or it has left.
        position: its reported position, without a time while only a retained state is known.
        url: the address of the pages, with a slash at the end; None if unknown.
        sw_version: the version of Zapette; None if unknown.
        is_announced: whether the server announces the player with a name.
    """

    def __init__(
        self, hass: HomeAssistant, caller: str, base_topic: str, player_id: str, url: str | None
    ) -> None:
        """Set it up; `async_start` begins.

        Args:
            hass: Home Assistant.
            caller: the caller in topics.
            base_topic: the household's base topic.
            player_id: the player id.
            url: the address of the pages, if known.
        """
        self.id = player_id
        self.state: PlayerState | None = None
        self.position = Position()
        self.url = url
        self.sw_version: str | None = None
        self.is_announced = False
        self.on_announced: Callable[[dict[str, Any]], None] = lambda _: None
        self._hass = hass
        self._callee = topics.player(base_topic, player_id)
        self._server_callee = topics.server(base_topic)
        self._links_callee = topics.service(base_topic, "links")
        self._caller = Caller(hass, self._callee, caller)
        self._server = Caller(hass, self._server_callee, caller)
        self._links = Caller(hass, self._links_callee, caller)
        self._online: set[str] = set()
        self._was_available: bool | None = None
        self._asking: asyncio.Task[None] | None = None
        self._end_stall: Callable[[], None] | None = None
        self._listeners: list[Callable[[], None]] = []
        self._event_listeners: list[EventListener] = []
        self._unsubscribe: list[Callable[[], None]] = []

    @property
    def is_available(self) -> bool:
        """Whether the player can be reached and has itself published its state."""
        return self._is_reachable and self.state is not None and self.position.at is not None

    @property
    def _is_reachable(self) -> bool:
        # without the server or a bridge, which leave `offline`, a retained state may be old
        everybody = {self._callee.availability, self._server_callee.availability}
        return everybody <= self._online and mqtt.is_connected(self._hass)

    async def async_start(self) -> None:
        """Start to follow the player."""
        keep = self._unsubscribe.append  # one by one: `async_stop` ends them if a later one fails
        for caller in (self._caller, self._server, self._links):
            keep(await caller.async_start())
        keep(await mqtt.async_subscribe(self._hass, self._callee.events, self._on_event))
        states = [(self._callee.state, self._on_state)]
        states += [
            (callee.availability, self._on_availability)
            for callee in (self._callee, self._server_callee, self._links_callee)
        ]
        states += [(f"{topics.DISCOVERY}/{self.id}", self._on_announcement)]
        for topic, handler in states:
            keep(await mqtt.async_subscribe(self._hass, topic, handler, qos=1))
        keep(mqtt.async_subscribe_connection_status(self._hass, self._on_connection))

    @callback
    def async_stop(self) -> None:
        """Stop following the player."""
        for unsubscribe in self._unsubscribe:
            unsubscribe()
        self._unsubscribe.clear()
        self._forget_stall()
        self._stop_asking()

    @callback
    def async_listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` on each change; return a function that ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    @callback
    def async_listen_event(self, listener: EventListener) -> Callable[[], None]:
        """Call `listener` with name and data of each event; return a function that ends it."""
        self._event_listeners.append(listener)
        return lambda: self._event_listeners.remove(listener)

    async def async_call(self, procedure: str, **parameters: Any) -> PlayerState:
        """Call a procedure of the player and return the state it answers with.

        Raises:
            CallError: it did not work.
        """
        if not self._is_reachable:
            raise CallError("unavailable", "the player is offline")
        result = await self._caller.async_call(procedure, **parameters)
        if not isinstance(result, dict):
            return self.state or PlayerState()
        state = PlayerState.of(result)
        # the answer may arrive before the publication
        if self.state is None or self.position.at is None or state.seq >= self.state.seq:
            self._take(state, dt_util.utcnow())
        return state

    async def async_call_server(self, procedure: str, **parameters: Any) -> Any:
        """Call a procedure of the server and return its result.

        Raises:
            CallError: it did not work.
        """
        if self._server_callee.availability not in self._online:
            raise CallError("unavailable", "the server is offline")
        return await self._server.async_call(procedure, **parameters)

    async def async_find_film(self, address: str) -> tuple[str, str] | None:
        """Return source and title of the film that the server finds in a web page.

        None if it finds none, or cannot look.
        """
        if self._links_callee.availability not in self._online:
            return None
        try:
            found = await self._links.async_call("find", address=address)
        except CallError as error:
            _LOGGER.debug("No film in a page: %s", error)
            return None
        return str(found["source"]), str(found["title"])

    @callback
    def _changed(self) -> None:
        if self.is_available and self._was_available is False:
            _LOGGER.info("The player is available again")
        if not self.is_available and self._was_available:
            _LOGGER.info("The player is unavailable")
        # None until it is available once: earlier is not an outage
        if self.is_available or self._was_available is not None:
            self._was_available = self.is_available
        for listener in list(self._listeners):
            listener()

    @callback
    def _on_connection(self, connected: bool) -> None:
        if not connected:
            # after the next connection, retained messages may be old
            self._online.clear()
        self._reach_changed()

    @callback
    def _on_availability(self, message: mqtt.ReceiveMessage) -> None:
        if message.payload == "online":
            self._online.add(message.topic)
        else:
            self._online.discard(message.topic)
        self._reach_changed()

    @callback
    def _reach_changed(self) -> None:
        if self._server_callee.availability not in self._online:
            self._server.async_give_up(CallError("unavailable", "the server is offline"))
        if self._links_callee.availability not in self._online:
            self._links.async_give_up(CallError("unavailable", "the server is offline"))
        if self._is_reachable:
            self._ask_if_old()
        else:
            self._stop_asking()
            self._caller.async_give_up(CallError("unavailable", "the player is offline"))
            self.position = Position(self.position.seconds)
        self._changed()

    @callback
    def _on_state(self, message: mqtt.ReceiveMessage) -> None:
        data = read_object(message.payload)
        if not data:
            self._forget_stall()
            self.state = None
            self._changed()
            return
        self._take(PlayerState.of(data), None if message.retain else dt_util.utcnow())
        self._ask_if_old()

    @callback
    def _take(self, state: PlayerState, at: datetime | None) -> None:
        """Apply a state of the time `at`; None if unknown."""
        self._forget_stall()
        if state.buffering and self.state is not None and not self.state.buffering:
            self._end_stall = async_call_later(self._hass, STALL, self._stall(state, at))
            state = replace(state, buffering=False)
        self._show(state, at)

    def _stall(self, state: PlayerState, at: datetime | None) -> Callable[[datetime], None]:
        @callback
        def stalled(_: datetime) -> None:
            self._end_stall = None
            self._show(state, at)

        return stalled

    @callback
    def _forget_stall(self) -> None:
        if self._end_stall is not None:
            self._end_stall()
            self._end_stall = None

    @callback
    def _show(self, state: PlayerState, at: datetime | None) -> None:
        self.position = self.position.after(self.state, state, at)
        self.state = state
        self._changed()

    @property
    def _is_doubtful(self) -> bool:
        return self._is_reachable and self.state is not None and self.position.at is None

    @callback
    def _ask_if_old(self) -> None:
        """Ask for the state if the known one was retained and may be old."""
        if self._is_doubtful and self._asking is None:
            self._asking = self._hass.async_create_background_task(
                self._async_ask(), "zapette status"
            )

    @callback
    def _stop_asking(self) -> None:
        if self._asking is not None:
            self._asking.cancel()
            self._asking = None

    async def _async_ask(self) -> None:
        while self._is_doubtful:
            try:
                await self.async_call("status")
            except CallError as error:
                _LOGGER.debug("The player did not report its status: %s", error)
                if error.code not in _UNANSWERED and self.state is not None:
                    # even an error is an answer
                    self._take(self.state, dt_util.utcnow())
            if self._is_doubtful:
                await asyncio.sleep(AGAIN)
        self._asking = None

    @callback
    def _on_event(self, message: mqtt.ReceiveMessage) -> None:
        if message.retain:
            return
        name = message.topic.rpartition("/")[2]
        for listener in list(self._event_listeners):
            listener(name, read_object(message.payload))

    @callback
    def _on_announcement(self, message: mqtt.ReceiveMessage) -> None:
        data = read_object(message.payload)
        self.is_announced = bool(data.get("name"))
        if isinstance(data.get("url"), str):
            self.url = data["url"]
        if isinstance(data.get("sw_version"), str):
            self.sw_version = data["sw_version"]
        self.on_announced(data)
        self._changed()
