"""What axe-core finds wrong with a page, by the rules of WCAG 2.2 AA."""

from __future__ import annotations

from typing import Final

from tests.browser.driving.page_driver import PageDriver
from zapette_server.paths import ROOT

_SOURCE: Final = ROOT / "static/node_modules/axe-core/axe.min.js"
_RUN: Final = """axe.run(document, {
  resultTypes: ["violations"],
  runOnly: { type: "tag", values: [
    "wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] },
}).then(({ violations }) => violations.map(({ id, nodes }) =>
  `${id}: ${nodes.map(({ target, failureSummary }) => `${target} (${failureSummary})`)}`))"""


def violations(screen: PageDriver) -> list[str]:
    """Return each rule that is broken, with where."""
    if not screen.see("'axe' in window"):
        # not as a script of the page's, which its policy would forbid
        screen.see(f"{_SOURCE.read_text()}; 0")
    return [str(it) for it in screen.see(_RUN)]
