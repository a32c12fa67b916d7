"""Changes to the configurations of nodes, in which what their owner has added stays; no I/O."""

from __future__ import annotations

import re
from typing import Final

from zapette.mqtt.url import bracketed
from zapette_server.errors import ClusterFileError
from zapette_server.nats.cluster.node_files import Node, Ports

_NAME: Final = re.compile(r"^server_name: node-(\d+)$", re.MULTILINE)
_OPERATOR: Final = re.compile(r"^operator: (\S+)$", re.MULTILINE)
_SYSTEM: Final = re.compile(r"^system_account: (\S+)$", re.MULTILINE)
_STREAMS: Final = re.compile(r"^jetstream .*\n", re.MULTILINE)
_ROUTE: Final = re.compile(r"^ +nats-route://(\S*@)(\S+):(\d+)\n", re.MULTILINE)
_ROUTES: Final = re.compile(r"^ +routes: \[\n", re.MULTILINE)
_LISTEN: Final = r'listen: "(.+):(\d+)"'
_PLACES: Final = {
    "nats": re.compile(f"^{_LISTEN}", re.MULTILINE),
    "route": re.compile(rf"^cluster \{{[^}}]*?{_LISTEN}", re.MULTILINE),
    "mqtt": re.compile(rf"^mqtt \{{[^}}]*?{_LISTEN}", re.MULTILINE),
    "websocket": re.compile(rf"^websocket \{{[^}}]*?{_LISTEN}", re.MULTILINE),
}


class NodeFile:
    """The text of one node's configuration.

    Every method raises `ClusterFileError` if the text is not as ``zapette cluster init`` wrote it.

    Attributes:
        text: the text.
    """

    def __init__(self, text: str) -> None:
        self.text = text

    @property
    def node(self) -> Node:
        """The node that it configures."""
        found = {name: _found(it, self.text, "listen") for name, it in _PLACES.items()}
        ports = Ports(**{name: int(it[2]) for name, it in found.items()})
        host = found["nats"][1].strip("[]")
        return Node(int(_found(_NAME, self.text, "server_name")[1]), host, ports)

    @property
    def has_streams(self) -> bool:
        """Whether the node keeps messages."""
        return _STREAMS.search(self.text) is not None

    @property
    def operator(self) -> str:
        """The JWT of the operator."""
        return _found(_OPERATOR, self.text, "operator")[1]

    @operator.setter
    def operator(self, jwt: str) -> None:
        self._replace(_OPERATOR, "operator", f"operator: {jwt}")

    @property
    def system(self) -> str:
        """The name of the system account."""
        return _found(_SYSTEM, self.text, "system_account")[1]

    def account(self, name: str) -> str:
        """Return the JWT with which the node knows an account at first."""
        return _found(_account(name), self.text, "resolver_preload")[2]

    def set_account(self, name: str, jwt: str) -> None:
        """Change that JWT."""
        self._replace(_account(name), "resolver_preload", rf"\g<1>{jwt}")

    def add_route(self, to: Node) -> None:
        """Add a route to a node, if there is none."""
        secret = _found(_ROUTE, self.text, "routes")[1]
        line = f"    nats-route://{secret}{bracketed(to.host)}:{to.ports.route}\n"
        if line not in self.text:
            self._replace(_ROUTES, "routes", rf"\g<0>{line}")

    def remove_route(self, to: Node) -> None:
        """Remove the route to a node, if there is one."""
        address = (bracketed(to.host), str(to.ports.route))
        self.text = _ROUTE.sub(lambda it: "" if (it[2], it[3]) == address else it[0], self.text)

    def of(self, node: Node, *, streams: bool) -> NodeFile:
        """Return the file of another node of the cluster, with a route to this one too."""
        mine, copy = self.node, NodeFile(self.text)
        copy.add_route(mine)
        copy.remove_route(node)
        copy.text = copy.text.replace(f"node-{mine.number}", node.name)
        for name, place in _PLACES.items():
            found = _found(place, copy.text, "listen")
            address = f"{bracketed(node.host)}:{getattr(node.ports, name)}"
            copy.text = copy.text[: found.start(1)] + address + copy.text[found.end(2) :]
        if not streams:
            copy.text = _STREAMS.sub("", copy.text)
        return copy

    def _replace(self, what: re.Pattern[str], name: str, by: str) -> None:
        _found(what, self.text, name)
        self.text = what.sub(by, self.text, count=1)


def with_urls(settings: str, node: Node) -> str:
    """Return the settings of a web side with a further node."""
    for key, url in _urls(node).items():
        pattern = re.compile(rf'^{key} = "(.*)"$', re.MULTILINE)
        if url not in _found(pattern, settings, key)[1].split(", "):
            settings = pattern.sub(rf'{key} = "\g<1>, {url}"', settings)
    return settings


def without_urls(settings: str, node: Node) -> str:
    """Return the settings of a web side without a node."""
    for key, url in _urls(node).items():
        pattern = re.compile(rf'^{key} = "(.*)"$', re.MULTILINE)
        left = [it for it in _found(pattern, settings, key)[1].split(", ") if it != url]
        settings = pattern.sub(f'{key} = "{", ".join(left)}"', settings)
    return settings


def _urls(node: Node) -> dict[str, str]:
    return {
        "urls": node.url("mqtt", node.ports.mqtt),
        "page_urls": f"{node.url('ws', node.ports.websocket)}/mqtt",
        "system_urls": node.url("nats", node.ports.nats),
    }


def _account(name: str) -> re.Pattern[str]:
    return re.compile(rf"^( +{re.escape(name)}: )(\S+)$", re.MULTILINE)


def _found(pattern: re.Pattern[str], text: str, what: str) -> re.Match[str]:
    found = pattern.search(text)
    if found is None:
        raise ClusterFileError(f"{what}: it is not as `zapette cluster init` wrote it")
    return found
