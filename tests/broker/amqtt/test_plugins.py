"""amqtt's plugins, its own and others, run on this broker."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import jwt
import pytest
from amqtt.errors import PluginError, PluginLoadError
from argon2 import PasswordHasher

from tests.broker.amqtt import example_plugins
from tests.broker.servers import ANONYMOUS, Running, config, run_ours
from tests.conformance.wire.encodings import Version
from tests.conformance.wire.packets import Will
from tests.waiting import eventually
from zapette_broker import ConnectRequest, Grant, Rights, Rule

FILE_LOGIN = "amqtt.plugins.authentication.FileAuthPlugin"
ACCESS_LIST = "amqtt.plugins.topic_checking.TopicAccessControlListPlugin"
TABOO = "amqtt.plugins.topic_checking.TopicTabooPlugin"
SYS = "amqtt.plugins.sys.broker.BrokerSysPlugin"
EVENTS = "amqtt.plugins.logging_amqtt.EventLoggerPlugin"
PACKETS = "amqtt.plugins.logging_amqtt.PacketLoggerPlugin"
JWT_LOGIN = "amqtt.contrib.jwt.UserAuthJwtPlugin"
JWT_TOPICS = "amqtt.contrib.jwt.TopicAuthJwtPlugin"
OURS = "tests.broker.amqtt.example_plugins"
# That amqtt means to rename an option is no error here.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:amqtt")
BOTH = pytest.mark.parametrize("version", list(Version))
SECRET = "a secret of thirty-two bytes, or more"

P = TypeVar("P")


def plugin(running: Running, kind: type[P]) -> P:
    found = running.broker.plugins_manager.get_plugin(kind.__name__)
    assert isinstance(found, kind)
    return found


@contextmanager
def run(plugins: dict[str, Any], **options: Any) -> Iterator[Running]:
    with run_ours(config(plugins=plugins), **options) as running:
        yield running


def seen(running: Running, *expected: tuple[str, Any]) -> None:
    """Wait until the recorder has seen these events."""
    recorder = plugin(running, example_plugins.Recorder)

    def missing() -> list[tuple[str, Any]]:
        return [event for event in expected if event not in recorder.events]

    try:
        eventually(lambda: not missing(), "the events are seen")
    except AssertionError as error:
        raise AssertionError(f"never seen: {missing()}") from error


@BOTH
def test_password_file(tmp_path: Path, version: Version) -> None:
    file = tmp_path / "passwords"
    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    file.write_text(f"# people\nann:{hasher.hash('right')}\n")
    code = 0x86 if version is Version.V5 else 4
    with run({FILE_LOGIN: {"password_file": str(file)}}) as running:
        running.connect("a", version, username="ann", password=b"right")
        running.connect("b", version, username="ann", password=b"wrong", expect=code)
        running.connect("c", version, username="bob", password=b"right", expect=code)
        running.connect("d", version, expect=code)


def test_anonymous_access_is_only_by_setting() -> None:
    with run({ANONYMOUS: {"allow_anonymous": False}}) as running:
        running.connect("a", expect=4)
        running.connect("a", username="somebody")


@BOTH
def test_access_list(version: Version) -> None:
    lists = {
        "publish_acl": {"ann": ["ann/#"], "bob": ["bob/#"]},
        "acl": {"ann": ["ann/#", "open/+"], "bob": ["bob/+"]},
    }
    with run({ANONYMOUS: {}, ACCESS_LIST: lists}) as running:
        ann = running.connect("a", version, username="ann")
        bob = running.connect("b", version, username="bob")
        refused = 0x87 if version is Version.V5 else 0x80
        assert list(ann.subscribe("ann/#", "open/+", "open/#", "bob/x", "#").codes) == [
            0, 0, refused, refused, refused,
        ]  # fmt: skip
        assert list(bob.subscribe("bob/#", "bob/+").codes) == [refused, 0]
        bob.publish("ann/x", b"intruder", qos=1)
        ann.publish("ann/x", b"own", qos=1)
        assert ann.message().payload == b"own"


def test_a_will_is_asked_about() -> None:
    lists = {"publish_acl": {"anonymous": ["own/#"]}, "acl": {"anonymous": ["#"]}}
    with run({ANONYMOUS: {}, ACCESS_LIST: lists}) as running:
        running.connect("a", Version.V5, will=Will("others/x"), expect=0x87)
        running.connect("a", Version.V5, will=Will("own/x"))


def test_taboo_topics_are_not_delivered() -> None:
    with run({ANONYMOUS: {}, TABOO: {}}) as running:
        reader = running.connect("reader")
        reader.subscribe("#")
        admin = running.connect("admin", username="admin")
        admin.publish("prohibited", b"x")
        admin.publish("allowed", b"x")
        assert reader.message().topic == "allowed"


def test_topic_plugins_are_asked_for_every_receiver() -> None:
    with run({ANONYMOUS: {}, f"{OURS}.Reviewer": {}}) as running:
        owner = running.connect("owner")
        other = running.connect("other")
        writer = running.connect("writer")
        writer.publish("mine/kept", b"1", qos=1, retain=True)
        for client in (owner, other):
            client.subscribe("mine/#", "secret/x", "open", qos=1)
        assert owner.message().payload == b"1"
        writer.publish("mine/x", b"2", qos=1)
        writer.publish("secret/x", b"3", qos=1)
        writer.publish("open", b"4", qos=1)
        assert [message.payload for message in owner.messages(2)] == [b"2", b"4"]
        assert other.message().payload == b"4"


def test_a_topic_plugin_that_fails_denies_and_holds_nobody_up() -> None:
    with run({ANONYMOUS: {}, f"{OURS}.Reviewer": {}}) as running:
        client = running.connect("client", Version.V5)
        assert list(client.subscribe("odd/x", "open").codes) == [0x87, 0]
        answer = client.publish("odd/x", b"1", qos=1)
        assert answer is not None
        assert answer.code == 0x87
        client.publish("open", b"2")
        assert client.message().payload == b"2"


def test_order_is_kept_when_plugins_are_asked() -> None:
    with run({ANONYMOUS: {}, f"{OURS}.Reviewer": {}}) as running:
        reader = running.connect("reader")
        reader.subscribe("t", qos=2)
        writer = running.connect("writer")
        for number in range(200):
            writer.publish("t", str(number).encode(), qos=number % 3)
        received: dict[int, list[int]] = {0: [], 1: [], 2: []}
        for message in reader.messages(200):
            received[message.qos].append(int(message.payload))
        assert all(numbers == sorted(numbers) for numbers in received.values())


def test_tokens() -> None:
    def token(**claims: Any) -> bytes:
        return jwt.encode({"exp": time.time() + 60, **claims}, SECRET, "HS256").encode()

    plugins = {
        JWT_LOGIN: {"secret_key": SECRET, "user_claim": "sub"},
        JWT_TOPICS: {
            "secret_key": SECRET,
            "publish_claim": "pub",
            "subscribe_claim": "sub_to",
            "receive_claim": "get",
        },
    }
    good = token(sub="ann", pub=["ann/#"], sub_to=["ann/#"], get=["ann/#"])
    with run(plugins) as running:
        client = running.connect("a", username="ann", password=good)
        running.connect("b", username="bob", password=good, expect=4)
        old = token(sub="ann", exp=time.time() - 60)
        running.connect("c", username="ann", password=old, expect=4)
        assert list(client.subscribe("ann/#", "bob/#").codes) == [0, 0x80]
        client.publish("bob/x", b"x", qos=1)
        client.publish("ann/x", b"x", qos=1)
        assert client.message().topic == "ann/x"


@pytest.mark.filterwarnings("ignore:.BrokerSysPlugin.:DeprecationWarning")
def test_sys_topics_of_amqtt() -> None:
    with run({ANONYMOUS: {}, SYS: {"sys_interval": 1}}) as running:
        client = running.connect("c")
        client.subscribe("$SYS/broker/clients/connected", "$SYS/broker/version")
        found: dict[str, bytes] = {}
        while len(found) < 2 or found.get("$SYS/broker/clients/connected") != b"1":
            message = client.message()
            found[message.topic] = message.payload


def test_loggers_of_amqtt(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", "amqtt.broker.plugins")
    with run({ANONYMOUS: {}, EVENTS: {}, PACKETS: {}}) as running:
        for version in Version:
            client = running.connect(f"client-{version}", version)
            client.subscribe("t", qos=1)
            client.publish("t", b"x", qos=1)
            client.message()
            client.leave()
        eventually(
            lambda: caplog.text.count("'on_broker_client_disconnected' EVENT FIRED") == 2,
            "the events are logged",
        )
    for line in ("client-4 <-in-- SubscribePacket", "client-4 -out-> PublishPacket"):
        assert line in caplog.text
    assert "client-5 <-in-- PublishPacket" in caplog.text


@BOTH
def test_events(version: Version) -> None:
    with run({ANONYMOUS: {}, f"{OURS}.Recorder": {}}) as running:
        first = running.connect("first", version)
        first.subscribe("hello", "from/plugin", qos=1)
        assert first.message().payload == b"kept"
        client = running.connect("c", version)
        while first.message().payload != b"c":
            pass
        client.subscribe("t", qos=1)
        client.publish("t", b"x", qos=1, retain=True)
        client.message()
        client.unsubscribe("t")
        client.leave()
        seen(
            running,
            ("pre_start", None),
            ("post_start", None),
            ("connected", "c"),
            ("subscribed", ("c", "t", 1)),
            ("received", ("c", "t", b"x")),
            ("broadcast", ("c", "t")),
            ("retained", ("t", b"x")),
            ("unsubscribed", ("c", "t")),
            ("in", (1, None)),
            ("in", (3, "c")),
            ("out", 2),
            ("out", 4),
            ("disconnected", "c"),
        )
        recorder = plugin(running, example_plugins.Recorder)
    assert recorder.events[-2:] == [("pre_shutdown", None), ("post_shutdown", None)] or {
        ("pre_shutdown", None),
        ("post_shutdown", None),
    } <= set(recorder.events[-6:])


def test_the_context_shows_the_broker() -> None:
    with run({ANONYMOUS: {}, f"{OURS}.Recorder": {}}) as running:
        client = running.connect("c", username="ann")
        client.subscribe("t/#", qos=1)
        client.publish("t/kept", b"x", qos=1, retain=True)
        context = plugin(running, example_plugins.Recorder).context

        def look() -> None:
            session = context.get_session("c")
            assert session is not None
            assert session.username == "ann"
            assert session.transitions.state == "connected"
            assert session.inflight_out_count == 1
            assert [s.client_id for s in context.sessions] == ["c"]
            assert context.get_session("nobody") is None
            assert bytes(context.retained_messages["t/kept"].data) == b"x"
            ((subscriber, qos),) = context.subscriptions["t/#"]
            assert (subscriber.client_id, qos) == ("c", 1)

        running.call(look)


def test_a_plugin_subscribes_for_a_client_to_come() -> None:
    with run({ANONYMOUS: {}, f"{OURS}.Recorder": {}}) as running:
        context = plugin(running, example_plugins.Recorder).context
        running.await_(context.add_subscription("later", "t/#", 1))
        running.await_(context.add_subscription("later", "not/#/valid", 1))
        running.connect("writer").publish("t/x", b"waiting", qos=1)
        client = running.connect("later", clean=False)
        assert client.connack is not None
        assert client.connack.session_present
        assert client.message().payload == b"waiting"


class Tokens:
    """An authenticator of this package next to amqtt's plugins."""

    def authenticate(self, request: ConnectRequest) -> Grant | None:
        if request.username is None:
            return None
        return Grant(Rights.from_rules([Rule("all", "t/#")]), username=request.username)


def test_plugins_are_asked_as_well_as_the_authenticator() -> None:
    with run({f"{OURS}.Doorkeeper": {"word": "please"}}, authenticator=Tokens()) as running:
        running.connect("a", username="ann", password=b"please").silence()
        running.connect("b", username="ann", password=b"now", expect=4)
        running.connect("c", password=None, expect=4)
        guest = running.connect("d", username="guest")
        assert list(guest.subscribe("t/#", "#").codes) == [0, 0x80]


def test_a_plugin_without_opinion_lets_nobody_in() -> None:
    with run({f"{OURS}.Doorkeeper": {}}) as running:
        running.connect("a", username="guest", expect=4)


@pytest.mark.parametrize(
    "plugins",
    [{"no.such.Plugin": {}}, {ANONYMOUS: {"no_such_option": 1}}, {"pathlib.Path": {}}],
    ids=["missing", "wrong option", "no plugin"],
)
def test_wrong_plugins_are_refused(plugins: dict[str, Any]) -> None:
    with pytest.raises((PluginError, PluginLoadError)), run(plugins):
        pass
