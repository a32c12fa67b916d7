"""What a guest and a self-made player do to the broker."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable
from typing import Any, ClassVar, Final

from tests.conformance.wire.answers import Disconnect, PubAck, SubAck
from tests.conformance.wire.packets import disconnect, publish, subscribe
from tests.hostile.attack import Attack
from tests.hostile.peer import FOR_EVER, V5, Mqtt

_WINDOW: Final = 60
"""How many messages are under way at once: the broker allows 64."""


class GuestAttack(Attack):
    """What a guest does on one connection."""

    async def attack(self, _number: int) -> None:
        target = self.target
        http = target.http()
        given = await target.guest_token(http)
        http.close()
        if given is None:
            self.counts["no token"] += 1
            await asyncio.sleep(0.5)
            return
        mqtt, code = await Mqtt.connect(target.mqtt_port, target.address, given)
        try:
            if code:
                self.counts[f"CONNACK 0x{code:02x}"] += 1
            else:
                root = f"zapette/players/{target.player}/request/{given['client_id']}"
                await self.send(mqtt, root)
        finally:
            mqtt.close()

    async def send(self, mqtt: Mqtt, root: str) -> None:
        """Send until the server ends the connection; the guest's requests are below `root`."""
        raise NotImplementedError


async def _flood(
    mqtt: Mqtt, counts: Counter[str], messages: Iterable[bytes], what: str = ""
) -> None:
    """Publish messages of QoS 1 without end, some at once; count how they are answered."""
    under_way = 0
    for message in messages:
        mqtt.send(message)
        under_way += 1
        while under_way >= _WINDOW:
            answer = await mqtt.receive()
            if isinstance(answer, PubAck):
                under_way -= 1
                counts[f"{what}0x{answer.code:02x}"] += 1
            elif isinstance(answer, Disconnect):
                counts[f"{what}DISCONNECT 0x{answer.code:02x}"] += 1


class Retains(GuestAttack):
    """As a guest, retains a message on one topic after the other, all of them its own."""

    name: ClassVar[str] = "retained messages of a guest"

    async def send(self, mqtt: Mqtt, root: str) -> None:
        await _flood(mqtt, self.counts, (
            publish(f"{root}/{number}/status", bytes(200), version=V5, qos=1, retain=True,
                    packet_id=packet_id)
            for number, packet_id in enumerate(mqtt.ids, 1)
        ))  # fmt: skip


class LeavesSessions(Attack):
    """As a guest, asks for one token after the other, and leaves a session that never ends."""

    name: ClassVar[str] = "sessions for ever, by a guest's link"
    at_once: ClassVar[int] = 4

    async def attack(self, _number: int) -> None:
        target = self.target
        http = target.http()
        try:
            while True:
                given = await target.guest_token(http)
                if given is None:
                    self.counts["no token"] += 1
                    await asyncio.sleep(0.05)
                    continue
                mqtt, code = await Mqtt.connect(target.mqtt_port, target.address, given, FOR_EVER)
                self.counts[f"CONNACK 0x{code:02x}"] += 1
                if not code:
                    mqtt.send(
                        subscribe(1, (f"zapette/players/{target.player}/state", 1), version=V5)
                    )
                    await mqtt.receive()
                mqtt.close()
        finally:
            http.close()


class QueuesForAbsent(Attack):
    """Makes a player and its remotes, which leave; then tells the absent ones a great deal."""

    name: ClassVar[str] = "events for 100 absent remotes"
    REMOTES: ClassVar = 100
    EVENT: ClassVar = 2_000

    async def attack(self, _number: int) -> None:
        target = self.target
        http = target.http()
        try:
            made = (await http.ask("GET", "/api/id")).json
            own = await target.token(http, **made)
            if own is None:
                self.counts["no token"] += 1
                await asyncio.sleep(0.5)
                return
            root = f"zapette/players/{made['id']}"
            link = own["links"]["remote"]["url"].split("#")[1]
            key = link.split(".")[1]
            for _ in range(self.REMOTES):
                given = await target.token(http, id=made["id"], key=key)
                if given is not None:
                    await self._leave(given, root)
        finally:
            http.close()
        await self._tell(own, root)

    async def _leave(self, given: dict[str, Any], root: str) -> None:
        target = self.target
        mqtt, code = await Mqtt.connect(target.mqtt_port, target.address, given, FOR_EVER)
        self.counts[f"CONNACK 0x{code:02x}"] += 1
        if not code:
            mqtt.send(subscribe(1, (f"{root}/event/#", 1), version=V5))
            while not isinstance(await mqtt.receive(), SubAck):
                pass
            mqtt.send(disconnect())
        mqtt.close()

    async def _tell(self, own: dict[str, Any], root: str) -> None:
        target = self.target
        mqtt, code = await Mqtt.connect(target.mqtt_port, target.address, own)
        if code:
            self.counts[f"player 0x{code:02x}"] += 1
            mqtt.close()
            return
        topic, event = f"{root}/event/message", bytes(self.EVENT)
        try:
            await _flood(mqtt, self.counts, (
                publish(topic, event, version=V5, qos=1, packet_id=it) for it in mqtt.ids
            ), "event ")  # fmt: skip
        finally:
            mqtt.close()


class GoesOn(GuestAttack):
    """As a guest, breaks a rule, and goes on sending when the broker ends the connection."""

    name: ClassVar[str] = "a guest that goes on when it is ended"

    async def send(self, mqtt: Mqtt, root: str) -> None:
        while True:
            # never completed: one more than may be is soon under way
            packet_id = next(mqtt.ids)
            topic = f"{root}/1/status"
            mqtt.send(publish(topic, bytes(1000), version=V5, qos=2, packet_id=packet_id))
            await mqtt.drain()
            self.counts["sent"] += 1
            # gives the guest's other attacks their turn
            await asyncio.sleep(0.001)
