"""The server of the floor: the files of its folder, and a WebSocket between player and remotes."""

from __future__ import annotations

import asyncio
import sys
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

from picows import WSFrame, WSListener, WSMsgType, WSTransport, WSUpgradeRequest, ws_create_server


class _Connection(WSListener):
    """One connection; its messages go to all connections of the other side."""

    def __init__(self, own: list[WSTransport], other: list[WSTransport]) -> None:
        self._own = own
        self._other = other

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._own.append(transport)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self._own.remove(transport)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.TEXT:
            payload = frame.get_payload_as_bytes()
            for other in self._other:
                other.send(WSMsgType.TEXT, payload)
        elif frame.msg_type == WSMsgType.CLOSE:
            transport.disconnect()


class _Files(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass


async def _relay(port: int) -> None:
    players: list[WSTransport] = []
    remotes: list[WSTransport] = []

    def listener(request: WSUpgradeRequest) -> WSListener:
        sides = (players, remotes) if request.path == b"/player" else (remotes, players)
        return _Connection(*sides)

    server = await ws_create_server(listener, "127.0.0.1", port)
    await server.serve_forever()


def main() -> None:
    """Serve on the HTTP port and the WebSocket port of the command line."""
    http_port, ws_port = map(int, sys.argv[1:])
    files = ThreadingHTTPServer(("127.0.0.1", http_port), _Files)
    threading.Thread(target=files.serve_forever, daemon=True).start()
    asyncio.run(_relay(ws_port))


if __name__ == "__main__":
    main()
