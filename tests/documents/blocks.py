"""The blocks of code in a document, which the tests run as they stand there, and its links."""

from __future__ import annotations

import itertools
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

DOCUMENTS: Final = Path(__file__).resolve().parents[2] / "docs"

_BLOCK: Final = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK: Final = re.compile(r"\]\(([^)\s]+)\)")
_ANCHOR: Final = re.compile(r'<a id="([^"]+)">')
_HEADING: Final = re.compile(r"^#+ (.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """One block of code.

    Attributes:
        language: what follows the opening quotes.
        text: what stands in it.
        heading: what it stands under.
        shown: the text block that follows it, and nothing between but white space.
    """

    language: str
    text: str
    heading: str
    shown: str = ""

    @property
    def name(self) -> str:
        """The file name in the first line, after ``#``."""
        return self.text.partition("\n")[0].removeprefix("# ")

    def run(self, environment: Mapping[str, str]) -> str:
        """Run it in bash, with the project's command in the path; return what it prints."""
        programs = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        ended = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", self.text],
            env={**environment, "PATH": programs},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
        )
        assert ended.returncode == 0, f"{self.heading}: {ended.stdout}"
        return ended.stdout

    def check(self, printed: str) -> None:
        """Compare what it printed with the document, where … stands for anything."""
        assert self.matches(printed), f"{self.heading}:\n{printed}"

    def matches(self, printed: str) -> bool:
        """Tell whether it printed what the document says."""
        pattern = ".*".join(re.escape(part) for part in self.shown.split("…"))
        return re.fullmatch(pattern, printed, re.DOTALL) is not None


def blocks(file: Path) -> list[Block]:
    """Return the blocks of a document, in their order."""
    text = file.read_text()
    found = list(_BLOCK.finditer(text))
    made = []
    for number, match in enumerate(found):
        heading = _HEADING.findall(_BLOCK.sub("", text[: match.start()]))[-1]
        shown = ""
        if number + 1 < len(found):
            after = found[number + 1]
            if after[1] == "text" and not text[match.end() : after.start()].strip():
                shown = after[2]
        made.append(Block(match[1], match[2], heading, shown))
    return made


def broken_links(text: str, page: Path) -> list[str]:
    """Return the links within the repository that lead nowhere from `text`, kept in `page`."""
    links = [link for link in _LINK.findall(_BLOCK.sub("", text)) if "://" not in link]
    return [link for link in links if not _leads_somewhere(link, text, page)]


def _leads_somewhere(link: str, text: str, page: Path) -> bool:
    path, _, anchor = link.partition("#")
    # resolved first: the page's own folder need not be there
    target = (page.parent / path).resolve()
    if path and not target.exists():
        return False
    return not anchor or anchor in _anchors(target.read_text() if path else text)


def _anchors(text: str) -> set[str]:
    """Return the anchors of a document, as GitHub makes them of its headings."""
    headings = _HEADING.findall(_BLOCK.sub("", text))
    made = {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}
    return made | set(_ANCHOR.findall(text))


def tables(file: Path, heading: str) -> list[list[list[str]]]:
    """Return the tables under a heading; of each the rows below its head, of each the cells.

    An empty first cell has the text of the one above it.
    """
    text = file.read_text()
    _, found, section = text.partition(f"\n## {heading}\n")
    assert found, f"{file.name} has no heading {heading!r}"
    section = re.split(r"^## ", section, maxsplit=1, flags=re.MULTILINE)[0]
    made = []
    for block in re.findall(r"(?:^\|.*\n)+", section, re.MULTILINE):
        rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in block.splitlines()]
        for above, row in itertools.pairwise(rows[2:]):
            row[0] = row[0] or above[0]
        made.append(rows[2:])
    return made


def quoted(cell: str) -> list[str]:
    """Return what stands between backticks in a cell."""
    return re.findall(r"`([^`]+)`", cell)
