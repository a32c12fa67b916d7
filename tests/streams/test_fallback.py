"""An encoder that worked when it was tried, and fails while a film is watched."""

from __future__ import annotations

import itertools
import os
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.programs.system import System
from tests.streams.player import taken
from tests.waiting import eventually
from zapette_webapp.media.encoders import candidates

NVENC = next(candidates([]))
FRAMES = 120
# Stands for a card: other parameters than those of software, and an end within the third part.
CARD = f"""#!{sys.executable}
import os, subprocess, sys
real, given, own = {shutil.which("ffmpeg")!r}, sys.argv[1:], {list(NVENC.arguments)!r}
if {NVENC.name!r} not in given:
    os.execv(real, [real, *given])
at = given.index({NVENC.name!r})
given[at:at + 1 + len(own)] = ["libx264", "-preset", "ultrafast"]
if "pipe:1" not in given:
    os.execv(real, [real, *given])
subprocess.call([real, *given[:-1], "-frames:v", "{FRAMES}", given[-1]])
sys.exit("the card is gone")
"""


@pytest.fixture
def card(new_system: Callable[..., System], films: Path, tmp_path: Path) -> System:
    """A system with a card that works until `FRAMES` frames are made."""
    program = tmp_path / "bin" / "ffmpeg"
    program.parent.mkdir()
    program.write_text(CARD)
    program.chmod(0o755)
    path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
    return new_system(ZAPETTE_MEDIA_DIR=str(films), PATH=path)


def test_software_goes_on_at_the_same_place(card: System) -> None:
    eventually(
        lambda: (
            f'zapette_encoder_info{{encoder="{NVENC.name}"}}' in card.get("metrics").body.decode()
        ),
        "the card was tried",
    )
    for film in ("h264.mkv", "hevc.mkv"):
        track = taken(card, f"{film}/h264-none", "video")
        bounds = track.bounds
        assert bounds[0][0] == pytest.approx(0, abs=0.03)
        for (_, end), (start, _) in itertools.pairwise(bounds):
            assert start == pytest.approx(end, abs=0.03)
        # the beginning is what the card made, and the whole is decoded with that alone
        profiles = [re.findall(rb"\x67(.)", it)[0] for it in (track.init, track.parts[0])]
        assert profiles == [b"\x42", b"\x42"]
        assert re.findall(rb"\x67(.)", track.parts[-1])[0] == b"\x64"
        flashes = track.starts(range(len(track.parts)))
        assert flashes == pytest.approx([1.4, 3.4, 5.4, 7.4], abs=0.05)
    assert card.log.count(f"converting with {NVENC.name} failed: the card is gone") == 1
