"""Each way to add a player, and each way that it does not work."""

import json
from ipaddress import ip_address
from typing import Any

import pytest
from homeassistant.config_entries import SOURCE_MQTT, SOURCE_USER, SOURCE_ZEROCONF
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers.service_info.mqtt import MqttServiceInfo
from homeassistant.helpers.service_info.zeroconf import ZeroconfServiceInfo
from pytest_homeassistant_custom_component.common import MockConfigEntry

from .conftest import Broker, eventually

DOMAIN = "zapette"


def announcement(player_id: str, **changes: Any) -> dict[str, Any]:
    return {
        "version": 1, "id": player_id, "name": "Living room", "base_topic": "zapette",
        "url": "http://192.0.2.1:8000/", "sw_version": "0.1.0", **changes,
    }  # fmt: skip


def flows(hass: HomeAssistant, player_id: str) -> list[Any]:
    """Return what offers a player; the broker may know others."""
    found = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    return [it for it in found if it["context"].get("unique_id") == player_id]


@pytest.mark.usefixtures("mqtt")
async def test_announced(hass: HomeAssistant, broker: Broker, player_id: str) -> None:
    topic = f"zapette/discovery/{player_id}"
    broker.say(topic, json.dumps(announcement(player_id)))
    (flow,) = await eventually(lambda: flows(hass, player_id), "the player is offered")
    assert flow["context"]["title_placeholders"] == {"name": "Living room"}
    broker.say(topic, json.dumps(announcement(player_id, name="Kitchen")))
    await eventually(
        lambda: (
            [it["context"].get("title_placeholders") for it in flows(hass, player_id)]
            == [{"name": "Kitchen"}]
        ),
        "it is offered under its new name, and once",
    )
    (flow,) = flows(hass, player_id)
    done = await hass.config_entries.flow.async_configure(flow["flow_id"], {})
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert done["title"] == "Kitchen"
    assert done["data"] == {
        "player_id": player_id, "base_topic": "zapette", "url": "http://192.0.2.1:8000/",
    }  # fmt: skip
    assert done["result"].unique_id == player_id
    # the server moves: the entry follows
    broker.say(topic, json.dumps(announcement(player_id, url="http://192.0.2.2:8000/")))
    entry = done["result"]
    await eventually(lambda: "192.0.2.2" in entry.data["url"], "the new address")
    await hass.async_block_till_done()
    assert flows(hass, player_id) == []


def found(**changes: str) -> ZeroconfServiceInfo:
    """Return what the network tells of a server."""
    address = ip_address("192.0.2.1")
    text = {"version": "1", "id": "a1b2", "base_topic": "zapette", "mqtt_port": "1883"} | changes
    return ZeroconfServiceInfo(
        address, [address], 8000, "zapette.local.", "_zapette._tcp.local.",
        "Zapette._zapette._tcp.local.", text,
    )  # fmt: skip


async def start(hass: HomeAssistant, info: ZeroconfServiceInfo) -> Any:
    context = {"source": SOURCE_ZEROCONF}
    return await hass.config_entries.flow.async_init(DOMAIN, context=context, data=info)


@pytest.mark.usefixtures("mqtt")
async def test_a_server_of_the_network(hass: HomeAssistant) -> None:
    flow = await start(hass, found())
    assert (flow["type"], flow["step_id"]) == (FlowResultType.FORM, "server")
    assert flow["description_placeholders"] == {
        "host": "192.0.2.1", "port": "1883", "url": "http://192.0.2.1:8000/",
    }  # fmt: skip
    again = await start(hass, found())
    assert again["reason"] == "already_in_progress"
    done = await hass.config_entries.flow.async_configure(flow["flow_id"], {})
    assert (done["type"], done["reason"]) == (FlowResultType.ABORT, "players_follow")


async def test_a_server_of_the_network_without_mqtt(hass: HomeAssistant) -> None:
    flow = await start(hass, found())
    shown = await hass.config_entries.flow.async_configure(flow["flow_id"], {})
    assert shown["errors"] == {"base": "mqtt_unavailable"}


async def test_a_server_whose_players_are_known(hass: HomeAssistant) -> None:
    data = {"player_id": "0" * 32, "base_topic": "zapette"}
    MockConfigEntry(domain=DOMAIN, unique_id="0" * 32, data=data).add_to_hass(hass)
    assert (await start(hass, found()))["reason"] == "players_follow"
    assert (await start(hass, found(base_topic="other")))["type"] is FlowResultType.FORM


@pytest.mark.parametrize(
    "changes", [{"version": "2"}, {"id": ""}, {"base_topic": "a/#"}, {"mqtt_port": "x"}], ids=str
)
async def test_a_server_that_is_none(hass: HomeAssistant, changes: dict[str, str]) -> None:
    assert (await start(hass, found(**changes)))["reason"] == "invalid_discovery_info"


