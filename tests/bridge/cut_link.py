"""The link between our side and the home's is cut; run in a network namespace.

``python -m tests.bridge.cut_link FOLDER SECONDS`` prints what it saw as JSON. It must be root in
the namespace, which it fills: ours is here, the home's broker is in another one inside. The cut
lasts so many seconds, and at least until both sides have noticed it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

from tests.bridge.listener import Listener, retained
from tests.clients.plain_player import PlainPlayer
from tests.machines.machine import Machine, ip
from tests.programs.mosquitto import Mosquitto
from tests.programs.system import System
from tests.waiting import HANG_TIMEOUT, eventually

HERE, THERE = "10.11.12.1", "10.11.12.2"
NOBODY = "02:00:00:00:00:99"


def main() -> None:
    folder, seconds = Path(sys.argv[1]), float(sys.argv[2])
    machine = Machine()
    try:
        ip("link set lo up")
        ip(f"link add ours type veth peer name home netns {machine.pid}")
        ip(f"address add {HERE}/30 dev ours")
        ip("link set ours up")
        for line in (
            "link set lo up",
            f"address add {THERE}/30 dev home",
            "link set home up",
        ):
            machine.ip(line)
        sys.stdout.write(json.dumps(run(folder, machine.inside, seconds)))
    finally:
        machine.stop()


def run(folder: Path, inside: tuple[str, ...], seconds: float) -> dict[str, object]:
    home = Mosquitto(folder, host="0.0.0.0", before=inside)
    home.host = THERE
    home.start()
    system_folder = folder / "system"
    system_folder.mkdir()
    bridge = {"ZAPETTE_BRIDGE_URL": f"mqtt://{THERE}:{home.port}"}
    system = System(system_folder, bridge).start()
    player = PlainPlayer(system.household()).start()
    observer = Observer(home, inside, folder / "observer")
    try:
        return cut(home, system, player, observer, seconds)
    finally:
        observer.stop()
        player.client.stop()
        system.stop()
        home.stop()


class Observer:
    """Who stays at home throughout: it prints all that the home's broker sends it."""

    def __init__(self, home: Mosquitto, inside: tuple[str, ...], file: Path) -> None:
        self._file = file
        command = [
            "mosquitto_sub",
            "-h",
            THERE,
            "-p",
            str(home.port),
            "-t",
            "zapette/#",
            "-F",
            "%r %t %p",
        ]
        with file.open("wb") as output:
            self._process = subprocess.Popen([*inside, *command], stdout=output)

    def lines(self) -> list[str]:
        return self._file.read_text().splitlines()

    def wait_for(self, listener: Listener, mark: str) -> None:
        """Let `listener` publish marks until one is printed, and so all that came before it."""

        def printed() -> bool:
            listener.publish(f"zapette/{mark}", b"")
            return f"0 zapette/{mark} " in self.lines()

        eventually(printed, "the observer listens", every=0.1)

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(HANG_TIMEOUT)


def cut(
    home: Mosquitto, system: System, player: PlainPlayer, observer: Observer, seconds: float
) -> dict[str, object]:
    state = f"{player.root}/state"
    with Listener(home.url) as listener:
        observer.wait_for(listener, "begun")
        eventually(lambda: listener.last_state(state) == player.state, "both sides agree")
        listener.publish(f"{player.root}/command/play", b"")
        eventually(lambda: listener.last_state(state).get("playing") is True, "it plays")

    def agree() -> bool:
        return retained(home.url, "zapette/#") == retained(system.household(), "zapette/#")

    began = time.monotonic()
    eventually(agree, "both sides agree", timeout=30, every=0.1)
    look = time.monotonic() - began
    began = time.monotonic()
    mislead(home, begin=True)
    player.client.call(player.callee, "volume", 21)
    eventually(lambda: "no connection to the home's broker" in system.log, "it is noticed", 40)
    eventually(
        lambda: "0 zapette/server/availability offline" in observer.lines(), "at home too", 40
    )
    time.sleep(max(0.0, seconds - (time.monotonic() - began)))
    cut_for = time.monotonic() - began
    mislead(home, begin=False)
    repaired = time.monotonic()
    eventually(agree, "both sides agree", timeout=30, every=0.1)
    agreed_after = time.monotonic() - repaired
    with Listener(home.url) as listener:
        listener.publish(f"{player.root}/command/pause", b"")
        eventually(lambda: listener.last_state(state).get("playing") is False, "it pauses")
        observer.wait_for(listener, "ended")
    lines = observer.lines()
    return {
        "cut_for": cut_for,
        "agreed_after": agreed_after,
        "look": look,
        "heard": player.heard,
        "said": system.log.count("no connection to the home's broker"),
        "states": [line for line in lines if f" {state} " in line],
        "commands": [line for line in lines if "/command/" in line],
    }


def mislead(home: Mosquitto, *, begin: bool) -> None:
    """Send the packets of both sides to an address that nobody has: no error comes back."""
    for before, address, device in (([], THERE, "ours"), (home.before, HERE, "home")):
        if begin:
            change = ["replace", address, "lladdr", NOBODY, "nud", "permanent", "dev", device]
        else:
            change = ["del", address, "dev", device]
        subprocess.run([*before, "ip", "neighbour", *change], check=True)


if __name__ == "__main__":
    main()
