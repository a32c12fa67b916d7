"""Connections that another process accepted and hands over, with the bytes it has read of each.

A web server on the same machine keeps the public port to itself: it accepts a connection, reads the
request that opens a WebSocket, and hands the socket to the broker through a Unix socket
(SCM_RIGHTS, unix(7)). From then on the two have nothing to do with each other's bytes.

Each handover is a connection of its own on that Unix socket, with one message: the socket, and
`Handover.encode`.
"""

from __future__ import annotations

import array
import os
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

IS_SUPPORTED: Final = hasattr(socket, "AF_UNIX") and hasattr(socket, "send_fds")
"""Whether this system has Unix sockets and Python can send open files through them."""

LARGEST: Final = 64 << 10
"""The largest message, in bytes."""

_HEAD: Final = struct.Struct(">IB")
_LONGEST_PATH: Final = 100
_OWN_FILES: Final = Path("/proc/self/fd")


class HandoverError(Exception):
    """A socket could not be handed over, or a message is malformed; the text says why."""


@dataclass(frozen=True, slots=True)
class Handover:
    """What a socket is handed over with.

    Attributes:
        peer: the address of the client, without the port; at most 255 bytes.
        first: what the client has sent so far.
    """

    peer: str
    first: bytes

    def encode(self) -> bytes:
        """Return the message: its length (4 bytes), the address after its length (1), `first`.

        Raises:
            HandoverError: it is larger than `LARGEST`.
        """
        peer = self.peer.encode()[:255]
        size = _HEAD.size + len(peer) + len(self.first)
        if size > LARGEST:
            raise HandoverError(f"a message of {size} bytes")
        return _HEAD.pack(size, len(peer)) + peer + self.first


def decode(data: bytes) -> Handover | None:
    """Return the handover that `data` holds; None if more bytes are needed.

    Raises:
        HandoverError: it is malformed.
    """
    if len(data) < _HEAD.size:
        return None
    size, width = _HEAD.unpack_from(data)
    start = _HEAD.size + width
    if not start <= size <= LARGEST or len(data) > size:
        raise HandoverError("a malformed message")
    if len(data) < size:
        return None
    try:
        return Handover(data[_HEAD.size : start].decode(), data[start:])
    except UnicodeDecodeError:
        raise HandoverError("an address that is not text") from None


def hand_over(path: Path, client: socket.socket, handover: Handover) -> None:
    """Give `client` to the broker that listens on `path`; the caller then closes its own copy.

    It never waits.

    Raises:
        HandoverError: nobody listens there, or too many wait to be taken.
    """
    message = handover.encode()
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link, reachable(path) as name:
            link.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2 * LARGEST)
            link.setblocking(False)
            link.connect(name)
            sent = socket.send_fds(link, [message], [client.fileno()])
    except OSError as error:
        raise HandoverError(error.strerror or str(error)) from error
    if sent < len(message):
        raise HandoverError(f"only {sent} of {len(message)} bytes were taken")


def listen(path: Path, backlog: int) -> socket.socket:
    """Return a Unix socket that listens on `path`, for this user only; replaces what is there.

    Raises:
        OSError: the file system does not allow it.
    """
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    new = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        listening.setblocking(False)
        # not chmod, which some file systems refuse, and which would be late
        mask = os.umask(0o077)
        try:
            with reachable(new) as name:
                listening.bind(name)
        finally:
            os.umask(mask)
        listening.listen(backlog)
        # others find either the socket before or this one
        new.replace(path)
    except BaseException:
        listening.close()
        new.unlink(missing_ok=True)
        raise
    return listening


def receive(link: socket.socket) -> tuple[bytes, list[socket.socket]]:
    """Return what has come on a connection of the Unix socket: no bytes at its end.

    Raises:
        OSError: nothing is there yet, or the connection is broken.
    """
    flags = getattr(socket, "MSG_CMSG_CLOEXEC", 0)
    space = socket.CMSG_SPACE(4 * array.array("i").itemsize)
    data, ancillary, _, _ = link.recvmsg(LARGEST, space, flags)
    sockets = []
    for level, kind, content in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            numbers = array.array("i")
            numbers.frombytes(content[: len(content) - len(content) % numbers.itemsize])
            sockets += [socket.socket(fileno=number) for number in numbers]
    return data, sockets


@contextmanager
def reachable(path: Path) -> Iterator[str]:
    """Provide a name for a Unix socket; names are 100 bytes at most, and paths can be longer."""
    if len(os.fsencode(path)) <= _LONGEST_PATH or not _OWN_FILES.exists():
        yield str(path)
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield str(_OWN_FILES / str(folder) / path.name)
    finally:
        os.close(folder)
