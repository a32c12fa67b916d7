"""The folder that ``zapette cluster init`` has made: its nodes change, and its keys."""

from __future__ import annotations

import re
import shutil
import time
from dataclasses import fields, replace
from pathlib import Path
from typing import Final

from zapette_server.errors import ClusterFileError
from zapette_server.nats import claims
from zapette_server.nats.claims import Account
from zapette_server.nats.cluster import cluster_keys, node_file_edits
from zapette_server.nats.cluster.cluster_keys import NEXT, OLD, ClusterKeys
from zapette_server.nats.cluster.node_file_edits import NodeFile
from zapette_server.nats.cluster.node_files import (
    KEYS,
    NODES,
    OPERATOR_SEED,
    SETTINGS,
    Node,
    Ports,
)
from zapette_server.nats.nkeys import ACCOUNT, OPERATOR, USER, KeyPair
from zapette_server.storage import private_file

_GONE: Final = ".gone"
_NODE: Final = re.compile(r"node-\d+\.conf")


class ClusterFolder:
    """The files of a cluster; they change one after the other, a part of them last.

    A change that is cut off is complete once it was made again.

    Every method raises `ClusterFileError` if the files do not allow it, `KeyFileError` if a key
    cannot be read, and OSError if a file cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.keys = path / KEYS
        found = sorted(it for it in path.glob("node-*.conf") if _NODE.fullmatch(it.name))
        if not found or not self.keys.is_dir():
            raise ClusterFileError(f"{path}: `zapette cluster init` did not make this folder")
        self._files = {it: NodeFile(it.read_text(encoding="utf-8")) for it in found}

    @property
    def nodes(self) -> list[Node]:
        """The nodes, by their numbers."""
        return sorted((it.node for it in self._files.values()), key=lambda it: it.number)

    def add(self, host: str, *, streams: bool) -> Node:
        """Add a node; return it.

        It has the ports of the first node, or the next ones if there is a node on its machine.

        Args:
            host: the IP address of its machine.
            streams: whether it keeps messages.
        """
        nodes = self.nodes
        there = [it for it in nodes if it.host == host]
        ports = Ports(
            **{
                name: max(getattr(it.ports, name) for it in there) + 1
                if there
                else getattr(nodes[0].ports, name)
                for name in (it.name for it in fields(Ports))
            }
        )
        node = Node(nodes[-1].number + 1, host, ports)
        first = next(it for it in self._files.values() if it.has_streams)
        new = first.of(node, streams=streams)
        for each in self._files.values():
            each.add_route(node)
        settings = node_file_edits.with_urls(self._settings, node)
        self._write(settings)
        # last: it makes it a node of the cluster
        private_file.write(self.path / f"{node.name}.conf", new.text)
        self._files[self.path / f"{node.name}.conf"] = new
        return node

    def removable(self, name: str) -> Node:
        """Return a node that may be removed."""
        file = self._files.get(self.path / f"{name}.conf")
        if file is None:
            raise ClusterFileError(f"{name}: there is no such node")
        left = sum(it.has_streams for it in self._files.values() if it is not file)
        if file.has_streams and left < NODES:
            raise ClusterFileError(f"{name}: {NODES} nodes must keep messages: add another first")
        return file.node

    def has_streams(self, node: Node) -> bool:
        """Tell whether a node keeps messages."""
        return self._files[self.path / f"{node.name}.conf"].has_streams

    def remove(self, node: Node) -> None:
        """Remove a node."""
        file = self.path / f"{node.name}.conf"
        del self._files[file]
        for each in self._files.values():
            each.remove_route(node)
        self._write(node_file_edits.without_urls(self._settings, node))
        file.unlink()

    def removed(self) -> str | None:
        """Return the folder of keys whose removal was cut off, and complete that; None for none."""
        for name in (NEXT, OLD):
            if (gone := self.keys / f"{name}{_GONE}").is_dir():
                shutil.rmtree(gone)
                return name
        return None

    def renew(self) -> None:
        """Make new keys that all nodes accept, and that nobody uses yet."""
        current = ClusterKeys.load(self.keys)
        root = cluster_keys.root_key(self.path / OPERATOR_SEED)
        system, known = self._system()
        signing, system_key, user = KeyPair.new(ACCOUNT), KeyPair.new(ACCOUNT), KeyPair.new(USER)
        token = claims.user(user.public, "zapette-web", issuer_account=system)
        new = ClusterKeys(
            KeyPair.new(OPERATOR),
            signing,
            replace(current.account, signing=(signing.public,)),
            user,
            claims.sign(system_key, token),
        )
        operators = [current.operator, new.operator]
        names = (*known.get("signing_keys", ()), system_key.public)
        jwt = Account("system", system, names, is_system=True).jwt(
            current.operator, known.get("revocations")
        )
        for each in self._files.values():
            each.operator = claims.operator(root, operators, system)
            each.set_account(system, jwt)
        self._write()
        new.create(self.keys / NEXT)

    def use(self) -> None:
        """Use the new keys; the old ones are still accepted."""
        if not (self.keys / OLD).is_dir():
            ClusterKeys.load(self.keys).create(self.keys / OLD)
        new = self.keys / NEXT
        ClusterKeys.load(new).write(self.keys)
        _remove(new)

    def finish(self) -> None:
        """Stop accepting the old keys."""
        root = cluster_keys.root_key(self.path / OPERATOR_SEED)
        keys = ClusterKeys.load(self.keys)
        system, known = self._system()
        old = ClusterKeys.load(self.keys / OLD)
        revocations = known.get("revocations", {}) | {old.system_user.public: int(time.time())}
        issuer = claims.unchecked(keys.system_token)["iss"]
        jwt = Account("system", system, (issuer,), is_system=True).jwt(keys.operator, revocations)
        for each in self._files.values():
            each.operator = claims.operator(root, [keys.operator], system)
            each.set_account(system, jwt)
            name = keys.account.public
            # not later than before: what the nodes were told since must stay, with its revocations
            issued_at = claims.unchecked(each.account(name))["iat"]
            only = replace(keys.account, signing=(keys.signing.public,))
            each.set_account(name, only.jwt(keys.operator, issued_at=issued_at))
        self._write()
        _remove(self.keys / OLD)

    @property
    def _settings(self) -> str:
        return (self.path / SETTINGS).read_text(encoding="utf-8")

    def _system(self) -> tuple[str, dict[str, dict[str, int]]]:
        """Return the name of the system account, and what its JWT says."""
        file = next(iter(self._files.values()))
        return file.system, claims.unchecked(file.account(file.system))["nats"]

    def _write(self, settings: str | None = None) -> None:
        for path, file in self._files.items():
            private_file.write(path, file.text)
        if settings is not None:
            private_file.write(self.path / SETTINGS, settings)


def _remove(folder: Path) -> None:
    # at once: with a part of its keys, nothing could be read
    gone = folder.rename(folder.with_name(f"{folder.name}{_GONE}"))
    shutil.rmtree(gone)
