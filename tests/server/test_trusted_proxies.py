"""The proxies that the setting names, by address and by network."""

from __future__ import annotations

import pytest

from zapette_server.trusted_proxies import TrustedProxies


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("", [], ["127.0.0.1", "::1", ""]),
        ("127.0.0.1", ["127.0.0.1", "::ffff:127.0.0.1"], ["127.0.0.2", "::1", "127.0.0.1:80"]),
        ("10.42.0.0/16", ["10.42.0.0", "10.42.255.255"], ["10.43.0.0", "10.4.2.0", "::a2a:0"]),
        ("::1, fd00:42::/48\n10.0.0.1", ["::1", "fd00:42:0:7::1", "10.0.0.1"], ["fd00:43::1"]),
    ],
)
def test_who_is_a_proxy(text: str, inside: list[str], outside: list[str]) -> None:
    proxies = TrustedProxies.read(text)
    assert [it for it in inside if it not in proxies] == []
    assert [it for it in outside if it in proxies] == []