@pytest.mark.usefixtures("mqtt")
async def test_forgotten_before_it_was_added(
    hass: HomeAssistant, broker: Broker, player_id: str
) -> None:
    topic = f"zapette/discovery/{player_id}"
    broker.say(topic, json.dumps(announcement(player_id)))
    await eventually(lambda: flows(hass, player_id), "the player is offered")
    broker.say(topic, "")
    await eventually(lambda: not flows(hass, player_id), "it is offered no longer")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"version": 2}, "invalid_discovery_info"),
        ({"id": "0" * 32}, "invalid_discovery_info"),
        ({"base_topic": None}, "invalid_discovery_info"),
        ({"base_topic": "a/#"}, "invalid_discovery_info"),
    ],
)
@pytest.mark.usefixtures("mqtt")
async def test_a_strange_announcement(
    hass: HomeAssistant, player_id: str, changes: dict[str, Any], reason: str
) -> None:
    done = await announce(hass, player_id, json.dumps(announcement(player_id, **changes)))
    assert (done["type"], done["reason"]) == (FlowResultType.ABORT, reason)


@pytest.mark.parametrize(
    ("topic", "payload", "reason"),
    [
        ("x", "{}", "invalid_discovery_info"),
        (None, "nonsense", "forgotten"),
        (None, "[]", "forgotten"),
    ],
)
@pytest.mark.usefixtures("mqtt")
async def test_nonsense(
    hass: HomeAssistant, player_id: str, topic: str | None, payload: str, reason: str
) -> None:
    done = await announce(hass, topic or player_id, payload)
    assert (done["type"], done["reason"]) == (FlowResultType.ABORT, reason)


async def announce(hass: HomeAssistant, last_level: str, payload: str) -> Any:
    info = MqttServiceInfo(
        f"zapette/discovery/{last_level}", payload, 1, True, "zapette/discovery/#", 0.0
    )
    return await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_MQTT}, data=info
    )


@pytest.mark.parametrize("form", ["{id}", "http://192.0.2.1:8000/remote#{id}.{key}"])
@pytest.mark.usefixtures("mqtt")
async def test_by_hand(hass: HomeAssistant, broker: Broker, player_id: str, form: str) -> None:
    broker.say(f"zapette/players/{player_id}/availability", "online")
    broker.say(f"zapette/players/{player_id}/state", '{"name": "Attic"}')
    begun = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    assert begun["type"] is FlowResultType.FORM
    key = "k" * 22
    given = {"player": form.format(id=player_id, key=key), "base_topic": "zapette"}
    done = await hass.config_entries.flow.async_configure(begun["flow_id"], given)
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert done["title"] == "Attic"
    assert key not in str(done["data"])
    again = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    refused = await hass.config_entries.flow.async_configure(again["flow_id"], given)
    assert (refused["type"], refused["reason"]) == (FlowResultType.ABORT, "already_configured")


@pytest.mark.parametrize(
    ("player", "base_topic", "errors"),
    [
        ("living room", "zapette", {"player": "not_a_player"}),
        ("{id}", "zapette/+", {"base_topic": "not_a_topic"}),
        ("{id}", "elsewhere", {"base": "no_such_player"}),
    ],
)
@pytest.mark.usefixtures("mqtt")
async def test_by_hand_and_wrong(
    hass: HomeAssistant,
    broker: Broker,
    player_id: str,
    player: str,
    base_topic: str,
    errors: dict[str, str],
) -> None:
    broker.say(f"zapette/players/{player_id}/availability", "offline")
    begun = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    given = {"player": player.format(id=player_id), "base_topic": base_topic}
    answer = await hass.config_entries.flow.async_configure(begun["flow_id"], given)
    assert (answer["type"], answer["errors"]) == (FlowResultType.FORM, errors)
    # and it can be put right
    given = {"player": player_id, "base_topic": "zapette"}
    done = await hass.config_entries.flow.async_configure(begun["flow_id"], given)
    assert done["type"] is FlowResultType.CREATE_ENTRY


async def test_without_mqtt(hass: HomeAssistant) -> None:
    done = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    assert (done["type"], done["reason"]) == (FlowResultType.ABORT, "mqtt_unavailable")


@pytest.mark.usefixtures("mqtt")
async def test_reconfigure_and_options(hass: HomeAssistant, broker: Broker, player_id: str) -> None:
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Attic",
        unique_id=player_id,
        data={"player_id": player_id, "base_topic": "zapette", "url": "http://192.0.2.1:8000/"},
    )
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    begun = await entry.start_reconfigure_flow(hass)
    flow = begun["flow_id"]
    configure = hass.config_entries.flow.async_configure
    answer = await configure(flow, {"base_topic": "a/+"})
    assert answer["errors"] == {"base_topic": "not_a_topic"}
    answer = await configure(flow, {"base_topic": "zapette/house"})
    assert answer["errors"] == {"base": "no_such_player"}
    broker.say(f"zapette/house/players/{player_id}/availability", "offline")
    done = await configure(flow, {"base_topic": "zapette/house"})
    assert (done["type"], done["reason"]) == (FlowResultType.ABORT, "reconfigure_successful")
    assert entry.data == {"player_id": player_id, "base_topic": "zapette/house"}

    begun = await hass.config_entries.options.async_init(entry.entry_id)
    done = await hass.config_entries.options.async_configure(
        begun["flow_id"], {"volume_step": 10, "announce_volume": 60}
    )
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options == {"volume_step": 10, "announce_volume": 60}
    await hass.async_block_till_done()
