"""The bench of the pages runs and measures what it says, here with tiny counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench.run import measured


@pytest.mark.long
def test_all_is_measured(tmp_path: Path) -> None:
    counts = ["--taps", "12", "--calls", "12", "--loads", "1", "--turns", "2"]
    shown, document = measured(tmp_path, "pages", *counts, "--without-seed", timeout=110)
    figures, weights = document["milliseconds"], document["weights"]
    assert figures.keys() == {"ours", "floor"}
    for name, one in figures.items():
        for way in ("tap", "press"):
            to_video, to_button = (one[f"{way} to {end}"] for end in ("video", "button"))
            assert len(to_video) == len(to_button) == 12
            for video, button in zip(to_video, to_button, strict=True):
                # the clocks of two renderers may be a little apart
                assert 0 < video < button + 2 < 10_000
        assert len(one["call"]) == 12
        assert all(0 < it < 10_000 for it in one["call"])
        cold, warm = one["remote live, empty cache"], one["remote live, opened again"]
        assert len(cold) == len(warm) == 2
        assert all(0 < it < 30_000 for it in (*cold, *warm))
        assert weights[f"{name}: remote"]["wire"] > 0
        assert (f"{name}: player" in weights) == (name == "ours")
    for weight in weights.values():
        assert weight["requests"] >= 1
    assert weights["ours: remote"]["unpacked"] > 100_000
    titles = ("tap to video, p50", "press to button, p99", "remote live", "page weight")
    for line in titles:
        assert line in shown
