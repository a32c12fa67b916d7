"""Which filters match which topics."""

from __future__ import annotations

import pytest

from tests.conformance.client import Client
from tests.conformance.clients import Clients
from tests.conformance.servers import MAX_KEEP_ALIVE
from tests.conformance.wire.answers import PingResp, Publish
from tests.conformance.wire.packets import PINGREQ

# filter -> topics that match / topics that do not; both get a prefix of the test's own.
MATCHES = {
    "exact": ("a/b", "a/b", "a a/b/ /a/b a/c a/b/c"),
    "hash": ("a/#", "a a/ a/b a/b/c a//", "b ab b/a"),
    "hash_after_plus": ("+/#", "a a/ a/b/c /", ""),
    "plus": ("a/+", "a/b a/", "a a/b/c a//  b/a"),
    "plus_between": ("a/+/c", "a/b/c a//c", "a/c a/b/b/c a/b/c/d a/b"),
    "plus_first": ("+/b", "a/b /b", "b a/b/c a/c"),
    "plus_twice": ("+/+", "a/b / a/ /b", "a a/b/c //"),
    "empty_levels": ("a//b", "a//b", "a/b a/x/b a///b"),
    "leading_slash": ("/a", "/a", "a //a /a/"),
    "spaces": ("a b/ c", "a b/ c", "ab/c a%20b/%20c"),
    "dollar_inside": ("a/$b/+", "a/$b/c", "a/b/c"),
    "plus_matches_dollar_inside": ("a/+", "a/$b", ""),
}


@pytest.mark.parametrize(("name", "matching", "other"), MATCHES.values(), ids=MATCHES)
@pytest.mark.proves(v311="3.3.2-3 4.7.1-2 4.7.1-3 4.7.3-4", v5="3.3.2-3 4.7.1-1 4.7.1-2 4.7.3-4")
def test_matching(clients: Clients, name: str, matching: str, other: str) -> None:
    """A filter gets each topic that it matches, once, and no other."""
    client = clients.connect()
    client.subscribe(clients.topic(name))
    topics = _split(matching)
    for topic in _split(other) + topics:
        client.publish(clients.topic(topic), b"x")
    received = [message.topic for message in client.messages(len(topics))]
    assert received == [clients.topic(topic) for topic in topics]
    client.silence()


def _split(topics: str) -> list[str]:
    # Topics with spaces in them stand alone.
    return [topics] if topics == "a b/ c" else topics.split()


@pytest.mark.parametrize("name", ["#", "+/#", "+/{rest}", "+/+"])
@pytest.mark.proves(v311="4.7.2-1", v5="4.7.2-1")
def test_wildcards_do_not_match_dollar_topics(clients: Clients, name: str) -> None:
    """A filter that starts with a wildcard gets no topic that starts with $."""
    rest = clients.id("rest")
    client = clients.connect()
    client.subscribe(name.format(rest=rest), qos=1)
    for first in ("$mine", "mine"):
        client.publish(f"{first}/{rest}", b"x", qos=1)
    # Other tests run at the same time; the plain topic shows that all was looked at.
    topics = [client.message().topic]
    while topics[-1] != f"mine/{rest}":
        topics.append(client.message().topic)
    assert f"$mine/{rest}" not in topics


@pytest.mark.waits
@pytest.mark.parametrize("name", ["#", "+/#", "+/broker/#", "+/broker/uptime"])
@pytest.mark.proves(v311="4.7.2-1", v5="4.7.2-1")
def test_wildcards_do_not_match_sys(limited_clients: Clients, name: str) -> None:
    """Such a filter gets nothing of what the server publishes under $SYS, retained or live."""
    client = limited_clients.connect(keep_alive=MAX_KEEP_ALIVE)
    client.subscribe(name)
    admin = limited_clients.connect("admin", keep_alive=MAX_KEEP_ALIVE)
    admin.subscribe("$SYS/#")
    retained = live = False
    while not (retained and live):
        message = admin.message()
        assert message.topic.startswith("$SYS/")
        live = live or (retained and not message.retain)
        retained = retained or message.retain
        client.ping()
        admin.ping()
    late = limited_clients.connect("late", keep_alive=MAX_KEEP_ALIVE)
    late.subscribe(name)
    for asked in (client, late):
        asked.publish(limited_clients.topic("broker/uptime"), b"sentinel")
        assert not _topics_until_end(asked)


def _topics_until_end(client: Client) -> list[str]:
    """Return the $ topics among all that came before the answer to PINGREQ."""
    client.send(PINGREQ)
    topics = []
    while not isinstance(answer := client.receive(), PingResp):
        assert isinstance(answer, Publish)
        topics.append(answer.topic)
    return [topic for topic in topics if topic.startswith("$")]


@pytest.mark.proves(v311="", v5="")
def test_sys_topics_cannot_be_published(clients: Clients) -> None:
    """What a client publishes to $SYS reaches nobody, and the connection goes on or ends."""
    topic = f"$SYS/{clients.topic()}"
    watcher = clients.connect("watcher")
    watcher.subscribe("$SYS/" + clients.topic("#"), qos=1)
    client = clients.connect()
    client.publish(topic, b"forged")
    client.send(PINGREQ)
    client.receive_any()
    watcher.silence()


@pytest.mark.proves(v311="4.7.3-1", v5="4.7.3-1")
def test_shortest_topics(clients: Clients) -> None:
    """One character is enough for a topic, / included."""
    client = clients.connect()
    client.subscribe("/", "x", qos=1)
    for topic in ("/", "x"):
        client.publish(topic, clients.topic().encode(), qos=1)
        while True:
            message = client.message()
            if message.payload == clients.topic().encode():
                break
        assert message.topic == topic


@pytest.mark.proves(v311="", v5="")
def test_many_levels(clients: Clients) -> None:
    """A topic of 100 levels is matched level by level."""
    levels = [f"{number}" for number in range(100)]
    client = clients.connect()
    client.subscribe(clients.topic("/".join(level if int(level) % 2 else "+" for level in levels)))
    client.publish(clients.topic("/".join(levels[:-1])))
    client.publish(clients.topic("/".join(levels)))
    assert client.message().topic == clients.topic("/".join(levels))
    client.silence()
