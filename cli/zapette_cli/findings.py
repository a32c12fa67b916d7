"""Findings of ``zapette doctor``: one for each check, with a remedy."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome of one check.

    Attributes:
        what: what was checked.
        result: ``ok``, ``warning`` or ``failed``.
        found: the finding.
        remedy: what to do; empty if nothing.
    """

    what: str
    result: Literal["ok", "warning", "failed"]
    found: str
    remedy: str = ""


def good(what: str, found: str) -> Finding:
    """Return a check that passed."""
    return Finding(what, "ok", found)


def bad(what: str, found: str, remedy: str) -> Finding:
    """Return a check that failed."""
    return Finding(what, "failed", found, remedy)


def doubtful(what: str, found: str, remedy: str) -> Finding:
    """Return a check that passed with a warning."""
    return Finding(what, "warning", found, remedy)


def as_text(findings: Iterable[Finding]) -> str:
    """Return the findings as text."""
    marks = {"ok": "ok  ", "warning": "warn", "failed": "FAIL"}
    lines = []
    for each in findings:
        lines.append(f"{marks[each.result]}  {each.what:<11} {each.found}")
        if each.remedy:
            lines.append(f"                  → {each.remedy}")
    return "\n".join(lines)


def as_json(findings: Iterable[Finding]) -> str:
    """Return the findings as JSON."""
    return json.dumps([asdict(each) for each in findings], ensure_ascii=False)
