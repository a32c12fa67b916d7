"""What the command shows of players, whatever their states hold."""

from __future__ import annotations

import json
from typing import Any

import click
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.vector_files import vectors
from zapette.client.players import KnownPlayer, _state
from zapette_cli.failures import Group
from zapette_cli.player_text import line, row, summary, table

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
    shown = [line(player), *row(player, 1.5)]
    assert all(text.isprintable() for text in shown)
    assert table([row(player)], ("NAME", "ID", "DOES", "AT", "VOLUME", "TITLE")).count("\n") == 1
    json.dumps(summary(player), allow_nan=True)


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
