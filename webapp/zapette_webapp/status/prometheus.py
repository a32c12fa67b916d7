"""The text format of Prometheus (version 0.0.4); no I/O."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Sample:
    """One figure of a family; `suffix` is for histograms: ``_bucket``, ``_sum``, ``_count``."""

    value: float
    labels: Labels = field(default_factory=dict)
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class Family:
    """All figures of one name.

    Attributes:
        name: ``[a-zA-Z_:][a-zA-Z0-9_:]*``; a counter's ends in ``_total``.
        kind: ``counter``, ``gauge`` or ``histogram``.
        meaning: one line.
        samples: the figures.
    """

    name: str
    kind: str
    meaning: str
    samples: list[Sample]


def family(name: str, kind: str, meaning: str, value: float) -> Family:
    """Return a family of a single figure."""
    return Family(name, kind, meaning, [Sample(value)])


def render(families: Iterable[Family]) -> str:
    """Return the families in the text format."""
    lines = []
    for it in families:
        lines.append(f"# HELP {it.name} {_escaped(it.meaning)}")
        lines.append(f"# TYPE {it.name} {it.kind}")
        lines += [f"{it.name}{one.suffix}{_labels(one.labels)} {_number(one.value)}"
                  for one in it.samples]  # fmt: skip
    return "\n".join(lines) + "\n"


def _labels(labels: Labels) -> str:
    if not labels:
        return ""
    pairs = (f'{name}="{_escaped(value, quotes=True)}"' for name, value in labels.items())
    return "{" + ",".join(pairs) + "}"


def _escaped(text: str, *, quotes: bool = False) -> str:
    plain = text.replace("\\", "\\\\").replace("\n", "\\n")
    return plain.replace('"', '\\"') if quotes else plain


def _number(value: float) -> str:
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return str(int(value)) if value == int(value) else repr(value)
