"""An event loop on a thread of its own, to which other threads hand work."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any

log = logging.getLogger("zapette.client")


class LoopThread:
    """Runs an event loop from `start` to `stop`.

    What belongs to a connection happens on this one thread, so that it needs no locks. Others hand
    their work over with `post`, and many pieces of it cost one waking of the thread.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._inbox: deque[tuple[Callable[..., object], tuple[Any, ...]]] = deque()
        self._woken = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = False

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop; RuntimeError before `start`."""
        if self._loop is None:
            raise RuntimeError("the event loop was not started")
        return self._loop

    @property
    def is_current(self) -> bool:
        """Whether the calling thread is the loop's."""
        return threading.current_thread() is self._thread

    @property
    def is_running(self) -> bool:
        """Whether the thread was started and has not ended."""
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> None:
        """Start the thread."""
        self._stopping = self._woken = False
        self._inbox.clear()
        self._loop = _new_loop()
        self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
        self._thread.start()

    def stop(self, timeout: float = 5.0) -> None:
        """Cancel what runs on the loop, end it, and wait for the thread."""
        if self.is_running:
            self.post(self._stop)
        if not self.is_current:
            self.join(timeout)

    def join(self, timeout: float) -> None:
        """Wait for the thread to end, but at most `timeout` seconds; not on the thread itself."""
        if self._thread is not None:
            self._thread.join(timeout)

    def post(self, function: Callable[..., object], *arguments: Any) -> None:
        """Have `function` called on the loop's thread, in the order of the posts of a thread."""
        self._inbox.append((function, arguments))
        # Who finds the flag set can rely on a `_take` to come, which clears it before it looks.
        if not self._woken:
            self._woken = True
            try:
                self.loop.call_soon_threadsafe(self._take)
            except RuntimeError:
                log.debug("work for a loop that has ended was dropped")

    def spawn(self, coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run `coroutine` as a task; on the loop's thread only."""
        task = self.loop.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _take(self) -> None:
        self._woken = False
        inbox = self._inbox
        while inbox:
            function, arguments = inbox.popleft()
            try:
                function(*arguments)
            except BaseException:  # what was posted after it is to run as well
                log.exception("work on the event loop failed")

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("a task on the event loop failed", exc_info=task.exception())

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        try:
            while not self._stopping:
                self._run_on()
        finally:
            self._close()

    def _run_on(self) -> None:
        """Run the loop until it is stopped, or something on it would end the program.

        ``sys.exit()`` in a task that a handler began, or a stopped loop, ends no service.
        """
        try:
            self.loop.run_forever()
        except (SystemExit, KeyboardInterrupt):
            log.exception("a task tried to end the event loop")

    def _stop(self) -> None:
        self._stopping = True
        self.loop.stop()

    def _close(self) -> None:
        """Cancel what runs, so that a connection is closed and its will published."""
        try:
            for task in (left := asyncio.all_tasks(self.loop)):
                task.cancel()
            self.loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
            self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        finally:
            asyncio.set_event_loop(None)
            self.loop.close()


def _new_loop() -> asyncio.AbstractEventLoop:
    try:
        import uvloop  # noqa: PLC0415 - the client alone does without it
    except ImportError:
        # the default of Windows cannot watch sockets
        return asyncio.SelectorEventLoop()
    return uvloop.new_event_loop()
