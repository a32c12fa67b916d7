"""The settings in the table ``[bridge]``: the home's own broker."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from zapette.errors import SettingsError, TopicError
from zapette.mqtt.url import BrokerUrl
from zapette.protocol.topics import check_base


@dataclass(frozen=True, slots=True)
class BridgeSettings:
    """The address of the home's own broker, and our account there.

    Attributes:
        url: ``mqtt://host:1883``, also ``mqtts``, ``ws`` or ``wss``; empty for no bridge.
        user: the name of the account; or empty.
        password: its password; never shown.
        ca_file: certificates to trust for ``mqtts`` and ``wss``, in PEM; None for the setting
            ``ca_file``.
        prefix: the first levels of the topics there; or empty.
    """

    url: str = ""
    user: str = ""
    password: str = field(default="", repr=False)
    ca_file: Path | None = None
    prefix: str = ""

    def __post_init__(self) -> None:
        if self.url:
            url = BrokerUrl.parse(self.url, "bridge.url")
            if url.username is not None and self.user:
                raise SettingsError("bridge.user", "bridge.url names an account already")
        if self.prefix:
            try:
                check_base(self.prefix)
            except TopicError as error:
                raise SettingsError("bridge.prefix", str(error)) from None
        if self.ca_file is not None and not self.ca_file.is_file():
            raise SettingsError("bridge.ca_file", f"there is no file {self.ca_file}")

    @property
    def broker(self) -> BrokerUrl:
        """The home's broker and the account there.

        Raises:
            SettingsError: there is no bridge.
        """
        url = BrokerUrl.parse(self.url, "bridge.url")
        if not self.user:
            return url
        return BrokerUrl(url.scheme, url.host, url.port, url.path, self.user, self.password or None)
