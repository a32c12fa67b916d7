"""Switch the lights off when a film ends: run a command when a player has ended.

python examples/lights_out.py -- curl -s http://lamp.local/off
It is also a service: `zapette call lights off` does the same, `zapette call lights skip` ignores
the next end of a film.
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
    """Switch the lights off; return the exit code of the command."""
    return subprocess.run(command, check=False, timeout=30).returncode


@app.register()
async def skip() -> None:
    """Ignore the next end of a film."""
    global skipping  # noqa: PLW0603
    skipping = True


@app.subscribe("players/+/event/ended")
def ended(_event: Event, player_id: str) -> None:
    """Switch the lights off when a film ends, unless the player continues with another."""
    global skipping
    skipped, skipping = skipping, False
    if skipped:
        print("ignored one", flush=True)
    elif not app.player(player_id).status()["playing"]:
        off()


@app.signal("joined")
def joined() -> None:
    """Report the connection."""
    print("waiting for the end of a film", flush=True)


if __name__ == "__main__":
    app.run()
