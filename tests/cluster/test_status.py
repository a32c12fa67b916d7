"""``zapette cluster status`` on three nodes, of which one dies."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.programs.nats_cluster import SystemOnNats
from tests.programs.ports import free_port
from tests.waiting import eventually
from tests.webapp.test_metrics import figures

pytestmark = pytest.mark.long


def status(on_nats: SystemOnNats, language: str = "C") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "zapette_cli", "cluster", "status"],
        env=on_nats.environment | {"LC_ALL": language},
        capture_output=True,
        text=True,
        timeout=60,
    )


def informed(on_nats: SystemOnNats) -> list[float]:
    """Return for each node whether it knows what is revoked, by the metrics."""
    found = figures(on_nats).items()
    return sorted(value for name, value in found if name.startswith("zapette_node_informed{"))


def ended_with(
    on_nats: SystemOnNats, code: int, language: str = "C"
) -> subprocess.CompletedProcess[str]:
    """Ask until the command ends with this code; return what it said then."""
    said: list[subprocess.CompletedProcess[str]] = []

    def ends() -> bool:
        said.append(status(on_nats, language))
        return said[-1].returncode == code

    eventually(ends, f"it ends with {code}", 60)
    return said[-1]


def test_all_is_well_until_a_node_dies(on_nats: SystemOnNats) -> None:
    well = ended_with(on_nats, 0)
    assert well.stderr == ""
    lines = well.stdout.splitlines()
    assert [it.partition(":")[0] for it in lines[:3]] == ["node-1", "node-2", "node-3"]
    assert sum("meta" in it for it in lines) == 1
    assert lines[3].startswith("web side ")
    assert lines[3].endswith("connected to 3 nodes")
    eventually(lambda: informed(on_nats) == [1, 1, 1], "all are informed")
    with on_nats.cluster.without(2):
        bad = ended_with(on_nats, 1, "fr_FR.UTF-8")
        assert "ne répond pas" in bad.stdout
        assert "Tout va bien" not in bad.stdout
        eventually(lambda: informed(on_nats) == [0, 1, 1], "one is missing")
    ended_with(on_nats, 0)
    eventually(lambda: informed(on_nats) == [1, 1, 1], "it is informed again")


def test_the_database_cannot_be_reached(on_nats: SystemOnNats) -> None:
    nothing = {"ZAPETTE_DATABASE": f"postgresql://zapette@127.0.0.1:{free_port()}/zapette"}
    asked = subprocess.run(
        [sys.executable, "-m", "zapette_cli", "cluster", "status"],
        env=on_nats.environment | nothing,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert asked.returncode == 1
    assert "\ndatabase: it cannot be reached (connection to server at " in asked.stdout
    assert "refused)\n" in asked.stdout


def test_without_a_cluster(on_nats: SystemOnNats) -> None:
    asked = subprocess.run(
        [sys.executable, "-m", "zapette_cli", "cluster", "status"],
        env=on_nats.environment | {"ZAPETTE_BROKER_KIND": "embedded"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert asked.returncode == 2
    assert "there is no cluster" in asked.stderr
