"""What a stranger, a guest, an old code or another player's remote can learn and move: nothing."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from paho.mqtt.enums import MQTTProtocolVersion

from tests.clients.mqtt_clients import Household, MqttClient
from tests.programs.system import System
from tests.waiting import SLACK, eventually

WIDE = ["#", "+/#", "zapette/#", "zapette/players/#", "zapette/players/+/state", "+/+/+/+",
        "$share/g/zapette/players/+/state", "zapette/players/+/response/#"]  # fmt: skip
VERSIONS = pytest.mark.parametrize(
    "version", [MQTTProtocolVersion.MQTTv311, MQTTProtocolVersion.MQTTv5], ids=["3.1.1", "5"]
)


@pytest.fixture
def victim(system: System) -> Household:
    return Household(system)


def listen(victim: Household) -> MqttClient:
    """Return the victim's player, which has published its state and hears everything asked."""
    player = victim.player().__enter__()
    assert player.subscribe(f"{victim.root}/command/#")
    assert player.subscribe(f"{victim.root}/request/#")
    player.mqtt.publish(f"{victim.root}/state", b'{"seq": 1}', 1, retain=True).wait_for_publish(10)
    return player


@VERSIONS
@pytest.mark.parametrize("role", ["remote", "guest", "player"])
def test_another_players_token(
    system: System, victim: Household, role: str, version: MQTTProtocolVersion
) -> None:
    mine = Household(system)
    player = listen(victim)
    attacker = (
        mine.player(version=version) if role == "player" else mine.visitor(role, version=version)
    )
    with attacker:
        assert attacker.is_in
        own_answers = f"response/{attacker.client_id}/#"
        for leaf in ("state", "availability", "command/#", "request/#", own_answers):
            assert not attacker.subscribe(f"{victim.root}/{leaf}"), leaf
        for topic_filter in WIDE:
            assert not attacker.subscribe(topic_filter), topic_filter
        attacker.publish(f"{victim.root}/command/play", b"")
        attacker.publish(f"{victim.root}/request/{attacker.client_id}/1/play", b"")
        attacker.publish(f"{victim.root}/state", b"forged")
        attacker.publish(f"{victim.root}/availability", b"offline")
        # a right of its own, to be sure that all of the above has been through the broker
        assert attacker.subscribe("zapette/server/availability")
        assert attacker.received in ([], [("zapette/server/availability", b"online")])
    with victim.visitor("remote") as remote:
        assert remote.subscribe(f"{victim.root}/state")
        eventually(lambda: remote.received, "the retained state arrives")
        assert remote.received == [(f"{victim.root}/state", b'{"seq": 1}')]
    assert player.received == []
    player.__exit__()


@VERSIONS
def test_a_will_on_another_player_is_refused(
    system: System, victim: Household, version: MQTTProtocolVersion
) -> None:
    player = listen(victim)
    for will in (f"{victim.root}/command/play", f"{victim.root}/state", "$SYS/x", "elsewhere"):
        with Household(system).visitor("remote", version=version, will=will) as attacker:
            assert not attacker.is_in, will
    assert player.received == []
    player.__exit__()


@VERSIONS
@pytest.mark.parametrize(
    ("username", "password"),
    [(None, None), ("home", "wrong"), ("home", None), ("nobody", "x"), ("remote", "x"),
     ("server", ""), ("player", "a.b.c")],
)  # fmt: skip
def test_no_token(
    system: System,
    victim: Household,
    username: str | None,
    password: str | None,
    version: MQTTProtocolVersion,
) -> None:
    player = listen(victim)
    # the victim's client id, and a will: neither may have an effect
    attacker = MqttClient(
        system,
        player.client_id,
        username,
        password,
        version=version,
        will=f"{victim.root}/availability",
    )
    with attacker:
        assert not attacker.is_in
    assert player.ended == []
    player.publish(f"{victim.root}/event/play", b"{}")
    assert player.ended == []
    player.__exit__()


def test_a_token_is_bound_to_its_client_id(victim: Household) -> None:
    remote = victim.visitor("remote")
    with MqttClient(victim.system, "remote-other", remote.username, remote.password) as thief:
        assert not thief.is_in
    with MqttClient(victim.system, victim.given["client_id"], "player", remote.password) as thief:
        assert not thief.is_in


