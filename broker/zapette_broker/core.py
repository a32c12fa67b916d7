"""A broker without sockets: bytes of clients in, bytes for clients out."""

from __future__ import annotations

from collections.abc import Callable

from zapette_broker.access.authenticator import Authenticator
from zapette_broker.access.authorizer import Authorizer
from zapette_broker.access.logins import FailedLogins
from zapette_broker.access.terms import TermsOf
from zapette_broker.codec.packet_types import (
    AUTH,
    DISCONNECT,
    PUBACK,
    PUBCOMP,
    PUBREC,
    PUBREL,
    SUBSCRIBE,
    UNSUBSCRIBE,
)
from zapette_broker.connection.connection import Connection, ConnectionContext
from zapette_broker.connection.packet_reader import Handlers
from zapette_broker.handlers.acknowledge import AcknowledgeHandler
from zapette_broker.handlers.connect import ConnectHandler
from zapette_broker.handlers.publish import PublishHandler
from zapette_broker.handlers.subscribe import SubscribeHandler
from zapette_broker.hooks import Hooks
from zapette_broker.limits import Limits
from zapette_broker.monitoring.metrics import Metrics
from zapette_broker.routing.retained import OwnerOf
from zapette_broker.routing.retention import Retention
from zapette_broker.routing.router import Router
from zapette_broker.session_budgets import Budgets
from zapette_broker.sessions.sessions import Sessions
from zapette_broker.sessions.wills import Wills
from zapette_broker.storage.state_store import Snapshot, StateStore
from zapette_broker.tasks import Tasks
from zapette_broker.timer_wheel import TimerWheel
from zapette_broker.transports.transport import Transport
from zapette_broker.transports.write_batch import WriteBatch, call_soon


class Core:
    """Makes the parts of a broker and hands each of them what it needs.

    Nothing here opens a socket or a file. Time passes once `timers` is started.

    Args:
        limits: how much one client and the broker may use.
        metrics: what counts.
        authenticator: decides who may connect and what they may do.
        hooks: what looks on and has a say; by default nothing does.
        store: what survives a crash; by default nothing does.
        terms_of: returns the terms of a grant by its tag; without it, all may use everything.
        owner_of: returns the owner of a topic, for the budgets of retained messages.
        later: calls a function in the next turn of the event loop.
    """

    def __init__(
        self,
        limits: Limits,
        metrics: Metrics,
        authenticator: Authenticator | None = None,
        *,
        hooks: Hooks | None = None,
        store: StateStore | None = None,
        terms_of: TermsOf | None = None,
        owner_of: OwnerOf | None = None,
        later: Callable[[Callable[[], None]], None] = call_soon,
    ) -> None:
        hooks = hooks or Hooks()
        store = store or StateStore()
        self.timers = TimerWheel()
        self.tasks = Tasks()
        self.budgets = Budgets(limits, terms_of)
        self.retention = Retention(limits, self.timers, store, hooks, owner_of)
        self.router = Router(limits, metrics, self.budgets, store, hooks, self.tasks)
        wills = Wills(metrics, store, self.router, self.retention)
        self.sessions = Sessions(
            limits, self.timers, metrics, store, self.budgets, self.router, wills
        )
        authorizer = Authorizer(authenticator, hooks)
        self._context = ConnectionContext(
            limits=limits,
            metrics=metrics,
            store=store,
            hooks=hooks,
            budgets=self.budgets,
            retained=self.retention,
            batch=WriteBatch(later),
            later=later,
            timers=self.timers,
            sessions=self.sessions,
            wills=wills,
            handlers=self._handlers(limits, metrics, authorizer, hooks, store),
        )

    def _handlers(
        self,
        limits: Limits,
        metrics: Metrics,
        authorizer: Authorizer,
        hooks: Hooks,
        store: StateStore,
    ) -> Handlers[Connection]:
        connect = ConnectHandler(
            limits,
            self.timers,
            metrics,
            hooks,
            self.tasks,
            authorizer,
            self.budgets,
            self.sessions,
            FailedLogins(limits),
        )
        publish = PublishHandler(
            limits, metrics, store, hooks, self.tasks, self.router, self.retention
        )
        subscribe = SubscribeHandler(
            limits, metrics, hooks, self.tasks, self.budgets, self.router, self.retention
        )
        acknowledge = AcknowledgeHandler(store)
        return Handlers(
            connect=connect.connect,
            reject=connect.reject,
            publish=publish.receive,
            others={
                PUBACK: acknowledge.puback,
                PUBREC: acknowledge.pubrec,
                PUBREL: acknowledge.pubrel,
                PUBCOMP: acknowledge.pubcomp,
                SUBSCRIBE: subscribe.subscribe,
                UNSUBSCRIBE: subscribe.unsubscribe,
                DISCONNECT: Connection.disconnected,
                AUTH: connect.authenticate_again,
            },
        )

    def connect(self, transport: Transport) -> Connection:
        """Return the protocol of a client that has come; call its `opened` and then its `feed`."""
        return Connection(self._context, transport)

    def restore(self, snapshot: Snapshot) -> None:
        """Take up what the broker left in the store when it ended."""
        self.retention.restore(snapshot.retained)
        self.sessions.restore(snapshot)
