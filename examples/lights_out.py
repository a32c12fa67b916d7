"""Put the lights out at the end of a film: run a command when a player has ended.

python examples/lights_out.py -- curl -s http://lamp.local/off
It is a service too: `zapette call lights off` does the same, `zapette call lights skip` lets the
next end of a film pass.
"""

from __future__ import annotations

import subprocess
import sys

from zapette import Application, Event

app = Application("lights")
command = sys.argv[sys.argv.index("--") + 1 :] if "--" in sys.argv else ["echo", "lights out"]
skipping = False


@app.register()
def off() -> int:
    """Put the lights out; return the exit code of the command."""
    return subprocess.run(command, check=False, timeout=30).returncode


@app.register()
async def skip() -> None:
    """Let the next end of a film pass."""
    global skipping  # noqa: PLW0603
    skipping = True


@app.subscribe("players/+/event/ended")
def ended(_event: Event, player_id: str) -> None:
    """Put the lights out at the end of a film, unless the player goes on with another."""
    global skipping
    skipped, skipping = skipping, False
    if skipped:
        print("let one pass", flush=True)
    elif not app.player(player_id).status()["playing"]:
        off()


@app.signal("joined")
def joined() -> None:
    """Say that it works."""
    print("waiting for the end of a film", flush=True)


if __name__ == "__main__":
    app.run()
