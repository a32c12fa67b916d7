"""The tables of the protocol's pages say what the vectors say, no less and no more."""

from __future__ import annotations

import json
from typing import Any

from tests.contract.vector_files import vectors
from tests.documents.blocks import DOCUMENTS, blocks, quoted, tables

PAGE = DOCUMENTS / "protocol.md"
NUMBERS = {1: "one", 5: "five", 10: "ten"}

PROCEDURES = vectors("procedures")
STATE = vectors("state")


def as_written(words: str) -> str:
    """Return a type of ``state.json`` as the page writes it."""
    kind = words.removesuffix(" or null")
    ends = ["`null`"] if kind != words else []
    if kind.startswith("one of "):
        choices = [f"`{it}`" for it in kind.removeprefix("one of ").split(", ")]
        return any_of([*choices, *ends])
    return any_of([kind, *ends])


def any_of(texts: list[str]) -> str:
    *others, last = texts
    return f"{', '.join(others)} or {last}" if others else last


def parameter(declared: dict[str, Any]) -> str:
    """Return a parameter of ``procedures.json`` as the page writes it."""
    least, most = declared.get("least"), declared.get("most")
    span = f"{least}\N{EN DASH}{most}"
    if isinstance(least, int | float) and least < 0:
        span = f"\N{MINUS SIGN}{-least} to {most}"
    takes = {
        "whole": "a whole number",
        "boolean": "`true` or `false`",
        "track": "the id of a track, or `null`",
        "texts": f"up to {most} texts",
        "text": f"{span} characters",
        "choice": any_of([f"`{it}`" for it in declared.get("choices", [""])]),
        "number": span if most is not None else f"{least} or more",
    }[declared["type"]]
    if declared["type"] == "number" and least is None:
        takes = "any number"
    default = declared.get("default", "")
    ending = {None: " (optional)", "": ""}.get(default, f" ({default})")
    return f"`{declared['name']}` {takes}{ending}"


def test_the_topics() -> None:
    ((*of_players, server, discovery),) = tables(PAGE, "Topics")
    assert {
        quoted(topic)[0].removeprefix("P/"): {
            "retained": {"yes": True, "no": False}[retained],
            "qos": [int(level) for level in qos.split(", ")],
        }
        for topic, _, retained, qos, _ in of_players
    } == vectors("topics")["messages"]
    assert server[2:4] == discovery[2:4] == ["yes", "1"]


def test_the_events() -> None:
    (rows,) = tables(PAGE, "Events")
    told = {event: set(quoted(members)) for events, members in rows for event in quoted(events)}
    assert told == {event: set(it) for event, it in vectors("events")["events"].items()}


def test_the_errors() -> None:
    (rows,) = tables(PAGE, "Errors")
    codes = vectors("errors")
    assert [quoted(row[0]) for row in rows] == [*([it] for it in codes["callee"]), codes["caller"]]
    (reasons,) = [when for code, when in rows if code == "`media_error`"]
    assert quoted(reasons) == ["reason", *codes["media_error"]]


def test_the_errors_over_http() -> None:
    (rows,) = tables(DOCUMENTS / "http-api.md", "Errors")
    told = {quoted(code)[0]: [int(it) for it in statuses.split(", ")] for code, statuses, _ in rows}
    assert told == vectors("errors")["http"]
    assert len(told) == len(rows)


def test_the_procedures() -> None:
    (rows,) = tables(PAGE, "Procedures of a player")
    told = [(name, parameters) for names, parameters, _ in rows for name in quoted(names)]
    assert dict(told) == {
        name: "; ".join(map(parameter, declared["parameters"]))
        for name, declared in PROCEDURES["player"].items()
    }
    assert len(told) == len(dict(told))


def test_what_procedures_answer() -> None:
    others = {name for name, it in PROCEDURES["player"].items() if it["answers"] != "state"}
    assert all(PROCEDURES["player"][name]["answers"] == name for name in others)
    _, _, section = PAGE.read_text().partition("## Procedures of a player\n")
    introduction = section.partition("|")[0].partition("[state](#the-state)")[2]
    assert set(quoted(introduction)) == others


