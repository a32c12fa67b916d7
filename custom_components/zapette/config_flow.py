"""Adding a player: discovered by its announcement, or entered by link or id."""

import asyncio
from typing import Any, Final, override

import probatio
from homeassistant.components import mqtt
from homeassistant.config_entries import (
    ConfigEntry,
    ConfigFlow,
    ConfigFlowResult,
    OptionsFlow,
    OptionsFlowWithReload,
)
from homeassistant.core import callback
from homeassistant.helpers.selector import (
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
from homeassistant.helpers.service_info.mqtt import MqttServiceInfo
from homeassistant.helpers.service_info.zeroconf import ZeroconfServiceInfo

from . import topics
from .const import (
    CONF_ANNOUNCE_VOLUME,
    CONF_BASE_TOPIC,
    CONF_PLAYER,
    CONF_PLAYER_ID,
    CONF_URL,
    CONF_VOLUME_STEP,
    DEFAULT_BASE_TOPIC,
    DEFAULT_VOLUME_STEP,
    DOMAIN,
    MANUFACTURER,
)
from .player_state import read_object

LISTEN_FOR: Final = 3.0
"""Seconds in which the broker must send a player's retained messages."""

_URL: Final = TextSelector(TextSelectorConfig(type=TextSelectorType.URL))


class ZapetteConfigFlow(ConfigFlow, domain=DOMAIN):
    """Adds one player."""

    VERSION = 1

    def __init__(self) -> None:
        """Set it up."""
        self._name = ""
        self._server: dict[str, str] = {}
        self._data: dict[str, Any] = {}

    @override
    async def async_step_mqtt(self, discovery_info: MqttServiceInfo) -> ConfigFlowResult:
        player_id = discovery_info.topic.rpartition("/")[2]
        if not topics.is_player_id(player_id):
            return self.async_abort(reason="invalid_discovery_info")
        await self.async_set_unique_id(player_id, raise_on_progress=False)
        self._end_earlier_offers(player_id)
        data = read_object(discovery_info.payload)
        if not data:
            return self.async_abort(reason="forgotten")
        base_topic, url = data.get("base_topic"), data.get("url")
        if data.get("id") != player_id or not isinstance(base_topic, str):
            return self.async_abort(reason="invalid_discovery_info")
        if data.get("version") != 1 or not topics.is_base_topic(base_topic):
            return self.async_abort(reason="invalid_discovery_info")
        updates = {CONF_BASE_TOPIC: base_topic} | ({CONF_URL: url} if url else {})
        # a configured player follows its announcements: only another topic needs a reload
        entry = self.hass.config_entries.async_entry_for_domain_unique_id(DOMAIN, player_id)
        moved = entry is not None and entry.data[CONF_BASE_TOPIC] != base_topic
        self._abort_if_unique_id_configured(updates=updates, reload_on_update=moved)
        self._name = str(data.get("name") or MANUFACTURER)
        self._data = {CONF_PLAYER_ID: player_id, **updates}
        self.context["title_placeholders"] = {"name": self._name}
        return await self.async_step_confirm()

    @override
    async def async_step_zeroconf(self, discovery_info: ZeroconfServiceInfo) -> ConfigFlowResult:
        told = discovery_info.properties
        base_topic, mqtt_port = told.get("base_topic"), told.get("mqtt_port")
        if told.get("version") != "1" or not told.get("id"):
            return self.async_abort(reason="invalid_discovery_info")
        if not topics.is_base_topic(base_topic or "") or not (mqtt_port or "").isdecimal():
            return self.async_abort(reason="invalid_discovery_info")
        # its players come over MQTT: this only says how they get there
        await self.async_set_unique_id(f"server_{told['id']}")
        self._abort_if_unique_id_configured()
        if any(it.data.get(CONF_BASE_TOPIC) == base_topic for it in self._async_current_entries()):
            return self.async_abort(reason="players_follow")
        host = discovery_info.host
        shown = f"[{host}]" if ":" in host else host
        scheme = "https" if told.get("scheme") == "https" else "http"
        url = f"{scheme}://{shown}:{discovery_info.port}/"
        self._server = {"host": host, "port": str(mqtt_port), "url": url}
        self.context["title_placeholders"] = {"name": f"{MANUFACTURER} ({host})"}
        return await self.async_step_server()

    async def async_step_server(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Say how a server's players come to Home Assistant, and check that MQTT is set up."""
        errors: dict[str, str] = {}
        if user_input is not None:
            if await mqtt.async_wait_for_mqtt_client(self.hass):
                return self.async_abort(reason="players_follow")
            errors["base"] = "mqtt_unavailable"
        return self.async_show_form(
            step_id="server", errors=errors, description_placeholders=self._server
        )

    async def async_step_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask whether to add the announced player."""
        if user_input is not None:
            return self.async_create_entry(title=self._name, data=self._data)
        self._set_confirm_only()
        return self.async_show_form(
            step_id="confirm", description_placeholders={"name": self._name}
        )

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        if not await mqtt.async_wait_for_mqtt_client(self.hass):
            return self.async_abort(reason="mqtt_unavailable")
        errors: dict[str, str] = {}
        if user_input is not None:
            read = topics.read_player(user_input[CONF_PLAYER])
            base_topic = user_input[CONF_BASE_TOPIC]
            if read is None:
                errors[CONF_PLAYER] = "not_a_player"
            elif not topics.is_base_topic(base_topic):
                errors[CONF_BASE_TOPIC] = "not_a_topic"
            else:
                player_id, url = read
                await self.async_set_unique_id(player_id, raise_on_progress=False)
                self._abort_if_unique_id_configured()
                name = await self._find(player_id, base_topic)
                if name is not None:
                    self._end_earlier_offers(player_id)
                    data = {CONF_PLAYER_ID: player_id, CONF_BASE_TOPIC: base_topic}
                    return self.async_create_entry(
                        title=name or MANUFACTURER, data=data | ({CONF_URL: url} if url else {})
                    )
                errors["base"] = "no_such_player"
        schema = probatio.Schema(
            {
                probatio.Required(CONF_PLAYER): TextSelector(),
                probatio.Required(CONF_BASE_TOPIC, default=DEFAULT_BASE_TOPIC): TextSelector(),
            }
        )
        return self.async_show_form(
            step_id="user",
            data_schema=self.add_suggested_values_to_schema(schema, user_input),
            errors=errors,
        )

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Change where a player is found."""
        if not await mqtt.async_wait_for_mqtt_client(self.hass):
            return self.async_abort(reason="mqtt_unavailable")
        entry = self._get_reconfigure_entry()
        errors: dict[str, str] = {}
        if user_input is not None:
            base_topic = user_input[CONF_BASE_TOPIC]
            if not topics.is_base_topic(base_topic):
                errors[CONF_BASE_TOPIC] = "not_a_topic"
            elif await self._find(entry.data[CONF_PLAYER_ID], base_topic) is None:
                errors["base"] = "no_such_player"
            else:
                return self.async_update_reload_and_abort(
                    entry, data={CONF_PLAYER_ID: entry.data[CONF_PLAYER_ID], **user_input}
                )
        schema = probatio.Schema(
            {
                probatio.Required(CONF_BASE_TOPIC): TextSelector(),
                probatio.Optional(CONF_URL): _URL,
            }
        )
        return self.async_show_form(
            step_id="reconfigure",
            data_schema=self.add_suggested_values_to_schema(schema, user_input or entry.data),
            errors=errors,
        )

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: ConfigEntry) -> OptionsFlow:
        return ZapetteOptionsFlow()

    @callback
    def _end_earlier_offers(self, player_id: str) -> None:
        """End other flows for the same player, because its name may have changed."""
        for flow in self._async_in_progress(include_uninitialized=True):
            if flow["context"].get("unique_id") == player_id:
                self.hass.config_entries.flow.async_abort(flow["flow_id"])

    async def _find(self, player_id: str, base_topic: str) -> str | None:
        """Return the player's name, empty if it has left; None if the broker does not know it."""
        callee = topics.player(base_topic, player_id)
        found: asyncio.Future[None] = self.hass.loop.create_future()
        named: asyncio.Future[str] = self.hass.loop.create_future()

        @callback
        def on_availability(message: mqtt.ReceiveMessage) -> None:
            if message.payload and not found.done():
                found.set_result(None)

        @callback
        def on_state(message: mqtt.ReceiveMessage) -> None:
            name = read_object(message.payload).get("name")
            if isinstance(name, str) and not named.done():
                named.set_result(name)

        ends = [
            await mqtt.async_subscribe(self.hass, callee.state, on_state),
            await mqtt.async_subscribe(self.hass, callee.availability, on_availability),
        ]
        try:
            await asyncio.wait([named], timeout=LISTEN_FOR)
        finally:
            for end in ends:
                end()
        if named.done():
            return named.result()
        return "" if found.done() else None


class ZapetteOptionsFlow(OptionsFlowWithReload):
    """Sets the volume step and the volume of announcements."""

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the options."""
        if user_input is not None:
            return self.async_create_entry(data=user_input)
        schema = probatio.Schema(
            {
                probatio.Required(CONF_VOLUME_STEP, default=DEFAULT_VOLUME_STEP): _percent(1, 50),
                probatio.Optional(CONF_ANNOUNCE_VOLUME): _percent(0, 100),
            }
        )
        return self.async_show_form(
            step_id="init",
            data_schema=self.add_suggested_values_to_schema(schema, self.config_entry.options),
        )


def _percent(least: int, most: int) -> NumberSelector:
    return NumberSelector(
        NumberSelectorConfig(
            min=least, max=most, step=1, unit_of_measurement="%", mode=NumberSelectorMode.SLIDER
        )
    )
