"""Repairs: removing a forgotten player from Home Assistant."""

from typing import Any

import probatio
from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.core import HomeAssistant


async def async_create_fix_flow(
    hass: HomeAssistant, issue_id: str, data: dict[str, str | int | float | None] | None
) -> RepairsFlow:
    """Return the flow that repairs an issue."""
    return ForgottenFlow(data or {})


class ForgottenFlow(RepairsFlow):
    """Removes the config entry of a forgotten player after confirmation."""

    def __init__(self, about: dict[str, str | int | float | None]) -> None:
        """Set it up."""
        self._about = about

    async def async_step_init(
        self,
        user_input: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> RepairsFlowResult:
        """Begin."""
        return await self.async_step_confirm()

    async def async_step_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Ask, then remove."""
        if user_input is None:
            return self.async_show_form(
                step_id="confirm",
                data_schema=probatio.Schema({}),
                description_placeholders={"name": str(self._about.get("name", ""))},
            )
        entry_id = str(self._about.get("entry_id", ""))
        if self.hass.config_entries.async_get_entry(entry_id) is not None:
            await self.hass.config_entries.async_remove(entry_id)
        return self.async_create_entry(data={})
