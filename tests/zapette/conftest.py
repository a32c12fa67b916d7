"""The two brokers that the Python side is tested on, and clients on them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.programs.mosquitto import Mosquitto
from tests.programs.system import System
from tests.waiting import HANG_TIMEOUT
from zapette.client.application import Application
from zapette.client.client import Client
from zapette.mqtt.url import BrokerUrl


@pytest.fixture(scope="session")
def mosquitto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    running = Mosquitto(tmp_path_factory.mktemp("mosquitto")).start()
    yield running
    running.stop()


@pytest.fixture(scope="session", params=["ours", "mosquitto"])
def url(request: pytest.FixtureRequest) -> BrokerUrl:
    if request.param == "ours":
        system: System = request.getfixturevalue("system")
        return system.household()
    mosquitto: Mosquitto = request.getfixturevalue("mosquitto")
    return mosquitto.url


@pytest.fixture
def connect() -> Iterator[Callable[..., Client]]:
    clients: list[Client] = []

    def make(url: BrokerUrl, **options: Any) -> Client:
        client = Client(url, **options)
        clients.append(client)
        client.start()
        client.wait(HANG_TIMEOUT)
        return client

    yield make
    for client in clients:
        client.stop()


@pytest.fixture
def application(url: BrokerUrl) -> Iterator[Callable[..., Application]]:
    """Make applications, started by the test or by ``ready``, and stopped after it."""
    made: list[Application] = []

    def make(name: str | None = None) -> Application:
        made.append(Application(name, url=url, base_topic="zapette"))
        return made[-1]

    yield make
    for one in made:
        one.stop()
