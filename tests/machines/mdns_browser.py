"""A program in another machine that watches for services: one line for each that comes or goes."""

from __future__ import annotations

import json
import sys
import time

from zeroconf import ServiceBrowser, ServiceListener, Zeroconf

KINDS = ["_http._tcp.local.", "_mqtt._tcp.local.", "_zapette._tcp.local."]


class Listener(ServiceListener):
    """Prints what it sees."""

    def add_service(self, zc: Zeroconf, type_: str, name: str) -> None:
        found = zc.get_service_info(type_, name, 5000)
        text = {} if found is None else dict(found.decoded_properties)
        if found is not None:
            say("add", name, found.server, found.parsed_addresses(), found.port, text)

    def update_service(self, zc: Zeroconf, type_: str, name: str) -> None:
        self.add_service(zc, type_, name)

    def remove_service(self, zc: Zeroconf, type_: str, name: str) -> None:  # noqa: ARG002
        say("remove", name)


def say(*what: object) -> None:
    print(json.dumps(what), flush=True)  # noqa: T201


if __name__ == "__main__":
    zeroconf = Zeroconf(interfaces=[sys.argv[1]])
    ServiceBrowser(zeroconf, KINDS, Listener())
    say("ready")
    while True:
        time.sleep(60)
