"""The listeners of a broker: on the network, on another process, or on the program around it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from ssl import SSLContext
from typing import TYPE_CHECKING

from amqtt.contexts import ListenerConfig, ListenerType

from zapette_broker.errors import BrokerError
from zapette_broker.limits import Limits
from zapette_broker.monitoring.metrics import Metrics
from zapette_broker.transports.descriptors import most_connections
from zapette_broker.transports.handed_over import HandedOverTransport, HandoverServer
from zapette_broker.transports.listener import Listener, Places
from zapette_broker.transports.tcp import TcpTransport
from zapette_broker.transports.websocket import WebSocketSettings, WebSocketTransport

if TYPE_CHECKING:
    from zapette_broker.transports.transport import StreamReceiver, Transport
    from zapette_broker.transports.upgrade import HostRule

logger = logging.getLogger("broker")

HANDOVER = "handover:"
"""The beginning of `bind` of a WebSocket listener that takes connections from another process."""

_FRAME_OVERHEAD = 64
_BACKLOG = 1024


class Listeners:
    """Opens the listeners of a configuration.

    Args:
        limits: how many clients each takes, and what WebSocket listeners accept.
        metrics: what counts.
        connect: makes the connection of a client.
        hosts: the hosts that WebSocket listeners answer for; None for all.
        address_of: returns the host and the port of a listener; ValueError if there is no port.
        tls_of: returns the TLS context of a listener by its name; None without TLS.

    Attributes:
        by_name: those that are open.
    """

    def __init__(
        self,
        limits: Limits,
        metrics: Metrics,
        connect: Callable[[Transport], StreamReceiver],
        hosts: HostRule | None,
        *,
        address_of: Callable[[ListenerConfig], tuple[str | None, int]],
        tls_of: Callable[[str, ListenerConfig], SSLContext | None],
    ) -> None:
        self.by_name: dict[str, Listener] = {}
        self._limits = limits
        self._metrics = metrics
        self._connect = connect
        self._address_of = address_of
        self._tls_of = tls_of
        self._websocket = WebSocketSettings(
            limits.websocket_path,
            limits.allowed_origins,
            max(limits.max_packet, limits.max_connect_packet) + _FRAME_OVERHEAD,
            hosts,
        )

    async def open(self, configs: Mapping[str, ListenerConfig]) -> None:
        """Open all listeners.

        Raises:
            BrokerError: one cannot be opened; the message has its name and address.
        """
        places = Places(most_connections())
        for name, config in configs.items():
            if config.bind is None:
                continue
            most = config.max_connections
            listener = Listener(
                name,
                places,
                most if most > 0 else self._limits.max_connections,
                self._limits.max_connections_of_address,
                self._metrics,
                self._connect,
            )
            if config.type == ListenerType.WS and config.bind.startswith(HANDOVER):
                self._take_over(listener, config.bind.removeprefix(HANDOVER))
            elif config.type != ListenerType.EXTERNAL:
                await self._listen(listener, config.bind, config)
            self.by_name[name] = listener

    async def stop(self) -> None:
        """Close them, and the connections that are left."""
        listeners, self.by_name = self.by_name, {}
        for listener in listeners.values():
            await listener.stop()

    def _take_over(self, listener: Listener, path: str) -> None:
        """Listen for connections that another process hands over through a Unix socket."""
        with _named(listener.name, path):
            listener.server = HandoverServer(
                Path(path),
                lambda taken: HandedOverTransport(listener, self._websocket, taken),
                _BACKLOG,
            )
        logger.info("event=listening listener=%s type=handover", listener.name)

    async def _listen(self, listener: Listener, bind: str, config: ListenerConfig) -> None:
        try:
            host, port = self._address_of(config)
        except ValueError as error:
            raise BrokerError(f"listener {listener.name}: bind {bind!r}: {error}") from error

        def make() -> asyncio.Protocol:
            if config.type == ListenerType.WS:
                return WebSocketTransport(listener, self._websocket)
            return TcpTransport(listener)

        context = self._tls_of(listener.name, config)
        with _named(listener.name, bind):
            listener.server = await asyncio.get_running_loop().create_server(
                make,
                host,
                port,
                ssl=context,
                ssl_handshake_timeout=self._limits.connect_timeout if context else None,
                backlog=_BACKLOG,
                reuse_address=True,
            )
        logger.info(
            "event=listening listener=%s type=%s address=%s tls=%s",
            listener.name,
            config.type.value,
            ",".join(f"{address}:{number}" for address, number in listener.addresses),
            "yes" if context else "no",
        )


@contextmanager
def _named(name: str, where: str) -> Iterator[None]:
    """Name the listener and its address in an error of the system."""
    try:
        yield
    except OSError as error:
        raise BrokerError(
            f"listener {name}: cannot listen on {where}: {error.strerror or error}"
        ) from error
