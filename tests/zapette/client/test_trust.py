"""A broker with a certificate of the home's own: ``ca_file``, by every way it can be given."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.broker.certificates import make_certificate
from tests.programs.mosquitto import Mosquitto
from zapette import Application
from zapette.errors import SettingsError, Unavailable


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trust")
    for name in ("good", "other"):
        make_certificate(folder, name)
    (folder / "no.pem").write_text("this is no certificate")
    return folder


@pytest.fixture(scope="module")
def url(folder: Path) -> Iterator[str]:
    lines = [f"certfile {folder}/good.pem", f"keyfile {folder}/good.key"]
    broker = Mosquitto(folder, lines=lines).start()
    yield f"mqtts://127.0.0.1:{broker.port}"
    broker.stop()


def start(url: str, ca_file: Path | None = None) -> None:
    application = Application(url=url, ca_file=ca_file, base_topic="zapette")
    try:
        application.start(20)
    finally:
        application.stop()


def test_in_python(url: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    start(url, folder / "good.pem")
    monkeypatch.setenv("ZAPETTE_CA_FILE", str(folder / "good.pem"))
    start(url)
    with pytest.raises(Unavailable, match="its certificate is not trusted"):
        start(url, folder / "other.pem")
    monkeypatch.setenv("ZAPETTE_CA_FILE", "")
    with pytest.raises(Unavailable, match=r"certificate is not trusted.*; set ca_file .ZAPETTE_CA"):
        start(url)


def test_a_file_that_holds_none(url: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Unavailable, match=r"ca_file .*no\.pem: it contains no certificate"):
        start(url, folder / "no.pem")
    with pytest.raises(Unavailable, match=r"ca_file .*none\.pem: No such file"):
        start(url, folder / "none.pem")
    monkeypatch.setenv("ZAPETTE_CA_FILE", str(folder / "none.pem"))
    with pytest.raises(
        SettingsError, match=r"ca_file in the environment: there is no file .*none\.pem"
    ):
        start(url)


def test_a_name_that_the_certificate_does_not_have(url: str, folder: Path) -> None:
    """To trust another certificate would not help here."""
    with pytest.raises(Unavailable, match=r"not trusted.*mismatch") as caught:
        start(url.replace("127.0.0.1", "127.1"), folder / "good.pem")
    assert "ca_file" not in str(caught.value)


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [
        ("players",),
        ("services",),
        ("call", "x", "y"),
        ("command", "x", "y"),
        ("watch",),
        ("doctor",),
    ],
    ids=" ".join,
)
def test_in_commands(url: str, folder: Path, command: tuple[str, ...]) -> None:
    def said(*options: str) -> str:
        program = [sys.executable, "-m", "zapette_cli", *command, "--url", url, "--timeout", "5"]
        if command == ("watch",):
            # nobody is there: it would wait
            program.append("nobody")
        ended = subprocess.run(
            [*program, *options], capture_output=True, text=True, timeout=100, check=False
        )
        assert "Traceback" not in ended.stderr
        return ended.stdout + ended.stderr

    refused = said()
    assert "not trusted" in refused
    assert "--ca-file" in refused
    assert "not trusted" not in said("--ca-file", str(folder / "good.pem"))
