"""How waitress sends: in turns, and files from the disk to the socket without a copy.

waitress sends to one client for as long as it takes what is sent, while all others wait; and it
reads a file in parts as large as the socket's buffer, most of which it reads again.
"""

from __future__ import annotations

import logging
import os
import time
from typing import Any, Final

from waitress.buffers import ReadOnlyFileBasedBuffer
from waitress.channel import HTTPChannel
from waitress.server import BaseWSGIServer, MultiSocketServer

log = logging.getLogger("zapette.web")

TURN: Final = 512 << 10
"""How much one client is sent before others have their turn, in bytes."""

_SENDFILE: Final = getattr(os, "sendfile", None)


class FairChannel(HTTPChannel):
    """A connection that leaves others their turn."""

    outbufs: list[Any]

    def _flush_some(self, do_close: bool = True) -> bool:
        """Send what the client takes, `TURN` bytes at most; tell whether it took any."""
        left = TURN
        while left > 0:
            buffer = self.outbufs[0]
            # not len(): it cannot say more than 2 GiB on small machines
            if not buffer.__len__():
                if len(self.outbufs) == 1:
                    break
                self.outbufs.pop(0).close()
                continue
            sent = self._send_part(buffer, left, do_close=do_close)
            if not sent:
                break
            self.total_outbufs_len -= sent
            left -= sent
        if left == TURN:
            return False
        self.last_activity = time.time()
        return True

    def _send_part(self, buffer: Any, most: int, *, do_close: bool) -> int:
        if _SENDFILE is not None and isinstance(buffer, ReadOnlyFileBasedBuffer):
            sent = self._send_file(buffer, min(most, buffer.remain), do_close=do_close)
        else:
            sent = self.send(buffer.get(min(most, self.sendbuf_len)), do_close=do_close)
        if sent:
            buffer.skip(sent, True)
        return int(sent)

    def _send_file(self, buffer: ReadOnlyFileBasedBuffer, most: int, *, do_close: bool) -> int:
        file, socket = buffer.file, self.socket
        if socket is None:
            return 0
        try:
            sent = os.sendfile(socket.fileno(), file.fileno(), file.tell(), most)
        except BlockingIOError:
            return 0
        except ConnectionError:
            # a viewer that leaves in the middle is nothing to log
            if do_close:
                self.handle_close()
            return 0
        if sent == 0:
            log.warning("a file became shorter while it was sent")
            # the client was promised more: to end the connection is the only way to tell it
            self.will_close = True
        return sent


def make_fair(server: BaseWSGIServer | MultiSocketServer) -> None:
    """Have a server that was not run yet send in turns."""
    listeners = [server] if isinstance(server, BaseWSGIServer) else (server.map or {}).values()
    for listener in listeners:
        if isinstance(listener, BaseWSGIServer):
            listener.channel_class = FairChannel
