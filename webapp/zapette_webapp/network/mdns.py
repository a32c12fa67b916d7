"""The name ``zapette.local`` and the services of this server in its network (RFC 6762, 6763)."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable
from ipaddress import ip_address
from typing import Final

from zeroconf import (
    AddressResolver,
    DNSAddress,
    IPVersion,
    RecordUpdate,
    RecordUpdateListener,
    ServiceInfo,
    Zeroconf,
)
from zeroconf import Error as ZeroconfError

from zapette_server.supervisor import Supervisor
from zapette_webapp.network.mdns_services import Offer, gives_way, host_name

log = logging.getLogger("zapette.web")

_PROBE: Final = 800
"""Milliseconds in which another server with the name answers (RFC 6762, 8.1: 750)."""

_REGISTER: Final = 20.0
"""Seconds in which services are registered on the busiest machine."""

_MOST_NAMES: Final = 99
_AGAIN: Final = 10.0
_INSTANCE: Final = "Zapette"


class Mdns:
    """Publishes the server's name and services for the addresses that `follow` gives."""

    def __init__(self, offers: list[Offer]) -> None:
        """Set it up; `start` begins, and nothing is sent without an address."""
        self._offers = offers
        self._wanted: tuple[str, ...] = ()
        self._published: tuple[str, ...] = ()
        self._open: Zeroconf | None = None
        self._attempt = 1
        self._name: str | None = None
        self._conflict = threading.Event()
        self._wake = threading.Event()
        self._stopping = threading.Event()
        #: Keeps the thread running.
        self.supervisor = Supervisor(log)
        # what goes wrong is logged here, once
        logging.getLogger("zeroconf").setLevel(logging.CRITICAL)

    @property
    def name(self) -> str | None:
        """The name under which the network finds this server, such as ``zapette.local``."""
        return self._name

    def start(self) -> None:
        """Begin."""
        self.supervisor.thread("mdns", self._run)

    def stop(self) -> None:
        """Say goodbye to the network, and end."""
        self.supervisor.stop()
        self._stopping.set()
        self._wake.set()
        self.supervisor.stop(2)

    def follow(self, addresses: tuple[str, ...]) -> None:
        """Publish these addresses instead of those before; none ends it."""
        self._wanted = addresses
        self._wake.set()

    def _run(self) -> None:
        failed: str | None = None
        try:
            while not self._stopping.is_set():
                problem = self._keep_published()
                if problem is not None and problem != failed:
                    log.warning("other devices cannot find this server by name: %s", problem)
                failed = problem
                self._wake.wait(_AGAIN if problem else None)
                self._wake.clear()
        finally:
            self._withdraw()

    def _keep_published(self) -> str | None:
        """Publish what is wanted if it is not yet; return why that fails."""
        if self._conflict.is_set():
            self._conflict.clear()
            self._attempt += 1
            self._withdraw()
        wanted = self._wanted
        if wanted == self._published and (self._open is not None or not wanted):
            return None
        self._withdraw()
        if not wanted:
            return None
        try:
            self._publish(wanted)
        except (OSError, TimeoutError, ZeroconfError) as error:
            self._withdraw()
            return str(error) or type(error).__name__
        return None

    def _publish(self, addresses: tuple[str, ...]) -> None:
        version = IPVersion.V6Only if ":" in addresses[0] else IPVersion.V4Only
        self._open = network = Zeroconf(interfaces=list(addresses), ip_version=version)
        self._published = addresses
        host = self._free_name(network, addresses)
        network.add_listener(_Conflicts(host, addresses, self._in_conflict), None)
        services = [
            ServiceInfo(
                offer.kind,
                f"{_INSTANCE}.{offer.kind}",
                addresses=[ip_address(it).packed for it in addresses],
                port=offer.port,
                properties=offer.text,
                server=host,
            )
            for offer in self._offers
        ]
        loop = network.loop
        if loop is None:
            raise ZeroconfError("its thread has ended")
        announcing = asyncio.run_coroutine_threadsafe(_register(network, services), loop)
        announced = asyncio.run_coroutine_threadsafe(_all(announcing.result(_REGISTER)), loop)
        self._name = host.removesuffix(".")
        announced.result(_REGISTER)
        log.info("other devices find this server as %s", self._name)

    def _free_name(self, network: Zeroconf, addresses: tuple[str, ...]) -> str:
        """Return the first name that no other server answers to."""
        while self._attempt < _MOST_NAMES and not self._stopping.is_set():
            host = host_name(self._attempt)
            other = AddressResolver(host)
            if not other.request(network, _PROBE) or set(other.parsed_addresses()) <= {*addresses}:
                break
            self._attempt += 1
        return host_name(self._attempt)

    def _in_conflict(self) -> None:
        self._conflict.set()
        self._wake.set()

    def _withdraw(self) -> None:
        network, self._open = self._open, None
        self._published, self._name = (), None
        if network is not None:
            network.close()


async def _register(network: Zeroconf, services: list[ServiceInfo]) -> list[Awaitable[None]]:
    """Ask the network whether the services' names are free; return what announces them."""
    announcing: list[Awaitable[None]] = await asyncio.gather(
        *(network.async_register_service(it, allow_name_change=True) for it in services)
    )
    return announcing


async def _all(awaited: list[Awaitable[None]]) -> None:
    await asyncio.gather(*awaited)


class _Conflicts(RecordUpdateListener):
    """Notices another server that has our name, which both took at once."""

    def __init__(self, host: str, own: tuple[str, ...], on_conflict: Callable[[], None]) -> None:
        self._host = host
        self._own = own
        self._on_conflict = on_conflict

    def async_update_records(
        self,
        zc: Zeroconf,  # noqa: ARG002 - the library's interface
        now: float,  # noqa: ARG002
        records: list[RecordUpdate],
    ) -> None:
        """Look at records that have arrived."""
        foreign = {
            str(ip_address(it.new.address))
            for it in records
            if isinstance(it.new, DNSAddress)
            and it.new.name.lower() == self._host
            and it.new.ttl > 0
        } - {*self._own}
        if foreign and gives_way(self._own, foreign):
            self._on_conflict()
