"""What one web side does for all of them: the server's procedures and what depends on them."""

from __future__ import annotations

from zapette.client.client import Client
from zapette.mqtt.subscriptions import Message
from zapette.protocol.topics import Topics
from zapette_server.duty import Duty
from zapette_server.storage.stores import Stores
from zapette_webapp.procedures import announce_addresses


def create_duty(
    stores: Stores, topics: Topics, link: Client, service: Client, *others: Client
) -> Duty:
    """Return what runs clients here, or in another web side; the caller starts it.

    Args:
        stores: the database that the web sides share.
        topics: the topics of the household.
        link: this web side's own client.
        service: offers the server's procedures; it is `link` if there is one web side only.
        others: offer others.
    """
    # alone, its own client runs already
    alone = tuple(it for it in (service, *others) if it is not link)

    def begin() -> None:
        for client in alone:
            client.start()

    def end() -> None:
        for client in reversed(alone):
            client.stop()

    duty = Duty(stores.leases, begin, end)

    def say_again(message: Message) -> None:
        # the will of the one before may come later than the first word of this one
        if duty.is_on and message.payload == b"offline":
            announce_addresses(service, topics)

    if stores.is_shared:
        service.on_replaced = duty.give_way
        link.subscribe(topics.server.availability, say_again)
    return duty
