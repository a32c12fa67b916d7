"""Whether each phone shows what the player really does."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import unquote

from bench.phone_load.phone import Phone
from tests.browser.player_page import PlayerPage

POSITION: Final = 2.5
"""Seconds by which a phone may be beside the picture while it plays; it redraws once in each."""

_SHOWN: Final = """(() => {
  const one = (selector) => document.querySelector(selector);
  const texts = (selector) => Array.from(document.querySelectorAll(selector), (it) =>
    it.textContent);
  const labels = Array.from(document.querySelectorAll("play-button button"), (it) => it.ariaLabel);
  return {
    live: document.body.dataset.live === "true",
    playing: labels.every((it) => it === "Pause") || (labels.some((it) => it === "Pause") && null),
    volume: one("volume-control input").valueAsNumber,
    muted: one("volume-control .mute").ariaLabel === "Unmute",
    title: one("#title").textContent,
    position: one("seek-bar input").valueAsNumber,
    queue: texts("queue-view .name"),
    current: texts("queue-view [aria-current] .name"),
  };
})()"""


def differences(player: PlayerPage, state: dict[str, Any], phones: list[Phone]) -> list[str]:
    """Return, in words, where a phone does not show what the ``<video>`` does.

    Args:
        player: whose ``<video>`` counts.
        state: what the player told last, for what the ``<video>`` cannot know: title and queue.
        phones: each with its queue open.
    """
    video = player.video
    items = [it["title"] for it in state["queue"]["items"]]
    index = state["queue"]["index"]
    real = {
        "live": True,
        "playing": not video["paused"] and not video["ended"],
        "volume": round(video["volume"] * 100),
        "muted": video["muted"],
        "title": state["title"] or "Nothing to play yet",
        "queue": items,
        "current": [] if index is None else [items[index]],
    }
    found = []
    if not unquote(video["currentSrc"]).endswith(state["source"] or ""):
        found.append(f"the player tells of {state['source']}, but has {video['currentSrc']}")
    for phone in phones:
        shown = phone.page.see(_SHOWN)
        position = shown.pop("position")
        found += [
            f"phone {phone.number} shows {key} as {shown[key]!r}, not {value!r}"
            for key, value in real.items()
            if shown[key] != value
        ]
        if abs(position - player.time) > POSITION:
            found.append(f"phone {phone.number} shows {position} s, not {player.time} s")
    return found
