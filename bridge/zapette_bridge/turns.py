"""Turns of bridges: one bridge of a household is active, the last that started."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from functools import partial
from typing import Final

from zapette.errors import ConnectError
from zapette.mqtt.dialing import Dialer
from zapette.mqtt.event_loop import complete
from zapette.mqtt.takeover import is_taken
from zapette_bridge.bridge import Bridge, callee
from zapette_bridge.errors import ProofError
from zapette_bridge.loop_check import prove
from zapette_bridge.mapping import Mapping

log = logging.getLogger("zapette.bridge")

_AGAIN: Final = 1.0

LOOK: Final = 5.0
"""Seconds between two checks of the other bridge; it is gone after two misses."""


class Turns:
    """Runs a bridge while it is the active one.

    A bridge first checks both brokers, then takes over from a running one. That one waits, and
    takes over again when the other is gone.
    """

    def __init__(
        self, ours: Dialer, home: Dialer, mapping: Mapping, new_bridge: Callable[[], Bridge]
    ) -> None:
        """Set it up.

        Args:
            ours: opens connections on our broker.
            home: opens connections on the home's.
            mapping: the topics that cross.
            new_bridge: returns a new bridge.
        """
        self._ours = ours
        self._home = home
        self._mapping = mapping
        self._new_bridge = new_bridge
        self._bridge: Bridge | None = None

    async def run(self) -> None:
        """Check, bridge, give way and take over again, until cancelled.

        Raises whatever ends the bridge unexpectedly; you may call it again.
        """
        while True:
            await self._give_way()
            await self._prove()
            replaced: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._bridge = self._begin(replaced)
            await replaced
            log.warning(
                "another bridge of this household has taken over; "
                "this bridge waits until it is gone"
            )
            await self._give_way()
            await self._wait_until_free()
            log.info("the other bridge is gone; this bridge takes over")

    def _begin(self, replaced: asyncio.Future[None]) -> Bridge:
        bridge = self._new_bridge()
        bridge.on_replaced = lambda: complete(replaced, None)
        bridge.on_failed = partial(complete, replaced)
        bridge.start()
        return bridge

    async def _give_way(self) -> None:
        bridge, self._bridge = self._bridge, None
        if bridge is not None:
            await bridge.give_way()

    async def stop(self) -> None:
        """Publish at home that everybody is offline, if the bridge is active."""
        if self._bridge is not None:
            await self._bridge.stop()

    async def _prove(self) -> None:
        logged: set[str] = set()
        while True:
            try:
                await prove(self._ours, self._home, self._mapping)
            except ProofError as error:
                # log an outage once, and each error that a person must correct
                if not logged or (error.needs_action and str(error) not in logged):
                    logged.add(str(error))
                    log.log(logging.ERROR if error.needs_action else logging.WARNING, "%s", error)
            else:
                return
            await asyncio.sleep(_AGAIN * random.uniform(0.5, 1.0))  # noqa: S311 - no secret

    async def _wait_until_free(self) -> None:
        misses = 0
        while misses < 2:
            await asyncio.sleep(LOOK)
            try:
                is_there = await is_taken(self._ours, callee(self._mapping.topics))
            except ConnectError:
                is_there = False
            misses = 0 if is_there else misses + 1
