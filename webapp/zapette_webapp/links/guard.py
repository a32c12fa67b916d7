"""Keeps a process from all but public web servers and Python's own files.

Python tells its audit hooks of each connection, file and program before it is opened (PEP 578).
So redirects, names that lead elsewhere and other ways round an address are seen as well.
"""

from __future__ import annotations

import ipaddress
import mimetypes
import os
import sys
from typing import Any, Final

_CODE: Final = (".py", ".pyc", ".so")
_READABLE: Final = ("/dev/null", "/dev/urandom", "/etc/hosts", "/etc/localtime", "/etc/os-release")
_WRITES: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC
_PROGRAMS: Final = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork")
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")

_UNICAST: Final = ipaddress.ip_network("2000::/3")
"""All addresses of the internet (RFC 4291, 2.4): a network may use others for itself."""


class Guard:
    """What a process may do, from `start` to its end.

    Attributes:
        refused: whether a connection to a private address was refused.
    """

    def __init__(self, *, private: bool) -> None:
        self._private = private
        self._roots = tuple(
            os.path.realpath(it) + os.sep for it in {sys.prefix, sys.base_prefix, sys.exec_prefix}
        )
        self._files = frozenset((*_READABLE, *mimetypes.knownfiles))
        self.refused = False

    def start(self) -> None:
        """Begin; nothing ends it."""
        sys.addaudithook(self._check)

    def _check(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "socket.connect":
            self._check_address(arguments[1])
        elif event in {"socket.sendto", "socket.sendmsg", "socket.bind"}:
            raise PermissionError(f"{event} is not allowed here")
        elif event == "open":
            self._check_file(*arguments)
        elif event in _PROGRAMS:
            raise PermissionError("no program is run here")

    def _check_address(self, address: Any) -> None:
        if not isinstance(address, tuple):
            raise PermissionError("only internet addresses are reached from here")
        if not self._private and not is_public(str(address[0])):
            self.refused = True
            raise PermissionError("this address is not public")

    def _check_file(self, path: Any, mode: str | None, flags: int) -> None:
        if isinstance(path, int):
            return
        if flags & _WRITES or (mode is not None and set(mode) & set("wax+")):
            raise PermissionError("nothing is written here")
        name = os.path.realpath(os.fsdecode(path))
        if name.endswith(_CODE) or name in self._files or name.startswith(self._roots):
            return
        raise PermissionError("this file is not read here")


def is_public(host: str) -> bool:
    """Return whether an IP address is one of the internet; others, and names, are not."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
        if inner is not None:
            return is_public(str(inner))
        if address not in _UNICAST:
            return False
    return address.is_global and not address.is_multicast
