"""How many bytes of parts of uploads arrive at the same time."""

from __future__ import annotations

import select
import socket
from contextlib import ExitStack

import pytest

from tests.programs.system import System
from tests.waiting import eventually
from tests.webapp.uploads.uploading import RAW, Phone, link_of
from zapette_webapp.http.reading.part_budget import MOST_OF_CLIENT, PartBudget
from zapette_webapp.uploads.uploads import PART


def test_a_client_has_a_share() -> None:
    budget = PartBudget(most=100, most_of_client=40)
    assert budget.take("a", 30)
    assert not budget.take("a", 11)
    assert budget.take("b", 40)
    assert budget.take("c", 30)
    assert not budget.take("d", 1)
    budget.give_back("a", 30)
    assert budget.take("a", 30)


@pytest.fixture(scope="module")
def phone(system: System) -> Phone:
    return Phone(system, link_of(system, "remote"))


def slow_part(phone: Phone, upload_id: str) -> socket.socket:
    """Begin to send a part, and stop after its head."""
    port = phone.system.http_port
    fields = {**phone.proof, **RAW, "Host": f"127.0.0.1:{port}", "Content-Length": str(PART)}
    head = f"PUT /api/uploads/{upload_id}?offset=0 HTTP/1.1\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    opened = socket.create_connection(("127.0.0.1", port))
    opened.sendall(head.encode() + b"\r\n" + bytes(1000))
    return opened


def test_slow_parts_are_few(phone: Phone) -> None:
    upload = phone.begin("film.mp4", 4 * PART).json["id"]
    with ExitStack() as stack:
        slow = [
            stack.enter_context(slow_part(phone, upload)) for _ in range(MOST_OF_CLIENT // PART + 1)
        ]
        answered = eventually(lambda: select.select(slow, [], [], 0)[0], "one is refused")
        assert len(answered) == 1
        answer = answered[0].recv(10_000).decode()
        assert answer.startswith("HTTP/1.1 429 ")
        assert "Retry-After: 1" in answer
    # those that have ended make room
    part = bytes(100_000)
    eventually(lambda: phone.put(upload, 0, part).status == 200, "there is room again")
    phone.system.ask("DELETE", f"api/uploads/{upload}", None, phone.proof)
