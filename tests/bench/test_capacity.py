"""The model of what many screens need: it is arithmetic on measured figures."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.capacity import Habits, figures_of, main, need, wall, wall_of_database

FIGURES = {
    "cpu_us_per_call": 100.0,
    "cpu_us_per_delivery": 40.0,
    "kib_per_client": 100.0,
    "connections_per_s": 500.0,
}
BACK = "s until the clients of a lost node are back, after the election"


def test_messages_cores_and_memory_follow_from_the_habits() -> None:
    habits = Habits(phones=0.5, calls=0.1, states=0.2, arrivals=0.0, token_lifetime=1500.0)
    found = need(1000, FIGURES, habits)
    # 50 calls of four messages; 200 states, each to half a phone
    expected = {
        "connections": 1500,
        "messages a second": 4 * 50 + 200 + 100,
        "cores for the messages": 50 * 100e-6 + 300 * 40e-6,
        "memory of the connections, GiB": 1500 * 100 / 2**20,
        "tokens a second": 1.0,
        "database rows a second": 3.0,
        BACK: 1.0,
    }
    assert {it: found[it] for it in expected} == pytest.approx(expected)


def test_one_node_more_than_the_load_needs() -> None:
    found = need(1000, FIGURES, Habits())
    assert found["nodes of 8 cores and 16 GiB, half used"] == 3
    # 480,000 clients of 100 KiB are 45.8 GiB, of which a node takes 8
    found = need(400_000, FIGURES, Habits())
    assert found["nodes of 8 cores and 16 GiB, half used"] == 7


def test_the_wall_is_where_the_clients_of_a_lost_node_take_too_long() -> None:
    screens = wall(FIGURES, Habits())
    found = need(round(screens), FIGURES, Habits())
    assert found[BACK] == pytest.approx(5.0, rel=1e-3)


def test_the_database_is_full_where_screens_need_its_rate() -> None:
    screens = wall_of_database(100.0, Habits())
    assert need(round(screens), FIGURES, Habits())["tokens a second"] == pytest.approx(
        100.0, rel=1e-3
    )


def test_reads_what_the_benchmark_writes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    medians = {
        "calls": {"cpu_us_per_call": 100.0},
        "latency": {"cpu_us_per_call": 300.0},
        "fan_out": {"cpu_us_per_delivery": 40.0},
        "memory": {"kib_per_client": 100.0},
        "connections": {"connections_per_s": 500.0},
    }
    cases = [{"server": "nats3", "measure": it, "median": medians[it]} for it in medians]
    file = tmp_path / "results.json"
    file.write_text(json.dumps({"cases": cases}))
    main([str(file)])
    said = capsys.readouterr().out
    assert "| connections | 12,000 | 120,000 | 1,200,000 |" in said
    assert said.endswith(
        "connecting: 6,250 screens on three nodes\nWall of the database: 59,016 screens\n"
    )
    assert figures_of(json.loads(file.read_text()), "nats3") == FIGURES
    with pytest.raises(KeyError, match="cpu_us_per_call"):
        main([str(file), "--server", "ours"])
