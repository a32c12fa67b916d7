"""A page as a person has it: something to look at and to touch."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any, Final

from playwright.sync_api import Error, Page

from tests.waiting import eventually

# Finds what a person would call by that name, if it can be seen; tells whether something covers it.
FIND: Final = """((name) => {
  const named = (it) =>
    it.getAttribute("aria-label") || it.textContent.trim() || (it.querySelector("img") || {}).alt ||
    (it.labels && it.labels.length ? it.labels[0].textContent.trim() : "");
  for (const it of document.querySelectorAll("button, a, input, select")) {
    const own = named(it);
    // what is told of a film stands behind its title
    if (own !== name && !(own && own.startsWith(`${name}, `))) continue;
    if (!it.checkVisibility({ visibilityProperty: true })) continue;
    it.scrollIntoView({ block: "nearest" });
    const { x, y, width, height } = it.getBoundingClientRect();
    const hit = document.elementFromPoint(x + width / 2, y + height / 2);
    const free = hit !== null && (it.contains(hit) || hit.contains(it));
    const { disabled = false, value = "" } = it;
    return { x, y, width, height, usable: free && !disabled, value };
  }
  return null;
})"""

# Writes down whether a click comes; on a page that the click leads away from, nothing is written.
LISTEN: Final = """(() => {
  globalThis.heard = false;
  addEventListener("click", () => { globalThis.heard = true; }, { capture: true, once: true });
})()"""
# Two, because what a page puts off until a frame is drawn with the next one.
TWO_FRAMES: Final = """new Promise((done) =>
  requestAnimationFrame(() => requestAnimationFrame(done)))"""
# A touch that was not a click by then was lost on its way, and is none any more.
LOST_AFTER: Final = 5.0


class PageDriver:
    """One page, looked at without Playwright's own evaluation, which counts as a click."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._devtools = page.context.new_cdp_session(page)

    def see(self, expression: str) -> Any:
        """Return the value of a JavaScript expression, awaited if it is a promise.

        Raises:
            LookupError: it asks something of an element that is not there, or not there yet.
        """
        try:
            answer = self._evaluate(expression)
        except Error as error:
            if "Inspected target navigated" not in error.message:
                raise
            # the page of which it was asked is gone: the one in its place is asked
            answer = self._evaluate(expression)
        if "exceptionDetails" in answer:
            thrown = answer["exceptionDetails"].get("exception", {})
            fault = LookupError if thrown.get("className") == "TypeError" else AssertionError
            raise fault(f"{expression}: {thrown.get('description', answer['exceptionDetails'])}")
        return answer["result"].get("value")

    def _evaluate(self, expression: str) -> dict[str, Any]:
        answer: dict[str, Any] = self._devtools.send(
            "Runtime.evaluate",
            {
                "expression": expression,
                "returnByValue": True,
                "awaitPromise": True,
                "userGesture": False,
            },
        )
        return answer

    def data(self, name: str) -> str | None:
        """Return a data attribute of the body, which style sheets go by."""
        value = self.see(f"document.body ? document.body.dataset[{json.dumps(name)}] : null")
        return None if value is None else str(value)

    @property
    def connection(self) -> str | None:
        return self.data("connection")

    @property
    def text(self) -> str:
        """All text that can be seen."""
        return str(self.see("document.body ? document.body.innerText : ''"))

    @property
    def notice(self) -> str:
        """What the page says about the connection."""
        return self._text_of("connection-banner")

    @property
    def alert(self) -> str:
        """The messages that come and go."""
        return self._text_of("message-toast")

    def wait_for_notice(self, words: str) -> None:
        eventually(lambda: words in self.notice, f"the page says {words!r}")

    def wait_for_alert(self, words: str) -> None:
        eventually(lambda: words in self.alert, f"a message says {words!r}")

    def _text_of(self, element: str) -> str:
        """Return the text of an element as it can be seen; nothing while the page is not there."""
        return str(
            self.see(f"""(() => {{
          const it = document.querySelector({json.dumps(element)});
          const seen = it && it.checkVisibility({{ visibilityProperty: true }});
          return seen ? it.innerText.trim() : "";
        }})()""")
        )

    def close(self) -> None:
        """Close the tab as a person does, so that the page is told of it."""
        with self.page.expect_event("close"):
            self.page.close(run_before_unload=True)

    def find(self, name: str) -> dict[str, Any] | None:
        """Return what a control with that name looks like; None if there is none to be seen."""
        found = self.see(f"{FIND}({json.dumps(name)})")
        return None if found is None else dict(found)

    def shows(self, name: str) -> bool:
        return self.find(name) is not None

    def wait_for(self, name: str, timeout: float = 30) -> dict[str, Any]:
        """Wait until a control with that name can be used."""

        what = f"a usable {name!r}; there is: {self.text!r}"
        found = eventually(lambda: self._usable(name), what, timeout)
        assert found is not None
        return found

    def _usable(self, name: str) -> dict[str, Any] | None:
        found = self.find(name)
        return found if found and found["usable"] else None

    def click(self, name: str) -> None:
        """Click on a control with a mouse."""
        self.page.mouse.click(*self.middle(name))

    def tap(self, name: str) -> None:
        """Tap on a control with a finger; again, as a person would, if nothing takes notice.

        One touch of many thousands was without effect on a busy machine, most likely because the
        tab was just coming to the front. A click that reaches the page is never repeated.
        """
        for _ in range(3):
            self.see(LISTEN)
            self.page.touchscreen.tap(*self.middle(name))
            with suppress(AssertionError):
                eventually(lambda: self.see("globalThis.heard !== false"), "a click", LOST_AFTER)
                return
        raise AssertionError(f"three taps on {name!r} were no click; there is: {self.text!r}")

    def middle(self, name: str, part: float = 0.5) -> tuple[float, float]:
        """Return a point of a control: `part` of its width from its left, half-way down."""
        # a tab behind another one draws once a second, and hears of a touch when it draws
        self.page.bring_to_front()
        what = f"a usable {name!r} that stands still; there is: {self.text!r}"
        box = eventually(lambda: self._at_rest(name), what)
        assert box is not None
        return box["x"] + part * box["width"], box["y"] + box["height"] / 2

    def _at_rest(self, name: str) -> dict[str, Any] | None:
        """Return a control that is in the same place two frames later; None if it has moved."""
        before = self._usable(name)
        if before is None:
            return None
        self.see(TWO_FRAMES)
        now = self.find(name)
        place = ("x", "y", "width", "height")
        return now if now and all(now[it] == before[it] for it in place) else None

    def slider(self, name: str) -> float:
        """Return the value that a slider shows; a LookupError if there is none to be seen."""
        found = self.find(name)
        if found is None:
            raise LookupError(f"no {name!r} in {self.text!r}")
        return float(found["value"])
