"""Files that can be made again leave room on the disk."""

from __future__ import annotations

import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from zapette_webapp.media.spare_room import RESERVE, has_room

Usage = namedtuple("Usage", "total used free")


@pytest.mark.parametrize(
    ("total", "free", "size", "fits"),
    [
        (1 << 40, RESERVE + 10, 10, True),
        (1 << 40, RESERVE + 10, 11, False),
        (1000, 110, 10, True),
        (1000, 110, 11, False),
        # a file system that does not say how large it is
        (0, 0, 1 << 30, True),
    ],
)
def test_room(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, total: int, free: int, size: int, fits: bool
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(total, total - free, free))
    assert has_room(tmp_path, size) is fits
