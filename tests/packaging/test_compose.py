"""The compose file and the image, as far as they can be checked without an engine."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

import pytest
import yaml

from tests.programs.fronts import Tls
from tests.programs.system import System
from zapette_server.paths import ROOT


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
    assert services["zapette"]["read_only"] is True
    assert services["zapette"]["cap_drop"] == ["ALL"]
    assert services["zapette"]["environment"]["ZAPETTE_MDNS"] == "false"
    assert services["zapette"]["environment"]["ZAPETTE_PUBLIC_URL"] == given["ZAPETTE_PUBLIC_URL"]


def stages() -> list[str]:
    """Return the text of each stage of the image, with joined lines."""
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", "")
    return [f"FROM {each}" for each in text.split("\nFROM ")[1:]]


def test_the_image_has_what_the_command_needs() -> None:
    _, installed, last = stages()
    locks = ("requirements.lock", "requirements-ffmpeg.lock")
    for file in (*locks, "static/package-lock.json", "pyproject.toml"):
        assert (ROOT / file).exists()
    assert f"--require-hashes -r {locks[0]} -r {locks[1]}" in installed
    assert "COPY --from=pages /static/dist static/dist" in installed
    for folder in ("broker", "zapette", "."):
        assert (ROOT / folder / "pyproject.toml").exists()
    # only what is installed gets into the image: no source, no cache, no secret
    assert [line for line in last.splitlines() if line.startswith(("COPY", "ADD", "ARG"))] == [
        "COPY --from=installed /opt/zapette /opt/zapette"
    ]
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert {".git", ".venv", "data", "static/node_modules"} <= set(ignored)


def ignored(path: str) -> bool:
    """Tell whether `.dockerignore` leaves a file out: a line names it or a folder above it."""
    above = [*PurePosixPath(path).parents][:-1]
    return any(
        fnmatchcase(str(each), pattern) or (pattern.startswith("**/") and each.name == pattern[3:])
        for pattern in (ROOT / ".dockerignore").read_text().split()
        for each in (PurePosixPath(path), *above)
    )


@pytest.mark.slow
def test_each_stage_finds_what_it_copies(tmp_path: Path) -> None:
    """The stages by hand, without an engine: from what the engine would be sent."""
    tracked = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    sent = tmp_path / "sent"
    for name in filter(None, tracked.stdout.split("\0")):
        if not ignored(name) and (ROOT / name).is_file():
            (sent / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, sent / name)
    assert not (sent / "tests").exists()
    pages, installed, _ = stages()
    for stage in (pages, installed):
        for line in re.findall(r"^COPY (?!--from)(.+)$", stage, re.MULTILINE):
            *sources, _ = line.split()
            for source in sources:
                assert (sent / source).exists(), f"COPY {line}"
    # the pages, with the packages that npm brought for the tests
    (sent / "static/node_modules").symlink_to(ROOT / "static/node_modules")
    npm = [str(ROOT / "scripts/npm.sh"), "--prefix", str(sent / "static"), "--silent"]
    subprocess.run([*npm, "run", "build"], check=True)
    (sent / "static/node_modules").unlink()
    # and what pip installs, in a folder of its own
    (install,) = re.findall(r"^RUN ZAPETTE_PAGES=built \S+/pip (.+)$", installed, re.MULTILINE)
    pip = [sys.executable, "-m", "pip", *install.split(), "--target", str(tmp_path / "image")]
    given = os.environ | {"ZAPETTE_PAGES": "built", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    done = subprocess.run(pip, cwd=sent, env=given, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    check = "import zapette_webapp, zapette_broker, zapette; print(zapette_webapp.__file__)"
    path = {"PYTHONPATH": str(tmp_path / "image")}
    done = subprocess.run(
        [sys.executable, "-c", check], cwd=tmp_path, env=os.environ | path, capture_output=True,
        text=True,
    )  # fmt: skip
    assert done.stdout.startswith(str(tmp_path / "image")), done.stderr
    assert list((tmp_path / "image").rglob("player.html"))


def test_the_image_runs_without_rights_and_says_how_it_is() -> None:
    last = stages()[-1]
    words = [line.split()[0] for line in last.splitlines() if line[:1].isupper()]
    assert words.index("USER") < words.index("HEALTHCHECK") < words.index("CMD")
    assert "USER zapette" in last


@pytest.mark.parametrize("is_tls", [False, True])
def test_the_health_check_of_the_image(tmp_path: Path, is_tls: bool) -> None:
    (found,) = re.findall(r"HEALTHCHECK .*CMD (\[.*\])", stages()[-1])
    check = [sys.executable, *json.loads(found)[1:]]
    system = System(tmp_path)
    if is_tls:
        system.front = Tls(system.http_port)
        system.settings |= system.front.settings
    with system:
        assert subprocess.run(check, env=system.environment, timeout=30).returncode == 0
    assert subprocess.run(check, env=system.environment, timeout=30).returncode == 1
