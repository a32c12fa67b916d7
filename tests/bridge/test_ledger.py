"""What the bridge remembers of what it put on the home's broker."""

from __future__ import annotations

import logging
import stat
from pathlib import Path

import pytest

from zapette_bridge.ledger import Ledger


def test_it_lasts(tmp_path: Path) -> None:
    file = tmp_path / "bridge.json"
    ledger = Ledger(file, "mqtt://home")
    assert not file.exists()
    for topic in ("b", "a", "b"):
        ledger.add(topic)
    ledger.remove("none")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    again = Ledger(file, "mqtt://home")
    assert again.topics() == ["a", "b"]
    again.remove("a")
    assert Ledger(file, "mqtt://home").topics() == ["b"]
    assert "b" in again


def test_another_broker_is_another_matter(tmp_path: Path) -> None:
    Ledger(tmp_path / "bridge.json", "mqtt://old").add("a")
    assert Ledger(tmp_path / "bridge.json", "mqtt://new").topics() == []


@pytest.mark.parametrize("damaged", ["", "[]", '{"where": 1}', "\xff"])
def test_a_damaged_file_is_begun_anew(
    tmp_path: Path, damaged: str, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "bridge.json"
    file.write_text(damaged, encoding="latin-1")
    with caplog.at_level(logging.WARNING):
        ledger = Ledger(file, "here")
    assert ledger.topics() == []
    ledger.add("a")
    assert Ledger(file, "here").topics() == ["a"]
