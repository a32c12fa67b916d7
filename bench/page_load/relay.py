"""The relay of the floor: a WebSocket between player and remotes, on the port it is given."""

from __future__ import annotations

import asyncio
import sys

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


async def _relay(port: int) -> None:
    players: list[WSTransport] = []
    remotes: list[WSTransport] = []

    def listener(request: WSUpgradeRequest) -> WSListener:
        sides = (players, remotes) if request.path == b"/player" else (remotes, players)
        return _Connection(*sides)

    server = await ws_create_server(listener, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_relay(int(sys.argv[1])))