def test_a_guest_only_adds_to_the_queue(victim: Household) -> None:
    player = listen(victim)
    with victim.visitor("guest") as guest:
        asks = f"{victim.root}/request/{guest.client_id}"
        for topic in (f"{asks}/1/play", f"{asks}/1/queue/clear"):
            guest.publish(topic, b"")
        for topic in ("command/play", "event/play", "request/other/1/status"):
            guest.publish(f"{victim.root}/{topic}", b"")
        guest.publish(f"{asks}/2/queue/add", b"film")
        eventually(lambda: player.received, "what the guest may ask arrives")
        assert player.received == [(f"{asks}/2/queue/add", b"film")]
        assert not guest.subscribe(f"{victim.root}/event/#")
    player.__exit__()


def test_two_remotes_do_not_hear_each_other(victim: Household) -> None:
    with victim.visitor("remote") as one, victim.visitor("remote") as other:
        assert one.subscribe(f"{victim.root}/response/{one.client_id}/#")
        assert not other.subscribe(f"{victim.root}/response/{one.client_id}/#")
        assert not other.subscribe(f"{victim.root}/response/+/#")
        player = listen(victim)
        other.publish(f"{victim.root}/request/{one.client_id}/1/play", b"")
        other.publish(f"{victim.root}/request/{other.client_id}/1/play", b"")
        eventually(lambda: player.received, "its own request arrives")
        assert [topic for topic, _ in player.received] == [
            f"{victim.root}/request/{other.client_id}/1/play"
        ]
        player.__exit__()


@VERSIONS
def test_a_new_code_ends_the_old_one_at_once(
    victim: Household, version: MQTTProtocolVersion
) -> None:
    player = listen(victim)
    old = victim.visitor("remote", version=version)
    guest = victim.visitor("guest", version=version)
    with old, guest:
        assert old.is_in
        assert guest.is_in
        started = time.monotonic()
        victim.new_code()
        eventually(lambda: old.ended and guest.ended, "both are cut off")
        assert time.monotonic() - started < 1 + SLACK
    with MqttClient(victim.system, old.client_id, old.username, old.password, version) as again:
        assert not again.is_in
    with victim.visitor("remote", version=version) as new:
        assert new.is_in
    assert player.ended == []
    player.__exit__()


def test_a_new_code_holds_over_a_restart_of_the_broker(new_system: Callable[..., System]) -> None:
    system = new_system()
    victim = Household(system)
    old = victim.visitor("remote")
    victim.new_code()
    system.kill("broker")
    eventually(system.is_up, "the broker is up again", timeout=20)
    with MqttClient(system, old.client_id, old.username, old.password) as again:
        assert not again.is_in


def test_an_account_that_is_removed_is_cut_off(system: System) -> None:
    system.zapette("credentials", "add", "bob", "--password", "pw")
    with MqttClient(system, "bob-1", "bob", "pw") as bob:
        assert bob.is_in
        assert bob.subscribe("zapette/#")
        assert bob.subscribe("$SYS/#")
        assert not bob.subscribe("#")
        system.zapette("credentials", "remove", "bob")
        eventually(lambda: bob.ended, "bob is cut off")
    with MqttClient(system, "bob-1", "bob", "pw") as bob:
        assert not bob.is_in


def test_a_token_that_expires_ends_the_connection(new_system: Callable[..., System]) -> None:
    system = new_system(ZAPETTE_TOKEN_LIFETIME="60")
    asked_at = time.time()
    given = Household(system).given
    # whole seconds, rounded down
    assert asked_at + 59 < given["expires_at"] <= time.time() + 60


def test_anonymous_only_by_a_setting(new_system: Callable[..., System]) -> None:
    system = new_system(ZAPETTE_ANONYMOUS="true")
    with MqttClient(system, "anybody") as anybody:
        assert anybody.is_in
        assert anybody.subscribe("zapette/#")
        assert not anybody.subscribe("#")


def test_the_log_holds_no_id_and_no_secret(new_system: Callable[..., System]) -> None:
    system = new_system()
    victim = Household(system)
    with victim.player() as player, victim.visitor("remote") as remote:
        remote.publish("elsewhere", b"")
        player.publish(f"{victim.root}/state", b"")
    victim.new_code()
    with MqttClient(system, player.client_id, "player", "wrong"):
        pass
    eventually(lambda: "not_connected" in system.log, "the refusal is logged")
    for secret in (victim.id, victim.key("remote"), victim.owner_key, str(remote.password)):
        assert secret not in system.log
