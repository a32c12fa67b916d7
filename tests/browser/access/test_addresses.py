"""The address in the code of a player follows the network, without a reload."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.driving.chromium import launched
from tests.machines.machine import ip
from tests.machines.namespaces import rerun_in
from tests.machines.two_machines import HERE, up
from tests.programs.system import System
from tests.waiting import eventually

MOVED = "192.168.77.9"
HOST = "document.querySelector('.address strong')?.textContent"


@pytest.mark.own_port("behind a proxy the code is always for the proxy")
def test_a_network_that_comes_and_moves(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    if rerun_in(request, "net"):
        return
    ip("link set lo up")
    with System(tmp_path) as system, launched() as browser:
        page = browser.new_page()
        page.goto(system.url)

        def shows(address: str) -> None:
            wanted = f"{address}:{system.http_port}"
            eventually(lambda: page.evaluate(HOST) == wanted, f"the code is for {wanted}")

        shows("127.0.0.1")
        page.evaluate("window.isTheSame = true")
        ip("link add near type veth peer name far")
        ip("link set far up")
        up("near", HERE)
        shows(HERE)
        ip(f"addr del {HERE}/24 dev near")
        ip(f"addr add {MOVED}/24 dev near")
        shows(MOVED)
        assert page.evaluate("window.isTheSame")
