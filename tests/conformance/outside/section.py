"""The section of the conformance tables about third-party suites, from the recorded figures."""

from __future__ import annotations

from typing import Any, Final

from tests.conformance.outside import outcome
from tests.conformance.outside.choice import Choice, Difference
from tests.conformance.outside.sequences import NAME

_INTRODUCTION: Final = """\
## From outside

`python -m tests.conformance.outside` runs the tests that the authors of Mosquitto {release} wrote
for their own broker, on ours and on that Mosquitto. It downloads both from the Debian mirror that
apt uses into `.outside`; nothing of them is in this repository. A broker takes five to ten minutes.
The scripts run unchanged: each starts a program `src/mosquitto` and finds a stand-in that accepts
Mosquitto's options and settings and runs our broker (`tests/conformance/outside/stand_in.py`).

The scripts compare bytes where the standard leaves a choice. Therefore the stand-in announces
Mosquitto's limits in CONNACK, in Mosquitto's order, sends no reason strings, and omits the PUBREC
reason for "no subscribers"; and no script reads a store's file. Everything else is the broker as it
is. A script has three attempts (the suite's own runner allows six). `{name}` plays
sequences of packets, and stops at the first one in which a broker continues where it should close;
the runner then repeats it without that sequence, which counts as failed.

| | ours | mosquitto {release} |
|---|---|---|
{figures}

| not applicable | scripts |
|---|---|
{apart}

Scripts about settings that only Mosquitto has are not applicable to ours; Mosquitto passes them.
Every defect that the suite found in our broker is fixed. The remaining differences, and who is
right:

| | difference | scripts | cases |
|---|---|---|---|
{differences}

`python -m tests.conformance.outside.paho` does the same with Paho's tests of MQTT 5, client and
broker together, from the source distribution of the installed release (2.2.0: 22 of 24 tests
pass; its authors expect one to fail, as it does; one is about a topic that only Paho's reference
broker refuses).
"""


def render() -> str:
    """Return the section."""
    data, choice = outcome.read(), Choice.read()
    return _INTRODUCTION.format(
        release=data["release"],
        name=NAME,
        figures="\n".join(figures()),
        apart="\n".join(f"| {why} | {count} |" for why, count in data["ours"]["apart"].items()),
        differences="\n".join(_difference(entry, data) for entry in choice.differences),
    )


def figures() -> list[str]:
    """Return the rows of the table that compares both brokers."""
    data = outcome.read()
    ours, mosquitto = data["ours"], data["mosquitto"]
    rows = {
        "scripts that passed": lambda of: of["passed"],
        "scripts that differ": lambda of: len(of["failed"]),
        "scripts not applicable": lambda of: sum(of["apart"].values()),
        f"cases of `{NAME}` that passed": _passed_cases,
    }
    return [f"| {name} | {show(ours)} | {show(mosquitto)} |" for name, show in rows.items()]


def _passed_cases(of: dict[str, Any]) -> str:
    return f"{of['cases'] - sum(of['cases_failed'].values()):,} of {of['cases']:,}"


def _difference(entry: Difference, data: dict[str, Any]) -> str:
    scripts = ", ".join(f"`{name.removesuffix('.py')}`" for name in entry.scripts)
    cases = data[entry.server]["cases_failed"].get(entry.reason, "") if entry.cases else ""
    return f"| {entry.server} | {entry.reason} | {scripts} | {cases} |"
