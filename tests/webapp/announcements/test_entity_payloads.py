"""What Home Assistant's own MQTT integration makes of the payloads: their templates are Jinja's."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment

from zapette.protocol.topics import Topics
from zapette_homeassistant import entity_payloads
from zapette_homeassistant.discovery_messages import DiscoveryMessages, Known

ID = "0123456789abcdef" * 2
TOPICS = Topics("house/tv")
JINJA = Environment(autoescape=False)

labels = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=20)
said_tracks = st.dictionaries(st.text("abcdef0123456789", min_size=1), labels, max_size=5).map(
    lambda found: [{"id": track, "label": label} for track, label in found.items()]
)


def components(tracks: list[dict[str, str]]) -> dict[str, Any]:
    read = entity_payloads.tracks({"tracks": tracks})
    return entity_payloads.components(ID, TOPICS, "http://tv:8000/", read)


@given(said_tracks)
def test_any_track_can_be_selected_and_is_shown(tracks: list[dict[str, str]]) -> None:
    select = components(tracks)["subtitles"]
    if not tracks:
        assert select == {"platform": "select"}
        return
    asks = JINJA.from_string(select["command_template"])
    shows = JINJA.from_string(select["value_template"])
    assert len(set(select["options"])) == len(tracks) + 1
    wanted = [None, *(track["id"] for track in tracks)]
    for option, track in zip(select["options"], wanted, strict=True):
        assert json.loads(asks.render(value=option)) == {"track": track}
        assert shows.render(value_json={"subtitles": {"active": track}}) == option


def test_labels_that_mean_something_elsewhere() -> None:
    for label in (
        "Annulled",
        "null",
        "\U0001f600",
        "a\\nb",
        '"',
        "{{ 1 }}",
        "{% endif %}",
        "%s",
        "Off",
    ):
        test_any_track_can_be_selected_and_is_shown.hypothesis.inner_test(  # type: ignore[attr-defined]
            [{"id": "f0", "label": label}]
        )


def test_whoever_is_gone_takes_every_entity_along() -> None:
    """Available is what the player and the server both say; of a killed bridge its will says so."""
    player, server = TOPICS.player(ID).availability, TOPICS.server.availability
    made = components([{"id": "f0", "label": "Fran\u00e7ais"}])
    assert len(made) > 10
    for key, component in made.items():
        named = {source["topic"] for source in component["availability"]}
        if key == "connected":
            # it says of the player itself whether it is there
            assert named == {server}
        else:
            assert {player, server} <= named
            assert component["availability_mode"] == "all"


def test_a_state_that_names_tracks_without_end() -> None:
    many = [{"id": str(it), "label": "English"} for it in range(100_000)]
    assert len(entity_payloads.tracks({"tracks": many})) == entity_payloads.MOST_TRACKS


def test_names_that_utf_8_does_not_have() -> None:
    state = {"name": "TV \ud83d", "subtitles": {"tracks": [{"id": "f0", "label": "\ude00"}]}}
    known = Known(ID).after(state)
    for payload in DiscoveryMessages("both", TOPICS, "1").messages(known, "http://tv/").values():
        assert json.loads(payload.decode())
