"""The broker: amqtt's frame around connections, sessions and routing of our own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable, Mapping
from pathlib import Path
from ssl import SSLContext
from typing import TYPE_CHECKING, Any

from amqtt.contexts import BrokerConfig, ListenerConfig
from amqtt.events import BrokerEvents
from transitions import MachineError

from zapette_broker.amqtt.frame import Frame
from zapette_broker.amqtt.plugins import Plugins
from zapette_broker.core import Core
from zapette_broker.errors import BrokerError
from zapette_broker.limits import Limits
from zapette_broker.listeners import Listeners
from zapette_broker.monitoring.metrics import Metrics
from zapette_broker.monitoring.sys_topics import SysTopics
from zapette_broker.sessions.session import Session
from zapette_broker.storage.state_store import StateStore
from zapette_broker.storage.store import Store
from zapette_broker.storage.store_errors import StoreDamaged, StoreError
from zapette_broker.transports.external import ExternalTransport

if TYPE_CHECKING:
    from amqtt.adapters import ReaderAdapter, WriterAdapter

    from zapette_broker.access.authenticator import Authenticator
    from zapette_broker.access.terms import TermsOf
    from zapette_broker.routing.retained import OwnerOf
    from zapette_broker.transports.upgrade import HostRule


class Broker(Frame):
    """An MQTT 3.1.1 and 5 broker with amqtt's configuration and plugins.

    Args:
        config: amqtt's configuration. Without ``plugins`` none are loaded: nobody may connect
            unless the authenticator or an authentication plugin lets them.
        authenticator: decides who may connect and what they may do.
        limits: how much one client and the broker may use.
        store: the file for what survives a crash; None keeps everything in memory only.
        repair_store: whether to rename a damaged store and continue with a new one that has
            everything that can be read, instead of refusing it.
        terms_of: returns the terms of a grant by its tag; without it, all may use everything.
        owner_of: returns the owner of a topic, for the budgets of retained messages.
        hosts: the hosts that WebSocket listeners answer for; without it, all.
        tls: the TLS contexts of listeners by name, in place of ``certfile`` and ``keyfile``.

    Raises:
        BrokerError: the configuration is refused.
    """

    def __init__(
        self,
        config: BrokerConfig | dict[str, Any],
        *,
        authenticator: Authenticator | None = None,
        limits: Limits | None = None,
        store: Path | None = None,
        repair_store: bool = False,
        terms_of: TermsOf | None = None,
        owner_of: OwnerOf | None = None,
        hosts: HostRule | None = None,
        tls: Mapping[str, SSLContext] | None = None,
        loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        if isinstance(config, dict):
            config = dict(config)
            if "plugins" not in config and "auth" not in config:
                config["plugins"] = {}
        super().__init__(config, loop=loop)
        self.limits = limits or Limits()
        self.metrics = Metrics()
        plugins = Plugins(self.plugins_manager)
        self._store = Store(store) if store is not None else StateStore()
        core = Core(
            self.limits,
            self.metrics,
            authenticator,
            hooks=plugins,
            store=self._store,
            terms_of=terms_of,
            owner_of=owner_of,
        )
        self._show(core, plugins)
        #: Further figures for ``$SYS``, from the program around the broker.
        self.gauges: list[Callable[[], dict[str, int]]] = []
        self._sys_topics = SysTopics(
            self.limits.sys_interval,
            self.metrics,
            core.budgets,
            core.router,
            core.retention,
            core.sessions.by_client_id,
            self.gauges,
        )
        self._repair_store = repair_store
        #: Called when writing finds the store damaged: a restart repairs it.
        self.on_store_damaged: Callable[[StoreDamaged], None] = lambda _: None
        self._tls = dict(tls or {})
        self._listeners = Listeners(
            self.limits,
            self.metrics,
            core.connect,
            hosts,
            address_of=self._address_of,
            tls_of=self._tls_of,
        )

    async def start(self, before_listening: Callable[[], None] | None = None) -> None:
        """Read the store, call `before_listening` and open the listeners.

        Raises:
            StoreError: the store is damaged, newer or in use; it is left as it is.
            BrokerError: a listener cannot be opened; the message has its name and address.
        """
        try:
            self.transitions.start()
        except (MachineError, ValueError) as error:
            raise BrokerError(f"the broker cannot be started now: {error}") from error
        await self.plugins_manager.fire_event(BrokerEvents.PRE_START, wait=True)
        self._core.timers.start()
        try:
            self._store.on_failure = self._store_failed
            snapshot = self._store.load(
                self.limits.max_total_queued_bytes, repair=self._repair_store
            )
            self._core.restore(snapshot)
            if before_listening is not None:
                before_listening()
            await self._listeners.open(self.listeners_config)
        except BaseException:
            await self._stop()
            self.transitions.starting_fail()
            raise
        self._sys_topics.start()
        self.transitions.starting_success()
        await self.plugins_manager.fire_event(BrokerEvents.POST_START, wait=True)

    async def shutdown(self) -> None:
        """Tell the clients, close all connections and listeners, and stop the plugins."""
        await self.plugins_manager.fire_event(BrokerEvents.PRE_SHUTDOWN, wait=True)
        self.transitions.shutdown()
        await self._stop()
        await self.plugins_manager.wait_fired_events()
        await self.plugins_manager.fire_event(BrokerEvents.POST_SHUTDOWN, wait=True)
        await self.plugins_manager.close()
        self.transitions.stopping_success()

    def disconnect(
        self, which: Callable[[Session], bool], reason: str = "credentials revoked"
    ) -> int:
        """End connections at once and discard their sessions, connected or not.

        `which` picks by `client_id`, `username` and `tag`, those of the grant. Wills of what
        is ended are not published. Returns how many were ended.
        """
        return self._core.sessions.discard(which, reason)

    def forget_owner(self, owner: Hashable) -> int:
        """Forget the retained messages on an owner's topics; return their number."""
        return self._core.retention.forget_owner(owner)

    def tags(self) -> set[Hashable]:
        """Return the tags of the grants of all sessions, connected or not."""
        return {it.tag for it in self._core.sessions.by_client_id.values() if it.tag}

    def connected(self, which: Callable[[Session], bool]) -> list[str]:
        """Return the client ids that are connected now and that `which` picks."""
        sessions = self._core.sessions.by_client_id.values()
        return [it.client_id for it in sessions if it.connection is not None and which(it)]

    def check_store(self) -> None:
        """Check that the store can be written, without waiting for it; from any thread.

        Raises:
            StoreError: the last write failed.
        """
        self._store.check()

    def _store_failed(self, error: StoreError) -> None:
        if isinstance(error, StoreDamaged):
            self.on_store_damaged(error)

    @property
    def is_full(self) -> bool:
        """Whether there are so many sessions that only those with the reserve get in."""
        return self._core.budgets.is_full

    @property
    def counters(self) -> dict[str, int]:
        """Return all counters and gauges by name, as ``$SYS/broker/metrics`` has them."""
        return {**self.metrics.snapshot(), **self._sys_topics.gauges()}

    @property
    def addresses(self) -> dict[str, list[tuple[str, int]]]:
        """Return the addresses each listener is bound to: the configuration may say port 0."""
        return {name: listener.addresses for name, listener in self._listeners.by_name.items()}

    @property
    def ports(self) -> dict[str, int]:
        """Return the port each listener is bound to."""
        return {name: bound[0][1] for name, bound in self.addresses.items() if bound}

    def _tls_of(self, name: str, config: ListenerConfig) -> SSLContext | None:
        return self._tls.get(name) or self._tls_context_of(config)

    async def external_connected(
        self, reader: ReaderAdapter, writer: WriterAdapter, listener_name: str
    ) -> None:
        """Serve a client that came to an external listener, until it is gone.

        Raises:
            BrokerError: there is no such listener.
        """
        listener = self._listeners.by_name.get(listener_name)
        if listener is None:
            raise BrokerError(f"no listener {listener_name!r}")
        await ExternalTransport(listener, reader, writer).serve()

    async def _stop(self) -> None:
        self._core.sessions.close_all()
        await asyncio.sleep(0)
        await self._listeners.stop()
        self._sys_topics.stop()
        self._core.tasks.cancel()
        self._core.timers.stop()
        await self._store.stop()
