"""The URL of a broker."""

from __future__ import annotations

import pytest

from zapette.errors import SettingsError
from zapette.mqtt.url import BrokerUrl


def test_url() -> None:
    url = BrokerUrl.parse("mqtt://home:p%40ss@127.0.0.1")
    assert (url.host, url.port, url.username, url.password) == ("127.0.0.1", 1883, "home", "p@ss")
    assert "p@ss" not in repr(url) + url.where
    assert BrokerUrl.parse("wss://example:444/x").where == "wss://example:444/x"
    assert BrokerUrl.parse("ws://example").path == "/mqtt"
    assert BrokerUrl.parse("mqtts://[::1]:1").host == "::1"


def test_several_urls() -> None:
    urls = BrokerUrl.parse_all("mqtt://home:a,b@one, ws://two:8083/mqtt,mqtts://three")
    assert [it.where for it in urls] == [
        "mqtt://one:1883", "ws://two:8083/mqtt", "mqtts://three:8883",
    ]  # fmt: skip
    assert urls[0].password == "a,b"
    with pytest.raises(SettingsError, match="the host is missing"):
        BrokerUrl.parse_all("mqtt://one,mqtt://")


@pytest.mark.parametrize("text", ["", "http://x", "mqtt://", "mqtt://x:y", "mqtt://x:99999", "x"])
def test_wrong_url(text: str) -> None:
    with pytest.raises(SettingsError, match="ZAPETTE_URL"):
        BrokerUrl.parse(text)
