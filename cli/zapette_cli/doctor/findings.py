"""Findings of ``zapette doctor``: one for each check, with a remedy."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from zapette_cli.language import Language, Text
from zapette_cli.player_text import one_line

Result = Literal["ok", "note", "warning", "failed"]

_MARKS: Final[dict[Result, Text]] = {
    "ok": Text("ok", "ok"),
    "note": Text("note", "note"),
    "warning": Text("warn", "attn"),
    "failed": Text("FAIL", "ÉCHEC"),
}
_FRENCH: Final = {
    "address": "adresse", "bridge": "pont", "certificate": "certificat", "clock": "horloge",
    "converter": "conversion", "data": "données", "disk": "disque", "firewall": "pare-feu",
    "home_broker": "maison", "network": "réseau", "parts": "parties", "player": "lecteur",
    "players": "lecteurs", "settings": "réglages", "wifi": "Wi-Fi", "vpn": "VPN",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome of one check.

    Attributes:
        what: what was checked: a word for programs.
        result: ``ok``, ``note`` (it cannot be checked from here), ``warning`` or ``failed``.
        found: the finding.
        remedy: what to do; None if nothing.
    """

    what: str
    result: Result
    found: Text
    remedy: Text | None = None


def good(what: str, found: str | Text) -> Finding:
    """Return a check that passed."""
    return Finding(what, "ok", _text(found))


def note(what: str, found: Text, remedy: Text) -> Finding:
    """Return what cannot be checked from here."""
    return Finding(what, "note", found, remedy)


def bad(what: str, found: str | Text, remedy: Text) -> Finding:
    """Return a check that failed."""
    return Finding(what, "failed", _text(found), remedy)


def doubtful(what: str, found: str | Text, remedy: Text) -> Finding:
    """Return a check that passed with a warning."""
    return Finding(what, "warning", _text(found), remedy)


def as_text(findings: Iterable[Finding], language: Language) -> str:
    """Return the findings as text."""
    lines = []
    for each in findings:
        what = _FRENCH.get(each.what, each.what) if language == "fr" else each.what
        mark = _MARKS[each.result].of(language)
        lines.append(f"{mark:<5} {what:<11} {one_line(each.found.of(language))}")
        if each.remedy is not None:
            lines.append(f"                  → {one_line(each.remedy.of(language))}")
    return "\n".join(lines)


def as_json(findings: Iterable[Finding], language: Language) -> str:
    """Return the findings as JSON: ``what`` and ``result`` are the same in every language."""
    return json.dumps(
        [
            {
                "what": each.what,
                "result": each.result,
                "found": each.found.of(language),
                "remedy": each.remedy.of(language) if each.remedy else "",
            }
            for each in findings
        ],
        ensure_ascii=False,
    )


def _text(found: str | Text) -> Text:
    """Return a text that is the same in every language as one."""
    return Text(found, found) if isinstance(found, str) else found