def test_the_procedures_that_load() -> None:
    _, _, told = PAGE.read_text().partition("for the response to ")
    loading = [name for name, it in PROCEDURES["player"].items() if it.get("loads")]
    assert quoted(told.partition(":")[0]) == loading


def test_other_procedures() -> None:
    (rows,) = tables(PAGE, "Other procedures")
    told: dict[str, dict[str, list[str]]] = {}
    for callee, procedure, _ in rows:
        name, *parameters = quoted(procedure)
        told.setdefault((quoted(callee) or [""])[0], {})[name] = parameters
    assert told == {
        "zapette/server": PROCEDURES["server"],
        **{f"zapette/services/{name}": it for name, it in PROCEDURES["services"].items()},
        "": PROCEDURES["every_service"],
    }


def test_the_library() -> None:
    (rows, *_) = tables(DOCUMENTS / "library-api.md", "The library")
    told = [name for names, *_ in rows for name in quoted(names)]
    assert sorted(told) == sorted(PROCEDURES["server"]["library"])


def test_the_state() -> None:
    fields, objects = tables(PAGE, "The state")
    told = [(name, kind) for names, kind, _ in fields for name in quoted(names)]
    assert sorted(told) == sorted((name, as_written(it)) for name, it in STATE["state"].items())
    assert {name: members.split("; ") for name, members in objects} == {
        name: [
            f"`{field}` {as_written(words)}"
            + (" (optional)" if field in STATE["optional"].get(name, []) else "")
            for field, words in members.items()
        ]
        for name, members in STATE["objects"].items()
    }


def test_why_a_medium_comes_as_it_does() -> None:
    _, _, told = PAGE.read_text().partition("- `stream.reason` says why: ")
    reasons = set(quoted(told.partition("`speed`")[0])) - {"codec", "stream"}
    assert reasons == set(STATE["stream_reasons"])


def test_the_example_of_a_state() -> None:
    (example,) = [json.loads(it.text) for it in blocks(PAGE) if it.heading == "The state"]
    assert list(example) == list(STATE["state"])
    for name in ("queue", "subtitles"):
        assert list(example[name]) == list(STATE["objects"][name])
    assert list(example["audio"]) == list(STATE["objects"]["tracks"])
    assert set(example["can"]) <= set(PROCEDURES["player"])


def test_the_rights() -> None:
    (rows,) = tables(PAGE, "Rights")
    told = {
        role: {"publish": publish, "retain": retain, "subscribe": subscribe}
        for roles, *cells in rows
        for role in roles.split(", ")
        for publish, retain, subscribe in [[sorted(quoted(cell)) for cell in cells]]
    }
    names = {"P": "P", "S": "zapette/server", "me": "<client id>"}
    rights = {role: it for role, it in vectors("rights").items() if role != "description"}
    assert told == {
        role: {
            action: sorted(topic.format(**names) for topic in topics)
            for action, topics in rules.items()
        }
        for role, rules in rights.items()
    }


def test_the_sizes_and_times() -> None:
    pages = [DOCUMENTS / "library-api.md", PAGE]
    text = " ".join(" ".join(page.read_text() for page in pages).split())
    limits = {name: it for name, it in vectors("limits").items() if name != "description"}
    resumed = limits["resumed_seconds"] // 60
    told = {
        "parameters_bytes": f"is over {limits['parameters_bytes'] >> 10} KiB",
        "queue_items": f"The queue holds {limits['queue_items']} items",
        "watched": f"`watched` lists at most {limits['watched']} sources",
        "chapters": f"at most {limits['chapters']} chapters",
        "chapter_title": f"titles of at most {limits['chapter_title']} characters",
        "library_entries": f"from 0; 1 to {limits['library_entries']}, default",
        "call_expiry_seconds": f"message expiry of {NUMBERS[limits['call_expiry_seconds']]} second",
        "states_per_second": f"at most {NUMBERS[limits['states_per_second']]} times a second",
        "loading_seconds": f"Wait up to {limits['loading_seconds']} s for the response",
        "doubtful_seconds": f"takes {NUMBERS[limits['doubtful_seconds']]} second or longer",
        "resumed_seconds": f"a film of {NUMBERS[resumed]} minutes or more resumes",
    }
    assert told.keys() == limits.keys()
    assert [words for words in told.values() if words not in text] == []
