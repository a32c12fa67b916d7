"""The benchmark of films counts answers, and no refusals: each client may ask at a rate only."""

from __future__ import annotations

import pytest

from bench import media
from tests.programs.system import System


def test_calls_come_from_many_clients(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media, "SECONDS", 0.5)
    monkeypatch.setattr(media, "CALLS_OF_CLIENT", 1)
    assert len(media.calls(system.http_port, system.proof)) > 1


def test_a_refusal_is_no_figure(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media, "CALLS", ("/api/none",))
    with pytest.raises(RuntimeError, match="/api/none: 404"):
        media.calls(system.http_port, system.proof)
