"""The floor's server: two bare pages, and a WebSocket that hands what one says to the other."""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

from picows import WSFrame, WSListener, WSMsgType, WSTransport, WSUpgradeRequest, ws_create_server

from zapette.config import ROOT

_PAGES: Final = Path(__file__).parent / "floor"


class _Side:
    """All connections of one kind, and the kind that hears what they say."""

    def __init__(self) -> None:
        self.members: list[WSTransport] = []

    def say(self, payload: bytes) -> None:
        for member in self.members:
            member.send(WSMsgType.TEXT, payload)


class _Ear(WSListener):
    """One connection; what it says goes to all of the other side."""

    def __init__(self, own: _Side, other: _Side) -> None:
        self._own = own
        self._other = other

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._own.members.append(transport)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self._own.members.remove(transport)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.TEXT:
            self._other.say(frame.get_payload_as_bytes())
        elif frame.msg_type == WSMsgType.CLOSE:
            transport.disconnect()


class _Handler(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass


async def _relay(port: int) -> None:
    players, remotes = _Side(), _Side()

    def listener(request: WSUpgradeRequest) -> WSListener:
        is_player = request.path == b"/player"
        return _Ear(players, remotes) if is_player else _Ear(remotes, players)

    server = await ws_create_server(listener, "127.0.0.1", port)
    await server.serve_forever()


def serve(http_port: int, ws_port: int) -> None:
    """Serve the bare pages and the relay until the process is ended."""
    with tempfile.TemporaryDirectory() as folder:
        for file in [*_PAGES.iterdir(), ROOT / "samples" / "zapette.webm"]:
            shutil.copy(file, Path(folder) / file.name)
        (Path(folder) / "zapette.webm").rename(Path(folder) / "clip.webm")
        pages = ThreadingHTTPServer(("127.0.0.1", http_port), partial(_Handler, directory=folder))
        threading.Thread(target=pages.serve_forever, daemon=True).start()
        asyncio.run(_relay(ws_port))


if __name__ == "__main__":
    serve(int(sys.argv[1]), int(sys.argv[2]))
