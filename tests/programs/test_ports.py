"""Ports that tests take are theirs."""

from __future__ import annotations

import socket
import subprocess
import sys

from tests.programs import ports
from tests.programs.ports import _first_ports, _outgoing, free_port, free_ports
from zapette_server.paths import ROOT

OTHER = "from tests.programs.ports import free_ports; print(*free_ports({count})); input()"


def test_no_two_processes_are_given_the_same_ports() -> None:
    command = [sys.executable, "-c", OTHER.format(count=100)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        theirs = {int(port) for port in other.stdout.readline().split()}
        # as many blocks as there are: none that is left holds one of theirs
        ours = set(free_ports(1000))
        assert (len(ours), len(theirs)) == (1000, 100)
        assert ours.isdisjoint(theirs)
        other.communicate("\n")


def test_the_system_takes_none_of_them_itself() -> None:
    lowest, highest = _outgoing()
    assert not any(lowest <= port <= highest for port in free_ports(100))


def test_blocks_lie_outside_of_any_range_of_outgoing_connections() -> None:
    for lowest, highest in ((32_768, 60_999), (49_152, 65_535), (1_024, 60_000), (9_000, 20_000)):
        firsts = _first_ports(lowest, highest)
        assert firsts
        assert all(first + 63 < lowest or first > highest for first in firsts)
        assert firsts[-1] + 63 < 65_536


def test_a_port_that_somebody_has_is_passed_over() -> None:
    while len(ports._left) < 3:
        free_port()
    following = ports._left[-3:]
    with socket.create_server(("127.0.0.1", following[-1])):
        assert free_ports(2) == [following[1], following[0]]
