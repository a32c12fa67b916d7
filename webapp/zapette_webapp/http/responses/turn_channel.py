"""Sending in turns, for waitress.

By itself, waitress sends to one client until its socket is full, while all others wait. It reads a
file in parts of the size of the socket's buffer, and reads most of each part again.
"""

from __future__ import annotations

import logging
import os
import time
from typing import Any, Final

from waitress.buffers import ReadOnlyFileBasedBuffer
from waitress.channel import HTTPChannel

log = logging.getLogger("zapette.web")

TURN: Final = 512 << 10
"""The most bytes sent to one client in a turn."""

_SENDFILE: Final = getattr(os, "sendfile", None)


class TurnChannel(HTTPChannel):
    """A connection that sends one part of an answer at a time."""

    outbufs: list[Any]

    def sent(self, *, has_taken: bool) -> None:
        """Note the end of a turn, in which the client has taken some bytes or none."""

    def _flush_some(self, do_close: bool = True) -> bool:
        """Send at most `TURN` bytes; tell whether the client took any."""
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
        has_taken = left < TURN
        if has_taken:
            self.last_activity = time.time()
        self.sent(has_taken=has_taken)
        return has_taken

    def _send_part(self, buffer: Any, most: int, *, do_close: bool) -> int:
        if _SENDFILE is not None and isinstance(buffer, ReadOnlyFileBasedBuffer):
            sent = self._send_file(buffer, min(most, buffer.remain), do_close=do_close)
        else:
            sent = self.send(buffer.get(min(most, self.sendbuf_len)), do_close=do_close)
        if sent:
            buffer.skip(sent, True)
        return int(sent)

    def _send_file(self, buffer: ReadOnlyFileBasedBuffer, most: int, *, do_close: bool) -> int:
        file, sink = buffer.file, self.socket
        if sink is None:
            return 0
        try:
            sent = os.sendfile(sink.fileno(), file.fileno(), file.tell(), most)
        except BlockingIOError:
            return 0
        except ConnectionError:
            # A viewer may leave at any time.
            if do_close:
                self.handle_close()
            return 0
        if sent == 0:
            log.warning("a file became shorter while it was sent")
            # The client expects more bytes: only the end of the connection can show the error.
            self.will_close = True
        return sent
