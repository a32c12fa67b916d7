"""Whether all that can be pressed on a page can be reached, and all that is read fits."""

from __future__ import annotations

import json
from typing import Final

from tests.browser.driving.page_driver import PageDriver

# Each control: inside the window, large enough, and free from its middle to near its corners.
_FAULTS: Final = """(({ least, scrolls }) => {
  const faults = [];
  const called = (it) => `${it.tagName} ${it.getAttribute("aria-label") || it.textContent.trim()}`;
  const round = (box) =>
    [box.x, box.y, box.width, box.height].map((it) => Math.round(it)).join(", ");
  for (const it of document.querySelectorAll("button, a[href], input, select")) {
    if (!it.checkVisibility({ visibilityProperty: true })) continue;
    if (scrolls) it.scrollIntoView({ block: "center", behavior: "instant" });
    const box = it.getBoundingClientRect();
    const { left, top, right, bottom, width, height } = box;
    const name = called(it);
    if (left < -0.5 || right > innerWidth + 0.5 || top < -0.5 || bottom > innerHeight + 0.5) {
      faults.push(`${name} leaves the window: ${round(box)}`);
    }
    if (Math.min(width, height) < least - 0.5) faults.push(`${name} is small: ${round(box)}`);
    for (const [across, down] of [[0.5, 0.5], [0.2, 0.5], [0.8, 0.5], [0.5, 0.2], [0.5, 0.8]]) {
      const hit = document.elementFromPoint(left + width * across, top + height * down);
      if (!hit || !(it.contains(hit) || (hit.tagName === "LABEL" && hit.contains(it)))) {
        faults.push(`${name} is covered by ${hit ? hit.outerHTML.slice(0, 80) : "nothing"}`);
        break;
      }
    }
  }
  const across = document.documentElement.scrollWidth;
  if (across > innerWidth) faults.push(`the page is ${across} px wide`);
  return faults;
})(%s)"""

_LINES: Final = """((selector) => {
  const it = document.querySelector(selector);
  return it.getBoundingClientRect().height / parseFloat(getComputedStyle(it).lineHeight);
})(%s)"""

_OVERLAPS: Final = """((selectors) => {
  const boxes = selectors.map((one) => document.querySelector(one))
    .filter((it) => it && it.checkVisibility({ visibilityProperty: true }))
    .map((it) => [it.tagName + it.className, it.getBoundingClientRect()]);
  const faults = [];
  boxes.forEach(([name, one], index) => {
    for (const [other, two] of boxes.slice(index + 1)) {
      if (one.left < two.right - 1 && two.left < one.right - 1 &&
          one.top < two.bottom - 1 && two.top < one.bottom - 1) faults.push(`${name} on ${other}`);
    }
  });
  return faults;
})(%s)"""


def faults(screen: PageDriver, *, least: float = 44, scrolls: bool = False) -> list[str]:
    """Return in words which controls cannot be pressed well.

    Args:
        screen: the page.
        least: how large a control has to be each way, in CSS pixels.
        scrolls: whether one may scroll to a control.
    """
    return list(screen.see(_FAULTS % json.dumps({"least": least, "scrolls": scrolls})))


def lines(screen: PageDriver, selector: str) -> int:
    """Return how many lines of text an element shows."""
    return round(float(screen.see(_LINES % json.dumps(selector))))


def overlaps(screen: PageDriver, *selectors: str) -> list[str]:
    """Return which of these parts of the page lie on each other."""
    return list(screen.see(_OVERLAPS % json.dumps(selectors)))


def sizes(screen: PageDriver, title: str, *selectors: str) -> tuple[list[str], int]:
    """Return at one look what `faults` and `overlaps` do, and the `lines` of the title."""
    looks = (
        _FAULTS % json.dumps({"least": 44, "scrolls": False}),
        _OVERLAPS % json.dumps(selectors),
        _LINES % json.dumps(title),
    )
    faults, overlaps, lines = screen.see(f"[{', '.join(looks)}]")
    return [*faults, *overlaps], round(float(lines))


_COVERED: Final = """(() => {
  const [message] = document.querySelectorAll("message-toast .message");
  if (!message) return ["there is no message"];
  const one = message.getBoundingClientRect();
  const { left, top, right, bottom } = one;
  const inside = left >= 0 && top >= 0 && right <= innerWidth && bottom <= innerHeight;
  const faults = inside ? [] : [`the message leaves the window: ${[top, bottom]}`];
  for (const it of document.querySelectorAll("button, a[href], input, select, .qr")) {
    if (!it.checkVisibility({ visibilityProperty: true })) continue;
    const two = it.getBoundingClientRect();
    const x = two.left + two.width / 2, y = two.top + two.height / 2;
    const hit = document.elementFromPoint(x, y);
    // what lies below the bar at the bottom is no control one sees there
    if (!hit || !it.contains(hit)) continue;
    const across = Math.min(one.right, two.right) - Math.max(one.left, two.left);
    const down = Math.min(one.bottom, two.bottom) - Math.max(one.top, two.top);
    if (across > 1 && down > 1 && x > one.left && x < one.right && y > one.top && y < one.bottom) {
      faults.push(`the message is on ${it.getAttribute("aria-label") || it.textContent}`);
    }
  }
  return faults;
})()"""


def covered(screen: PageDriver) -> list[str]:
    """Return what the message that is shown lies on."""
    return list(screen.see(_COVERED))
