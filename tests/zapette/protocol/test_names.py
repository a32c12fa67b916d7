"""Names of players, by the vectors that all languages of the project share."""

from __future__ import annotations

import pytest

from tests.contract.vector_files import vectors
from zapette.client.players.players import KnownPlayer
from zapette_homeassistant.discovery_messages import Known

CASES = vectors("names")["names"]


@pytest.mark.parametrize("case", CASES)
def test_the_name_of_a_player(case: dict[str, str]) -> None:
    assert KnownPlayer("0" * 32, state={"name": case["text"]}).name == case["name"]


@pytest.mark.parametrize("case", CASES)
def test_the_name_that_is_announced(case: dict[str, str]) -> None:
    before = Known("0" * 32, "TV")
    assert before.after({"name": case["text"]}).name == (case["name"] or "TV")
