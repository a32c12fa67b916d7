"""The compose file, as far as it can be checked without an engine."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import yaml

from zapette_server.places import ROOT


def test_compose_file_is_valid() -> None:
    tool = shutil.which("docker-compose")
    assert tool is not None, "docker-compose is needed; scripts/system-packages.sh says how"
    given = os.environ | {"ZAPETTE_PUBLIC_URL": "http://192.168.1.5:8000/"}
    checked = subprocess.run(
        [tool, "--file", str(ROOT / "docker-compose.yml"), "config"],
        env=given, capture_output=True, text=True,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stderr
    services = yaml.safe_load(checked.stdout)["services"]
    assert set(services) == {"zapette", "mosquitto", "homeassistant"}
    assert services["mosquitto"]["profiles"] == ["mosquitto"]
    assert services["homeassistant"]["profiles"] == ["homeassistant"]
    assert services["zapette"]["environment"]["ZAPETTE_PUBLIC_URL"] == given["ZAPETTE_PUBLIC_URL"]


def test_the_image_has_what_the_command_needs() -> None:
    copied = (ROOT / "Dockerfile").read_text()
    locks = ("requirements.lock", "requirements-ffmpeg.lock")
    for file in (*locks, "static/package-lock.json", "pyproject.toml"):
        assert (ROOT / file).exists()
    assert f"--require-hashes -r {locks[0]} -r {locks[1]}" in copied
    assert "npm run build" in copied
    assert "COPY --from=pages /static/dist static/dist" in copied
    assert Path(ROOT / ".dockerignore").read_text().split()[:2] == [".git", ".venv"]
