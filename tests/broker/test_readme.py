"""The program in the broker's README runs as it stands there."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conformance.client import Client
from tests.conformance.wire.encodings import Version
from tests.conformance.wire.packets import Connect
from tests.conformance.wire.stream import Stream
from tests.documents.blocks import blocks
from tests.programs.ports import free_port
from tests.waiting import eventually

README = Path(__file__).parents[2] / "broker" / "README.md"
ADDRESS = "127.0.0.1:1883"


@pytest.fixture
def port() -> Iterator[int]:
    program = next(each.text for each in blocks(README) if each.language == "python")
    assert program.count(ADDRESS) == 1
    port = free_port()
    text = program.replace(ADDRESS, f"127.0.0.1:{port}")
    with subprocess.Popen([sys.executable, "-c", text]) as running:
        eventually(lambda: _answers(port), "the broker listens")
        yield port
        running.terminate()


def _answers(port: int) -> bool:
    try:
        Stream(port).close()
    except OSError:
        return False
    return True


def test_it_lets_members_in_and_nobody_else(port: int) -> None:
    codes = {}
    for name, password in [("ada", b"secret"), ("ada", b"guess"), ("bob", b"secret")]:
        client = Client(Stream(port), Version.V5)
        answer = client.connect(Connect("a", Version.V5, username=name, password=password))
        codes[name, password] = answer.code
        client.close()
    assert codes == {("ada", b"secret"): 0, ("ada", b"guess"): 0x86, ("bob", b"secret"): 0x86}


def test_what_its_rules_allow_goes_through(port: int) -> None:
    client = Client(Stream(port), Version.V5)
    client.connect(Connect("a", Version.V5, username="ada", password=b"secret"))
    assert client.subscribe("home/#", "other/#").codes == (0, 0x87)
    client.publish("home/door", b"open")
    assert client.message().payload == b"open"
    client.close()
