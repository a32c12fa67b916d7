"""A network between a phone and the system that can be cut: packets vanish, nothing is closed."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import Final, Self

HOST: Final = "127.0.0.2"
"""Where the phone finds the system: another address of the loopback, with the same ports."""


class Wire:
    """Carries TCP from `HOST` to the same ports of 127.0.0.1.

    What is sent while it is cut is not lost but late, as TCP sends it again once the network is
    back; and who connects meanwhile gets no answer.
    """

    def __init__(self, *ports: int) -> None:
        self._ports = ports
        self._whole = threading.Event()
        self._whole.set()
        self._sockets: list[socket.socket] = []
        self._stopping = False

    def __enter__(self) -> Self:
        for port in self._ports:
            listener = socket.create_server((HOST, port))
            self._sockets.append(listener)
            self._spawn(self._accept, listener, port)
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping = True
        self._whole.set()
        for one in self._sockets:
            # a thread that waits in accept or recv is woken by this, not by close
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def cut(self) -> None:
        self._whole.clear()

    def mend(self) -> None:
        self._whole.set()

    def _spawn(self, target: object, *arguments: object) -> None:
        threading.Thread(target=target, args=arguments, daemon=True).start()  # type: ignore[arg-type]

    def _accept(self, listener: socket.socket, port: int) -> None:
        with suppress(OSError):
            while True:
                near, _ = listener.accept()
                self._sockets.append(near)
                self._spawn(self._connect, near, port)

    def _connect(self, near: socket.socket, port: int) -> None:
        self._whole.wait()
        try:
            far = socket.create_connection(("127.0.0.1", port))
        except OSError:
            near.close()
            return
        self._sockets.append(far)
        self._spawn(self._carry, near, far)
        self._spawn(self._carry, far, near)

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 16):
                self._whole.wait()
                sink.sendall(data)
            self._whole.wait()
        for one, how in ((sink, socket.SHUT_WR), (source, socket.SHUT_RD)):
            with suppress(OSError):
                one.shutdown(how)
