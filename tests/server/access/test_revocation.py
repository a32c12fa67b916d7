"""What is revoked ends at once, and no store that cannot be read stops what is connected."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from paho.mqtt.enums import MQTTProtocolVersion

from tests.clients.mqtt_clients import Household, MqttClient
from tests.programs.system import System
from tests.waiting import SLACK, eventually

LOCKED = 3.5
"""Seconds that another program keeps a store to itself: more than a message may take meanwhile."""


@contextmanager
def locked(store: Path) -> Iterator[None]:
    """Keep everybody out of an SQLite file, as a backup or a disk in the network may."""
    with store.with_name(store.name + "-shm").open("rb+") as index:
        # all locks of the write-ahead log's index (SQLite, "WAL-mode File Format", 2.3.2)
        fcntl.lockf(index, fcntl.LOCK_EX, 8, 120)
        yield


def round_trip(sender: MqttClient, receiver: MqttClient, topic: str) -> float:
    """Return the seconds that a message takes from one client to another."""
    many = len(receiver.received)
    began = time.monotonic()
    sender.publish(topic, b"")
    eventually(lambda: len(receiver.received) > many, "the message arrives", every=0.002)
    return time.monotonic() - began


@pytest.mark.parametrize("store", ["players.db", "visitors.db"])
def test_a_locked_store_stops_nobody(new_system: Callable[..., System], store: str) -> None:
    system = new_system()
    home = Household(system)
    old = home.visitor("remote")
    late = [home.visitor("remote") for _ in range(3)]
    gone = Household(system)
    revoked = gone.visitor("remote")
    came = (*late, revoked)
    gone.forget()
    with home.player() as player, old:
        assert player.subscribe(f"{home.root}/command/#")
        slowest = 0.0
        with locked(system.data / store):
            until = time.monotonic() + LOCKED
            for party in came:
                party.mqtt.connect_async("127.0.0.1", system.mqtt_port)
                party.mqtt.loop_start()
            while time.monotonic() < until:
                slowest = max(slowest, round_trip(old, player, f"{home.root}/command/play"))
            # a lock is no way around a revocation
            assert not revoked.is_in
            assert player.ended == old.ended == []
        assert slowest < 1 + SLACK / 5, "the broker's loop waits for nobody"
        eventually(lambda: all(it.connected for it in came), "those who came are answered")
        assert {it.connected[0] for it in late} <= {"Success", "Server unavailable"}
        assert revoked.connected[0] != "Success"
        started = time.monotonic()
        home.new_code()
        eventually(lambda: old.ended, "the old code's phone is cut off")
        assert time.monotonic() - started < 1 + SLACK
        assert player.ended == []
        for party in came:
            party.mqtt.loop_stop()


@pytest.mark.parametrize(
    "version", [MQTTProtocolVersion.MQTTv311, MQTTProtocolVersion.MQTTv5], ids=["3.1.1", "5"]
)
def test_a_forgotten_player_has_no_token(system: System, version: MQTTProtocolVersion) -> None:
    home = Household(system)
    remote = home.visitor("remote", version=version)
    with home.player(version=version) as player, remote:
        assert player.is_in
        assert remote.is_in
        home.forget()
        for party in (home.player(version=version), remote):
            again = MqttClient(system, party.client_id, party.username, party.password, version)
            with again:
                assert not again.is_in
        eventually(lambda: player.ended and remote.ended, "what is connected is cut off")
    # its page may come back, as a new player of the old id
    made = {"id": home.id, "owner_key": home.owner_key}
    home.given = system.post("api/credentials", made).json
    with home.player(version=version) as player, home.visitor("guest", version=version) as guest:
        assert player.is_in
        assert guest.is_in
        with MqttClient(system, remote.client_id, remote.username, remote.password, version) as old:
            assert not old.is_in


def test_a_new_password_ends_what_came_by_the_old(system: System) -> None:
    system.zapette("credentials", "add", "ann", "--password", "one")
    system.zapette("credentials", "add", "bea", "--password", "two")
    with (
        MqttClient(system, "ann-1", "ann", "one") as ann,
        MqttClient(system, "bea-1", "bea", "two") as bea,
    ):
        assert ann.is_in
        assert bea.is_in
        system.zapette("credentials", "add", "ann", "--password", "three")
        eventually(lambda: ann.ended, "the old password's connection is cut off")
        assert bea.ended == []
    for password, good in (("one", False), ("three", True)):
        with MqttClient(system, "ann-1", "ann", password) as ann:
            assert ann.is_in is good


def test_healthz_and_metrics_name_the_threads(system: System) -> None:
    threads = {"tasks", "broker_tasks", "broker_credentials"}
    eventually(lambda: threads <= set(system.get("healthz").json["parts"]), "they are named")
    eventually(
        lambda: "zapette_broker_tasks_down 0" in system.get("metrics").body.decode(),
        "the broker has published its figures",
    )
