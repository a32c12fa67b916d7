"""A wall of players in sync: all play one film.

python examples/wall.py media/film.webm [NAME...]
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Sequence

from zapette import Application, AsyncPlayer, CallError

FAR = 1.0
"""From this distance in seconds a player seeks; below it, its speed changes."""

NEAR = 0.04
"""A distance in seconds that nobody notices."""

LOOK = 1.0


async def position(player: AsyncPlayer) -> float:
    """Return the position now: the reported one, plus half the time that the call took."""
    began = time.monotonic()
    state = await player.status()
    return state["position"] + (time.monotonic() - began) / 2 * state.get("rate", 1.0)


async def together(players: Sequence[AsyncPlayer], source: str) -> None:
    """Load `source` everywhere, and start at the same moment."""
    await asyncio.gather(*(player.load(source) for player in players))
    await asyncio.gather(*(player.pause() for player in players))
    await asyncio.gather(*(player.seek(0) for player in players))
    await asyncio.gather(*(player.play() for player in players))


async def correct(players: Sequence[AsyncPlayer]) -> float:
    """Correct the players towards the first; return the largest distance in seconds."""
    leader, *others = await asyncio.gather(*(position(player) for player in players))
    for player, at in zip(players[1:], others, strict=True):
        behind = leader - at
        if abs(behind) > FAR:
            await player.seek(await position(players[0]))
        elif abs(behind) > NEAR:
            # catch up within a second, inaudibly
            await player.rate(max(0.9, min(1.1, 1 + behind)))
        else:
            await player.rate(1)
    return max((abs(leader - at) for at in others), default=0.0)


async def keep_in_step(app: Application, names: Sequence[str], source: str) -> None:
    """Start together, and correct the players once a second."""
    wanted = [each for each in app.players.online() if not names or each.name in names]
    if not wanted:
        sys.exit("No such player. Open a player's page.")
    players = [app.player_async(each.id) for each in wanted]
    await together(players, source)
    while True:
        try:
            apart = await correct(players)
            print(f"{len(players)} players, {apart:.3f} s apart", flush=True)
        except CallError as error:
            print(error, flush=True)
        await asyncio.sleep(LOOK)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    with Application() as wall:
        wall.players.settle()
        try:
            wall.client.run(keep_in_step(wall, sys.argv[2:], sys.argv[1])).result()
        except KeyboardInterrupt:
            sys.exit(0)
