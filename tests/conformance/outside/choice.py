"""What is known of the scripts: which are apart, and why a broker does not pass others."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

FILE = Path(__file__).with_name("choice.toml")


@dataclass(frozen=True)
class Difference:
    """Scripts, or cases by a regular expression, that a broker does not pass, and why."""

    server: str
    reason: str
    scripts: tuple[str, ...] = ()
    cases: str = ""


@dataclass(frozen=True)
class Choice:
    """The file ``choice.toml``."""

    apart: dict[str, str]
    differences: tuple[Difference, ...]

    @classmethod
    def read(cls, file: Path = FILE) -> Choice:
        """Read it."""
        data = tomllib.loads(file.read_text())
        return cls(
            data["apart"],
            tuple(
                Difference(
                    server, entry["reason"], tuple(entry.get("scripts", ())), entry.get("cases", "")
                )
                for server in ("ours", "mosquitto")
                for entry in data.get(server, ())
            ),
        )

    def why_apart(self, script: str) -> str:
        """Return why a script is not for other brokers; empty if it is."""
        return next((why for pattern, why in self.apart.items() if fnmatch(script, pattern)), "")

    def of(self, server: str) -> list[Difference]:
        """Return the differences of one server."""
        return [entry for entry in self.differences if entry.server == server]

    def explain(self, server: str, cases: Iterable[str]) -> tuple[Counter[str], list[str]]:
        """Return how many cases there are for each reason, and those that have none."""
        counts: Counter[str] = Counter()
        unknown = []
        entries = [(re.compile(it.cases), it.reason) for it in self.of(server) if it.cases]
        for case in cases:
            reason = next((why for pattern, why in entries if pattern.search(case)), None)
            if reason is None:
                unknown.append(case)
            else:
                counts[reason] += 1
        return counts, unknown
