"""Subscriptions that the broker refuses, now or for good: a Mosquitto whose rules change."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.programs.mosquitto import Mosquitto, run_tool
from tests.waiting import HANG_TIMEOUT, eventually
from zapette.client.client import Client
from zapette.errors import Unavailable
from zapette.protocol.topics import Topics

CONTROL = "$CONTROL/dynamic-security/v1"
CALLEE = Topics().service("printer")


def plugin() -> Path:
    """Return Mosquitto's plugin for rules that a client can change."""
    found = sorted(Path("/usr/lib").glob("*/mosquitto_dynamic_security.so"))
    assert found, "Mosquitto's dynamic security plugin is needed"
    return found[0]


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    allowed = dict.fromkeys(("publishClientSend", "publishClientReceive", "unsubscribe"), True)
    rules = tmp_path / "rules.json"
    control = {"acltype": "publishClientSend", "topic": CONTROL, "allow": True}
    found = {
        "defaultACLAccess": {**allowed, "subscribe": False},
        "roles": [{"rolename": "all", "acls": [control]}],
        "groups": [{"groupname": "all", "roles": [{"rolename": "all"}]}],
        "anonymousGroup": "all",
    }
    rules.write_text(json.dumps(found))
    lines = (f"plugin {plugin()}", f"plugin_opt_config_file {rules}")
    running = Mosquitto(tmp_path, lines=lines).start()
    yield running
    running.stop()


def allow(broker: Mosquitto) -> None:
    acls = [{"acltype": "subscribe", "allow": True}]
    command = {"commands": [{"command": "setDefaultACLAccess", "acls": acls}]}
    done = run_tool("pub", broker.url, "-t", CONTROL, "-m", json.dumps(command))
    assert done.returncode == 0, done.stderr


def why_not(client: Client) -> str:
    """Return why a client is not live; empty if it is."""
    try:
        client.wait(0.1)
    except Unavailable as error:
        return str(error)
    return ""


def test_a_service_is_online_only_once_its_requests_reach_it(broker: Mosquitto) -> None:
    service = Client(broker.url, callee=CALLEE, procedures={"ink": lambda: 7})
    service.start()
    try:
        eventually(lambda: "refused the subscription" in why_not(service), "it says why")
        allow(broker)
        service.wait(20)
        caller = Client(broker.url)
        caller.start()
        caller.wait(HANG_TIMEOUT)
        assert caller.call(CALLEE, "ink") == 7
        caller.stop()
    finally:
        service.stop()


def test_a_refused_subscription_is_asked_for_again(broker: Mosquitto) -> None:
    client = Client(broker.url)
    heard: list[bytes] = []
    client.subscribe("lamp", lambda message: heard.append(message.payload))
    client.start()
    try:
        client.wait(HANG_TIMEOUT)
        allow(broker)
        eventually(
            lambda: run_tool("pub", broker.url, "-t", "lamp", "-m", "on") and heard, "it hears"
        )
        assert client.is_live
    finally:
        client.stop()
