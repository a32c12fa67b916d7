"""What the command shows of players, whatever their states hold."""

from __future__ import annotations

import json
from typing import Any
from unicodedata import category

import click
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contract.vector_files import vectors
from zapette.client.players.players import KnownPlayer, _state
from zapette.errors import CallError
from zapette_cli.commands.completion import words
from zapette_cli.commands.players.watch import _event_line
from zapette_cli.doctor.findings import as_text, bad
from zapette_cli.failures import Group
from zapette_cli.language import Text
from zapette_cli.player_text import line, row, summary, table, volume

anything: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(), below, max_size=3),
    max_leaves=6,
)
states = st.dictionaries(st.sampled_from(list(vectors("state")["state"])), anything)


@settings(deadline=None)
@given(states, st.booleans(), st.booleans())
def test_any_state_can_be_shown(state: dict[str, Any], online: bool, server_online: bool) -> None:
    player = KnownPlayer("0" * 32, online, server_online, _state(json.dumps(state).encode()))
    shown = table([row(player, 1.5)], [Text("NAME", "NOM")] * 6).split("\n")
    assert len(shown) == 2
    assert all(is_plain(text) for text in (line(player), *shown))
    json.dumps(summary(player), allow_nan=True)


@pytest.mark.parametrize(
    ("language", "muted", "shown"),
    [("C", False, "40%"), ("fr", False, "40\u202f%"), ("C", True, "muted"), ("fr", True, "muet")],
)
def test_the_volume(
    monkeypatch: pytest.MonkeyPatch, language: str, muted: bool, shown: str
) -> None:
    monkeypatch.setenv("LC_ALL", language)
    state = _state(json.dumps({"volume": 40, "muted": muted}).encode())
    assert volume(KnownPlayer("0" * 32, True, True, state)) == shown


def is_plain(text: str) -> bool:
    """Whether a terminal shows `text` on one line and does nothing else."""
    return all(it.isprintable() or category(it) == "Zs" for it in text)


def test_an_event_of_a_stranger_is_one_line() -> None:
    player = KnownPlayer("0" * 32, state={"name": "TV\x1b[2J\n"})
    shown = _event_line(player, "ended\x1b[2J", b'"\xc2\x9b2J"', as_json=False)
    assert shown.endswith(' ended [2J " 2J"')
    assert is_plain(shown)


def test_an_error_of_a_stranger_is_one_line() -> None:
    def fail() -> None:
        raise CallError("no\nzapette: well \x9b2J\x1b]0;title\x07 é\u202f!")

    done = CliRunner().invoke(Group(commands=[click.Command("do", callback=fail)]), ["do"])
    assert done.stderr.endswith(" é\u202f!\n")
    assert is_plain(done.stderr.removesuffix("\n"))


def test_an_error_of_the_system_without_a_file() -> None:
    def fail() -> None:
        raise PermissionError(1, "Operation not permitted")

    done = CliRunner().invoke(Group(commands=[click.Command("do", callback=fail)]), ["do"])
    assert done.stderr == "zapette: [Errno 1] Operation not permitted\n"


def test_a_finding_about_a_stranger_is_one_line() -> None:
    name = Text("TV\x1b[2J\n", "TV\x1b[2J\n")
    assert all(map(is_plain, as_text([bad("player", name, name)], "en").split("\n")))
    assert as_text([bad("player", name, name)], "en").count("\n") == 1


@pytest.mark.parametrize(
    "name", ["$(reboot)", "`id`", "a;b", "a\nplain,b", "Living room", "-rf", "*", "é'", ""]
)
def test_a_name_that_is_no_word_is_not_completed(name: str) -> None:
    assert words(KnownPlayer("0" * 32, state={"name": name})) == ["0" * 32]


def test_a_name_that_is_a_word_is_completed() -> None:
    assert words(KnownPlayer("0" * 32, state={"name": "Télé-2.b"})) == ["Télé-2.b", "0" * 32]


@settings(deadline=None)
@given(st.binary())
def test_any_payload_is_a_state(payload: bytes) -> None:
    assert isinstance(_state(payload), dict)


def test_chapters_that_are_none_are_left_out() -> None:
    known = {"chapters": [{"title": "One", "start": 0, "new": 1}]}
    assert _state(json.dumps(known).encode()) == known
    for strange in (b"null", b"{}", b'[1, "a"]'):
        assert _state(b'{"chapters": %s}' % strange) == {}


def test_nothing_loaded() -> None:
    """As a page says it before anything is loaded."""
    state = _state(b'{"title": null, "source": null, "name": "Den", "volume": 40, "new": [1]}')
    assert state == {"title": None, "source": None, "name": "Den", "volume": 40, "new": [1]}
    assert row(KnownPlayer("0" * 32, online=True, state=state))[-1] == ""


def test_a_name_that_utf_8_does_not_have() -> None:
    said = click.Command("say", callback=lambda: click.echo('"TV \ud83d"'))
    done = CliRunner().invoke(Group(commands=[said]), ["say"])
    assert json.loads(done.stdout) == "TV \ud83d", done.exception
