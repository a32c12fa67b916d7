"""Mosquitto's settings, as the scripts write them, and what they come to on our broker."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import pytest

from tests.conformance.outside.debian import NotDebian, mirror
from tests.conformance.outside.settings import Unsupported, from_arguments, read
from tests.conformance.outside.stand_in import Doorkeeper, in_order, limits, verify
from zapette_broker.access.authenticator import ConnectRequest


def test_settings() -> None:
    settings = read(
        "# words\nlistener 1890 127.0.0.1\r\nprotocol websockets\nwebsockets_origin a.example\n"
        "listener 1891\nmax_connections 7\nallow_anonymous true\nmax_inflight_messages 3\n"
    )
    first, second = settings.listeners
    assert (first.port, first.host, first.websockets) == (1890, "127.0.0.1", True)
    assert (first.origins, second.max_connections) == (frozenset({"a.example"}), 7)
    assert settings.lets_in_everybody
    found = limits(settings)
    assert (found.receive_maximum, found.max_inflight, found.max_packet) == (3, 3, 2_000_000)


def test_settings_that_our_broker_has_not_are_named() -> None:
    with pytest.raises(Unsupported) as caught:
        read("listener 1890\nretain_available false\nmount_point a/\nretain_available true\n")
    assert caught.value.names == ("retain_available", "mount_point")


def test_nobody_gets_in_unasked_once_there_is_a_listener(tmp_path: Path) -> None:
    file = tmp_path / "broker.conf"
    file.write_text("listener 1890\n")
    assert not from_arguments(["-v", "-c", str(file), "-p", "1890"]).lets_in_everybody
    alone = from_arguments(["-v", "-p", "1890"])
    assert alone.lets_in_everybody
    assert [listener.port for listener in alone.listeners] == [1890]
    with pytest.raises(Unsupported):
        from_arguments(["--daemon"])


def test_doorkeeper(tmp_path: Path) -> None:
    salt = b"some salt"
    digest = hashlib.sha512(b"secret" + salt).digest()
    hashed = "$6$" + "$".join(base64.b64encode(part).decode() for part in (salt, digest))
    assert verify(hashed, b"secret")
    (tmp_path / "passwords").write_text(f"one:{hashed}\n")
    (tmp_path / "access").write_text(
        "topic read news\nuser one\ntopic readwrite a/#\ntopic deny a/b\npattern write c/%u\n"
    )
    settings = read(
        f"listener 1890\nallow_anonymous true\npassword_file {tmp_path}/passwords\n"
        f"acl_file {tmp_path}/access\n"
    )
    keeper = Doorkeeper(settings)

    def ask(name: str | None, password: bytes | None) -> object:
        return keeper.authenticate(ConnectRequest("id", name, password, "::1", "default"))

    assert ask("one", b"wrong") is None
    assert ask("one", None) is None
    assert ask("two", b"secret") is None
    grant = keeper.authenticate(ConnectRequest("id", "one", b"secret", "::1", "default"))
    assert grant is not None
    assert grant.rights.may_publish("a/c")
    assert grant.rights.may_publish("c/one")
    assert not grant.rights.may_publish("a/b")
    assert not grant.rights.may_subscribe("news")
    nobody = keeper.authenticate(ConnectRequest("id", None, None, "::1", "default"))
    assert nobody is not None
    assert nobody.rights.may_subscribe("news")
    assert not nobody.rights.may_publish("news")


def test_properties_of_connack_are_put_in_order() -> None:
    head, packet_size, receive = b"\x20\x0b\0\0\x08", b"\x27\0\0\1\0", b"\x21\0\x14"
    assert in_order(head + receive + packet_size) == head + packet_size + receive


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("sources.list.d/z.sources", "Types: deb\nURIs: http://mirror.example/debian\nSuites: x\n"),
        ("sources.list", "# none\ndeb [trusted=no] http://mirror.example/debian x main\n"),
    ],
)
def test_mirror(tmp_path: Path, name: str, text: str) -> None:
    other = tmp_path / "sources.list.d" / "a.sources"
    other.parent.mkdir()
    other.write_text("Types: deb\nURIs: http://mirror.example/debian-security\n")
    with pytest.raises(NotDebian):
        mirror(tmp_path)
    (tmp_path / name).write_text(text)
    assert mirror(tmp_path) == "http://mirror.example/debian"
