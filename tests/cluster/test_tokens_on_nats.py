"""Tokens open the ports of MQTT only, and not that of NATS's own protocol."""

from __future__ import annotations

import json
import socket

from tests.clients.mqtt_clients import Household
from tests.cluster.test_revocation_on_nats import visitor
from tests.programs.nats_cluster import SystemOnNats
from tests.waiting import HANG_TIMEOUT
from zapette.mqtt.url import BrokerUrl
from zapette_server.settings.broker_settings import listed


def answer(url: BrokerUrl, token: str) -> str:
    """Return what a node answers to a client of NATS's own protocol with this token."""
    with socket.create_connection((url.host, url.port), HANG_TIMEOUT) as connection:
        lines = connection.makefile("rb")
        assert lines.readline().startswith(b"INFO ")
        options = json.dumps({"jwt": token, "verbose": False, "protocol": 1})
        connection.sendall(f"CONNECT {options}\r\nPING\r\n".encode())
        while (line := lines.readline().decode()).startswith("INFO "):
            pass
        return line.strip()


def test_tokens_are_for_mqtt_only(on_nats: SystemOnNats) -> None:
    home = Household(on_nats)
    (url, *_) = listed(on_nats.cluster.settings.system_urls)
    node = BrokerUrl.parse(url.replace("nats://", "mqtt://"))
    with visitor(home, on_nats, 1) as phone, home.player(version=phone.version) as player:
        assert phone.is_in
        assert player.is_in
        for client in (phone, player):
            assert client.password is not None
            assert answer(node, client.password) == "-ERR 'Authorization Violation'"
    assert answer(node, on_nats.home_password()) == "-ERR 'Authorization Violation'"
