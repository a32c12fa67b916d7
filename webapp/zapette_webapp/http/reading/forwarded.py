"""The client's address in X-Forwarded-For; no I/O."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from waitress.proxy_headers import proxy_headers_middleware

from zapette_server.trusted_proxies import TrustedProxies

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def behind(proxies: TrustedProxies, app: WSGIApplication) -> WSGIApplication:
    """Return `app` with the client's address and scheme that trusted proxies tell.

    The headers of others are removed.
    """
    told: Any = {"x-forwarded-for", "x-forwarded-proto"}
    of_proxies = proxy_headers_middleware(app, trusted_proxy="*", trusted_proxy_headers=told)
    of_others = proxy_headers_middleware(app)

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        is_proxy = environ["REMOTE_ADDR"] in proxies
        found: Iterable[bytes] = (of_proxies if is_proxy else of_others)(environ, start_response)
        return found

    return answer


def forwarded_address(field: str) -> str:
    """Return the address that the nearest proxy added: the last one; empty if there is none.

    Args:
        field: the values of X-Forwarded-For. An address may have a port, and an IPv6 address
            brackets.
    """
    last = field.rpartition(",")[2].strip(' \t"')
    bracketed, _, _ = last.removeprefix("[").partition("]")
    for candidate in (bracketed, last.rpartition(":")[0]):
        try:
            return str(ip_address(candidate))
        except ValueError:
            continue
    return ""
