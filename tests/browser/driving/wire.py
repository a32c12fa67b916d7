"""A network between a phone and the system that can be cut: packets vanish, nothing is closed."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import Final, Self

HOST: Final = "127.0.0.2"
"""Where the phone finds the system: another address of the loopback, with the same ports."""


class Wire:
    """Carries TCP from `host` to the same ports of 127.0.0.1.

    What is sent while it is cut is not lost but late, as TCP sends it again once the network is
    back; and who connects meanwhile gets no answer.
    """

    def __init__(self, *ports: int, host: str = HOST) -> None:
        self.host = host
        self._ports = ports
        self._whole = threading.Event()
        self._whole.set()
        self._sockets: set[socket.socket] = set()
        self._listeners: set[socket.socket] = set()

    def __enter__(self) -> Self:
        for port in self._ports:
            listener = socket.create_server((self.host, port))
            self._sockets.add(listener)
            self._listeners.add(listener)
            self._spawn(self._accept, listener, port)
        return self

    def __exit__(self, *_: object) -> None:
        self._whole.set()
        for one in list(self._sockets):
            # a thread that waits in accept or recv is woken by this, not by close
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def cut(self) -> None:
        self._whole.clear()

    def mend(self) -> None:
        self._whole.set()

    def drop(self) -> None:
        """End every connection that there is; new ones can be made."""
        for one in list(self._sockets - self._listeners):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def _spawn(self, target: object, *arguments: object) -> None:
        threading.Thread(target=target, args=arguments, daemon=True).start()  # type: ignore[arg-type]

    def _accept(self, listener: socket.socket, port: int) -> None:
        with suppress(OSError):
            while True:
                near, _ = listener.accept()
                self._sockets.add(near)
                self._spawn(self._connect, near, port)

    def _connect(self, near: socket.socket, port: int) -> None:
        self._whole.wait()
        with near:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port)) as far:
                self._sockets.add(far)
                back = threading.Thread(target=self._carry, args=(far, near), daemon=True)
                back.start()
                self._carry(near, far)
                back.join()
                self._sockets.discard(far)
            self._sockets.discard(near)

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 16):
                self._whole.wait()
                sink.sendall(data)
            self._whole.wait()
        for one, how in ((sink, socket.SHUT_WR), (source, socket.SHUT_RD)):
            with suppress(OSError):
                one.shutdown(how)
