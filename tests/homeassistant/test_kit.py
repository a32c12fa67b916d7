"""The tests that run in Home Assistant's own Python and test kit, on each kind of broker."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.homeassistant import python
from tests.mosquitto import Mosquitto
from tests.system import System
from zapette.url import BrokerUrl

KIT = Path(__file__).parent / "kit"


@pytest.fixture(params=["ours", "mosquitto"])
def broker(request: pytest.FixtureRequest, system: System, tmp_path: Path) -> Iterator[BrokerUrl]:
    if request.param == "ours":
        yield system.household()
        return
    mosquitto = Mosquitto(tmp_path).start()
    yield mosquitto.url
    mosquitto.stop()


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    found = python.find()
    assert found is not None
    return subprocess.run(
        [found, "-m", *arguments],
        cwd=python.ROOT,
        env=python.environment() | environment,
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.mark.timeout(300)
def test_in_the_test_kit(broker: BrokerUrl) -> None:
    account = f"{broker.username or 'home'}:{broker.password or 'any'}"
    done = run(
        "pytest", "-q", "-c", str(KIT / "pytest.ini"), "--rootdir", str(KIT), str(KIT),
        ZAPETTE_KIT_BROKER=f"mqtt://{account}@{broker.host}:{broker.port}",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-10000:] + done.stderr[-2000:]
    assert " passed" in done.stdout


@pytest.mark.timeout(300)
def test_types() -> None:
    done = run(
        "mypy", "--strict", "--implicit-reexport", "--config-file", os.devnull,
        "--cache-dir", os.devnull, "custom_components/zapette",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-10000:] + done.stderr[-2000:]
