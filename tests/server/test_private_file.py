"""Small files: whole or not at all, and for their owner only."""

from __future__ import annotations

from pathlib import Path

import pytest

from zapette_server.storage import private_file


@pytest.mark.parametrize("sync", [True, False])
def test_it_takes_the_place_of_what_was_there(tmp_path: Path, *, sync: bool) -> None:
    file = tmp_path / "kept"
    for text in ("first\n", "Küche\n"):
        private_file.write(file, text, sync=sync)
        assert file.read_text(encoding="utf-8") == text
        assert file.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [file]


def test_what_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    taken = tmp_path / "a folder"
    (taken / "in it").mkdir(parents=True)
    with pytest.raises(OSError, match="irectory"):
        private_file.write(taken, "text")
    assert list(tmp_path.iterdir()) == [taken]
