"""The remote's page, as the person with the phone has it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

from tests.browser.driving.page_driver import PageDriver
from tests.waiting import eventually

Pointer = Literal["mouse", "touch"]


class RemotePage(PageDriver):
    """A remote, which follows a player."""

    @property
    def is_live(self) -> bool:
        """Whether the page shows what it shows as something that holds now."""
        return self.data("live") == "true"

    @property
    def player(self) -> str | None:
        """What the page knows of the player: ``unknown``, ``online`` or ``offline``."""
        return self.data("player")

    def open(self, url: str) -> RemotePage:
        self.page.goto(url, wait_until="commit")
        return self

    def wait_until_live(self, timeout: float = 30) -> RemotePage:
        eventually(lambda: self.is_live, "the remote shows a live state", timeout)
        return self

    def wait_for_volume(self, level: float) -> None:
        eventually(lambda: self.slider("Volume") == level, f"the phone shows the volume {level}")

    def record(self, name: str) -> None:
        """Begin to write down every value that a slider shows, frame by frame."""
        selector = json.dumps(f'input[aria-label="{name}"]')
        self.see(f"""(() => {{
          const slider = document.querySelector({selector});
          const recorded = (window.recorded = [slider.valueAsNumber]);
          const note = () => {{
            const value = slider.valueAsNumber;
            if (recorded[recorded.length - 1] !== value) recorded.push(value);
            if (recorded === window.recorded) requestAnimationFrame(note);
          }};
          requestAnimationFrame(note);
        }})()""")

    @property
    def recorded(self) -> list[float]:
        return [float(value) for value in self.see("window.recorded")]

    @contextmanager
    def held(self, name: str, part: float, pointer: Pointer) -> Iterator[Callable[[float], None]]:
        """Hold a slider at `part` of its length; gives what moves the finger to another part."""

        def move(part: float) -> None:
            x, y = self.middle(name, part)
            if pointer == "mouse":
                self.page.mouse.move(x, y)
            else:
                self._touch("touchMove", [{"x": x, "y": y}])

        x, y = self.middle(name, part)
        if pointer == "mouse":
            self.page.mouse.move(x, y)
            self.page.mouse.down()
        else:
            self._touch("touchStart", [{"x": x, "y": y}])
        try:
            yield move
        finally:
            if pointer == "mouse":
                self.page.mouse.up()
            else:
                self._touch("touchEnd", [])

    def drag(self, name: str, onto: str, pointer: Pointer) -> None:
        """Drag a control to where another one is."""
        to_x, to_y = self.middle(onto)
        x, y = self.middle(name)
        mouse = self.page.mouse
        if pointer == "mouse":
            mouse.move(x, y)
            mouse.down()
        else:
            self._touch("touchStart", [{"x": x, "y": y}])
        for step in range(1, 9):
            part = step / 8
            at = (x + (to_x - x) * part, y + (to_y - y) * part)
            if pointer == "mouse":
                mouse.move(*at)
            else:
                self._touch("touchMove", [{"x": at[0], "y": at[1]}])
        if pointer == "mouse":
            mouse.up()
        else:
            self._touch("touchEnd", [])

    def _touch(self, kind: str, points: list[dict[str, Any]]) -> None:
        self._devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
