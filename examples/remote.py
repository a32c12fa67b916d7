"""A remote for the keyboard: python examples/remote.py [NAME]."""

import sys

from zapette import Application, CallError

KEYS = {
    "": lambda player: player.toggle(),
    "+": lambda player: player.volume_up(),
    "-": lambda player: player.volume_down(),
    "<": lambda player: player.seek_by(-10),
    ">": lambda player: player.seek_by(10),
}

with Application() as app:
    app.players.settle()
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    found = [each for each in app.players.online() if wanted.lower() in each.name.lower()]
    if not found:
        sys.exit("No such player. Open a player's page.")
    player = app.player(found[0].id)
    print(f"{found[0].name}: Enter plays or pauses, + - set the volume, < > seek, q quits.")
    for key in map(str.strip, sys.stdin):
        if key == "q":
            break
        try:
            state = KEYS.get(key, lambda player: player.status())(player)
            does = "plays" if state["playing"] else "waits"
            print(f"{does} at {state['position']:.0f} s, volume {state['volume']:.0f}")
        except CallError as error:
            print(error)
