"""The headers by which the tests' clients show that they were let into the library."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path
from typing import Final

HEADERS: Final = frozenset({"Authorization", "Cookie"})
"""The headers by which a client can prove it."""


def basic(name: str, password: str) -> dict[str, str]:
    """Return the header of a household account."""
    return {"Authorization": f"Basic {b64encode(f'{name}:{password}'.encode()).decode()}"}


def household(data: Path) -> dict[str, str]:
    """Return the header of the account ``home`` of a data folder."""
    return basic("home", (data / "home-password").read_text().strip())


def lines(headers: dict[str, str]) -> str:
    """Return headers as they stand in a request that is written by hand."""
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items())
