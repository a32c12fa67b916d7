"""Python programs on NATS, which has MQTT 3.1.1 only."""

from __future__ import annotations

import pytest

from tests.programs.nats_cluster import SystemOnNats
from tests.zapette.client.test_application import (
    test_a_callee_that_goes_ends_its_calls_at_once,
    test_a_name_of_64_characters,
    test_an_exception_is_told_to_the_caller_and_to_the_terminal,
    test_an_object_as_a_service,
    test_calls_from_handlers,
    test_procedures,
    test_the_order_of_one_callers_requests,
)
from tests.zapette.conftest import application
from zapette.mqtt.url import BrokerUrl

__all__ = [
    "application",
    "test_a_callee_that_goes_ends_its_calls_at_once",
    "test_a_name_of_64_characters",
    "test_an_exception_is_told_to_the_caller_and_to_the_terminal",
    "test_an_object_as_a_service",
    "test_calls_from_handlers",
    "test_procedures",
    "test_the_order_of_one_callers_requests",
]


@pytest.fixture
def url(on_nats: SystemOnNats) -> BrokerUrl:
    return on_nats.household()
