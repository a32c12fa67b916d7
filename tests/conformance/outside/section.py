"""The section of docs/conformance.md about the suite from outside, from the figures kept."""

from __future__ import annotations

from typing import Any, Final

from tests.conformance.outside import outcome
from tests.conformance.outside.choice import Choice, Difference
from tests.conformance.outside.sequences import NAME

_INTRODUCTION: Final = """\
## From outside

`python -m tests.conformance.outside` runs the tests that Mosquitto's makers wrote for their own
broker, those of Mosquitto {release}, on ours, and for comparison on that Mosquitto. It fetches both
from the Debian mirror that apt uses into `.outside`, for nothing of them is in this repository, and
takes five to ten minutes for a broker. No script is changed: they start a program `src/mosquitto`,
and find one there that takes Mosquitto's options and settings and runs our broker
(`tests/conformance/outside/stand_in.py`).

They compare bytes where the standard leaves a choice. So the stand-in tells Mosquitto's limits in
CONNACK, in the order in which Mosquitto writes them, sends no reason strings, and does not say in
PUBREC that nobody wants a message; and no script looks into the file of a store. All else is the
broker as it is. A script has three attempts (the suite's own runner gives six). `{name}` plays
sequences of packets, and stops at the first in which a broker goes on where it should close; it is
run again without that one, which has failed.

| | ours | mosquitto {release} |
|---|---|---|
{figures}

| not applicable | scripts |
|---|---|
{apart}

Settings that only Mosquitto has are counted for ours; Mosquitto passes these scripts. What the
suite found wrong in our broker is mended. Where a broker still differs, and who is right:

| | what it does | scripts | cases |
|---|---|---|---|
{differences}

`python -m tests.conformance.outside.paho` does the same with Paho's tests of MQTT 5, client and
broker together, from the source distribution of the release that is installed (2.2.0, of 24 tests:
22 passed; one its authors expect to fail, as it does; one is about a topic that only Paho's
reference broker refuses).
"""


def render() -> str:
    """Return the section."""
    data, choice = outcome.read(), Choice.read()
    return _INTRODUCTION.format(
        release=data["release"],
        name=NAME,
        figures="\n".join(_figures(data["ours"], data["mosquitto"])),
        apart="\n".join(f"| {why} | {count} |" for why, count in data["ours"]["apart"].items()),
        differences="\n".join(_difference(entry, data) for entry in choice.differences),
    )


def _figures(ours: dict[str, Any], mosquitto: dict[str, Any]) -> list[str]:
    rows = {
        "scripts that passed": lambda of: of["passed"],
        "scripts that differ, explained below": lambda of: len(of["failed"]),
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
