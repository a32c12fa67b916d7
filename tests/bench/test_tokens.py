"""The benchmark of tokens works, in a moment."""

from __future__ import annotations

from pathlib import Path

from tests.bench.run import measured


def test_tokens_of_players_and_phones_are_counted(tmp_path: Path) -> None:
    said, kept = measured(tmp_path, "tokens", "--seconds", "0.5", "--threads", "2")
    players, phones = kept["tokens_per_s"]["players"], kept["tokens_per_s"]["phones"]
    assert min(players, phones) > 1
    assert said == f"players: {players:.0f} tokens/s\nphones: {phones:.0f} tokens/s\n"
