"""Conditions and ranges, against a model that was written from RFC 9110, and over the wire."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

import psutil
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.programs.system import System
from tests.sharing import sharing
from tests.waiting import eventually
from tests.webapp import raw
from zapette_webapp.http.responses.conditions_and_ranges import Selected, Verdict, judge

MODIFIED = 1_795_000_000
NOW = MODIFIED + 1000.0
TAG = '"a,b"'
FILM = Selected(TAG, MODIFIED, 100)


def date(seconds: int, form: str = "imf") -> str:
    moment = datetime.fromtimestamp(seconds, UTC)
    if form == "imf":
        return format_datetime(moment, usegmt=True)
    if form == "rfc850":
        return moment.strftime("%A, %d-%b-%y %H:%M:%S GMT")
    return moment.strftime("%a %b ") + f"{moment.day:2}" + moment.strftime(" %H:%M:%S %Y")


def verdict(status: int, start: int = 0, stop: int = 0) -> Verdict:
    return Verdict(HTTPStatus(status), start, stop)


WHOLE = verdict(200)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("bytes=0-", verdict(206, 0, 100)),
        ("bytes=0-0", verdict(206, 0, 1)),
        ("bytes=10-19", verdict(206, 10, 20)),
        ("bytes=10-1000", verdict(206, 10, 100)),
        ("bytes=99-", verdict(206, 99, 100)),
        ("bytes=-1", verdict(206, 99, 100)),
        ("bytes=-100", verdict(206, 0, 100)),
        ("bytes=-200", verdict(206, 0, 100)),
        ("bytes=-" + "9" * 6000, verdict(206, 0, 100)),
        ("bytes=0-" + "9" * 6000, verdict(206, 0, 100)),
        ("BYTES=0-9", verdict(206, 0, 10)),
        ("bytes=,0-9 ,\t,", verdict(206, 0, 10)),
        ("bytes=0-9,200-", verdict(206, 0, 10)),
        ("bytes=0-0,2-2", WHOLE),
        ("bytes=100-", verdict(416)),
        ("bytes=" + "9" * 6000 + "-", verdict(416)),
        ("bytes=200-300", verdict(416)),
        ("bytes=-0", verdict(416)),
        ("bytes=200-,-0", verdict(416)),
        ("items=0-3", WHOLE),
        ("bytes 0-3", WHOLE),
        ("bytes=", WHOLE),
        ("bytes=-", WHOLE),
        ("bytes=9-5", WHOLE),
        ("bytes=9-5,0-1", WHOLE),
        ("bytes=a-b", WHOLE),
        ("bytes=0-1x", WHOLE),
        ("bytes=+0-1", WHOLE),
        ("bytes=0 - 1", WHOLE),
        ("bytes=0-1;q=1", WHOLE),
        ("bytes=\u0660-\u0661", WHOLE),
        ("", WHOLE),
    ],
)
def test_ranges(wanted: str, expected: Verdict) -> None:
    assert judge("GET", {"Range": wanted}, FILM, NOW) == expected
    assert judge("HEAD", {"Range": wanted}, FILM, NOW) == WHOLE
    assert judge("GET", {"Range": wanted}, Selected(TAG, MODIFIED), NOW) == WHOLE


@pytest.mark.parametrize(
    ("wanted", "status"), [("0-", 416), ("-5", 200), ("-0", 416), ("5-9", 416)]
)
def test_ranges_of_what_is_empty(wanted: str, status: int) -> None:
    empty = Selected(TAG, MODIFIED, 0)
    assert judge("GET", {"Range": f"bytes={wanted}"}, empty, NOW).status == status


@pytest.mark.parametrize("form", ["imf", "rfc850", "asctime"])
def test_dates_in_every_form(form: str) -> None:
    for seconds in (MODIFIED - 86400 * 15, MODIFIED - 1, MODIFIED, MODIFIED + 1):
        expected = 304 if seconds >= MODIFIED else 200
        fields = {"If-Modified-Since": date(seconds, form)}
        assert judge("GET", fields, FILM, NOW).status == expected


def test_a_year_of_two_digits_that_is_far_away_is_past() -> None:
    # 1994, not 2094
    fields = {"If-Modified-Since": "Sunday, 06-Nov-94 08:49:37 GMT"}
    assert judge("GET", fields, FILM, NOW) == WHOLE


def test_a_date_of_this_second_does_not_let_a_range_go_on() -> None:
    fields = {"Range": "bytes=0-9", "If-Range": date(MODIFIED)}
    assert judge("GET", fields, FILM, MODIFIED + 0.5) == WHOLE
    assert judge("GET", fields, FILM, MODIFIED + 1.0).status == 206


TAGS = st.sampled_from(['"a,b"', '"x"', 'W/"a,b"', 'W/"x"', '""'])
LISTS = st.one_of(
    st.lists(TAGS, max_size=3).map(", ".join),
    st.lists(TAGS, max_size=3).map(",".join),
    st.just("*"),
    st.just("a,b"),
    st.just('"x" "a,b"'),
)
DATES = st.one_of(
    st.builds(date, st.integers(MODIFIED - 2, MODIFIED + 2), st.sampled_from(["imf", "rfc850"])),
    st.sampled_from(["", "yesterday", "0", date(MODIFIED) + ", " + date(MODIFIED), "1795000000"]),
)
SPEC = st.one_of(
    st.builds("{}-{}".format, st.integers(0, 120), st.integers(0, 120)),
    st.builds("{}-".format, st.integers(0, 120)),
    st.builds("-{}".format, st.integers(0, 120)),
    st.sampled_from(["-", "x", ""]),
)
RANGES = st.builds(
    "{}{}".format,
    st.sampled_from(["bytes=", "Bytes=", "items=", "bytes"]),
    st.lists(SPEC, max_size=3).map(",".join),
)
EACH: dict[str, st.SearchStrategy[str]] = {
    "If-Match": LISTS,
    "If-None-Match": LISTS,
    "If-Unmodified-Since": DATES,
    "If-Modified-Since": DATES,
    "If-Range": st.one_of(TAGS, DATES),
    "Range": RANGES,
}
FIELDS = st.fixed_dictionaries({}, optional=EACH)
SELECTED = st.builds(
    Selected,
    st.sampled_from([None, '"a,b"', 'W/"a,b"', '"x"']),
    st.sampled_from([None, MODIFIED]),
    st.sampled_from([None, 0, 1, 100]),
)


def model(method: str, fields: dict[str, str], selected: Selected) -> Verdict:
    """Return what RFC 9110 says, step by step as in 13.2.2."""
    modified = selected.modified or 0
    if "If-Match" in fields:
        if not matches(fields["If-Match"], selected.tag, "strong"):
            return verdict(412)
    elif selected.modified and modified > (moment(fields, "If-Unmodified-Since") or modified):
        return verdict(412)
    if "If-None-Match" in fields:
        if matches(fields["If-None-Match"], selected.tag, "weak"):
            return verdict(304)
    elif selected.modified and modified <= (moment(fields, "If-Modified-Since") or 0):
        return verdict(304)
    # 14.2: ranges are of GET only
    if method != "GET" or "Range" not in fields or selected.size is None:
        return WHOLE
    if "If-Range" in fields and not goes_on(fields, selected):
        return WHOLE
    return part(fields["Range"], selected.size)


def moment(fields: dict[str, str], name: str) -> int | None:
    """Return the Unix seconds of a date; a text that is none does not count."""
    known = range(MODIFIED - 2, MODIFIED + 3)
    spelled = {date(it, form): it for it in known for form in ("imf", "rfc850")}
    return spelled.get(fields.get(name, ""))


def matches(listed: str, tag: str | None, comparison: str) -> bool:
    """Tell whether a list names a tag (8.8.3.2, 13.1.1, 13.1.2)."""
    if listed == "*":
        return True
    # split where no quotes are open
    members = [it.strip(" \t") for it in re.split(r',(?=(?:[^"]*"[^"]*")*[^"]*$)', listed)]
    members = [it for it in members if it]
    if tag is None or not all(re.fullmatch(r'(W/)?"[^" ]*"', it) for it in members):
        return False
    if comparison == "strong":
        return not tag.startswith("W/") and tag in members
    return tag.removeprefix("W/") in {it.removeprefix("W/") for it in members}


def goes_on(fields: dict[str, str], selected: Selected) -> bool:
    """Tell whether If-Range is true (13.1.5)."""
    given = fields["If-Range"]
    if '"' in given:
        return not given.startswith("W/") and given == selected.tag
    then = moment(fields, "If-Range")
    return then is not None and then == selected.modified


def part(wanted: str, size: int) -> Verdict:
    """Return what the bytes that a Range names come to (14.1.1, 14.1.2)."""
    unit, _, text = wanted.partition("=")
    specs = [it for it in text.split(",") if it]
    if unit.lower() != "bytes" or not specs or not all(map(is_spec, specs)):
        return WHOLE
    named = []
    for spec in specs:
        first, _, last = spec.partition("-")
        every = list(range(size))
        if first:
            named.append([it for it in every if int(first) <= it <= int(last or 10**9)])
        elif int(last):
            if size == 0:
                return WHOLE
            named.append(every[-int(last) :])
    satisfiable = [it for it in named if it]
    if len(satisfiable) > 1:
        return WHOLE
    return verdict(206, satisfiable[0][0], satisfiable[0][-1] + 1) if satisfiable else verdict(416)


def is_spec(spec: str) -> bool:
    first, dash, last = spec.partition("-")
    return bool(dash and (first or last)) and not (first and last and int(last) < int(first))


@given(st.sampled_from(["GET", "HEAD"]), FIELDS, SELECTED)
@example("GET", {"If-Match": '"x"'}, FILM)
@example("GET", {"Range": "bytes=-200"}, FILM)
def test_as_the_model(method: str, fields: dict[str, str], selected: Selected) -> None:
    assert judge(method, fields, selected, NOW) == model(method, fields, selected)


@given(st.dictionaries(st.sampled_from(list(EACH)), st.text(max_size=40)))
def test_no_text_is_an_error(fields: dict[str, str]) -> None:
    assert judge("GET", fields, FILM, NOW).status in (200, 206, 304, 412, 416)


CONTENT = bytes(range(100))


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Any:
    media = tmp_path_factory.mktemp("media")
    (media / "film.webm").write_bytes(CONTENT)
    (media / "empty.webm").write_bytes(b"")
    (media / "film.srt").write_text("1\n00:00:01,000 --> 00:00:02,000\nHello\n")
    with sharing(
        System(tmp_path_factory.mktemp("system"), {"ZAPETTE_MEDIA_DIR": str(media)})
    ) as running:
        # its answer, and so its tag, changes until then
        eventually(
            lambda: running.get("api/library").json["index"]["state"] == "ready",
            "the library is ready",
        )
        yield running


PATHS = ["media/film.webm", "subtitles/film.srt", "api/library", "static/player/player.js"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_every_route_with_a_tag_knows_conditions(films: System, path: str, method: str) -> None:
    def ask(**fields: str) -> raw.Raw:
        lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
        request = (
            f"{method} /{path} HTTP/1.1\r\nHost: localhost\r\n{films.proof_line}{lines}"
            "Connection: close\r\n\r\n"
        )
        return raw.ask(films, request.encode(), has_body=method == "GET")

    whole = ask()
    tag = whole.fields["etag"]
    assert whole.status == 200
    for fields, status in (
        ({"If_Match": '"x"'}, 412),
        ({"If_Match": tag}, 200),
        ({"If_Match": "*"}, 200),
        ({"If_None_Match": tag}, 304),
        ({"If_None_Match": f'"x", W/{tag}'}, 304),
        ({"If_None_Match": '"x"'}, 200),
        ({"If_None_Match": "*"}, 304),
        ({"If_Match": '"x"', "If_None_Match": tag}, 412),
    ):
        answer = ask(**fields)
        assert (answer.status, answer.rest) == (status, b""), fields
        if status != 200:
            assert answer.body == b""
            assert answer.fields["etag"] == tag


def test_parts_over_the_wire(films: System) -> None:
    path = "media/film.webm"
    for wanted, part in (("bytes=-200", CONTENT), ("bytes=10-19", CONTENT[10:20])):
        answer = films.get(path, {"Range": wanted})
        assert (answer.status, answer.body) == (206, part)
        assert answer.headers["Content-Range"].endswith("/100")
    for wanted in ("items=0-3", "bytes=0-0,5-5"):
        answer = films.get(path, {"Range": wanted})
        assert (answer.status, answer.body) == (200, CONTENT)
    head = films.ask("HEAD", path, None, {"Range": "bytes=0-9"})
    assert (head.status, head.headers["Content-Length"]) == (200, "100")
    beyond = films.get(path, {"Range": "bytes=100-"})
    assert (beyond.status, beyond.headers["Content-Range"]) == (416, "bytes */100")
    assert films.get("media/empty.webm", {"Range": "bytes=-5"}).status == 200
    modified = films.get(path).headers["Last-Modified"]
    assert films.get(path, {"If-Modified-Since": modified}).status == 304
    assert films.get(path, {"If-Unmodified-Since": modified}).status == 200
    assert films.get(path, {"If-Unmodified-Since": date(0)}).status == 412


def test_a_film_that_is_refused_is_not_left_open(
    new_system: Callable[..., System], tmp_path: Path
) -> None:
    media = tmp_path / "media"
    media.mkdir()
    (media / "film.webm").write_bytes(CONTENT)
    system = new_system(ZAPETTE_MEDIA_DIR=str(media))
    process = psutil.Process(system.pid("web"))
    for fields in ({"If-Match": '"x"'}, {"If-None-Match": "*"}, {"Range": "bytes=100-"}):
        for _ in range(10):
            assert system.get("media/film.webm", fields).status in (304, 412, 416)
    # the library looks into it too
    eventually(
        lambda: not [it for it in process.open_files() if it.path.endswith("film.webm")],
        "it is closed",
    )
