"""An event loop on a thread of its own, to which other threads post work."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

log = logging.getLogger("zapette.client")

T = TypeVar("T")


class LoopThread:
    """Runs an event loop from `start` to `stop`.

    A connection lives on this one thread and needs no locks. Other threads post their work; a
    burst of posts wakes the thread once.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._inbox: deque[tuple[Callable[..., object], tuple[Any, ...]]] = deque()
        self._woken = False
        self._tasks: set[asyncio.Task[Any]] = set()
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

    def check_ended(self) -> None:
        """Raise RuntimeError if the thread has not ended."""
        if self.is_running:
            raise RuntimeError("a handler still blocks the event loop")

    def start(self) -> None:
        """Start the thread."""
        self._stopping = False
        self._inbox.clear()
        self._loop = _new_loop()
        # last: work that is posted meanwhile, to the earlier loop, wakes nobody
        self._woken = False
        self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
        self._thread.start()

    def stop(self, timeout: float = 5.0) -> None:
        """Cancel the tasks, end the loop, and wait for the thread."""
        if self.is_running:
            self.post(self._stop)
        if not self.is_current:
            self.join(timeout)

    def join(self, timeout: float) -> None:
        """Wait at most `timeout` seconds for the thread to end; not on the thread itself."""
        if self._thread is not None:
            self._thread.join(timeout)

    def post(self, function: Callable[..., object], *arguments: Any) -> None:
        """Call `function` on the loop's thread, in the order of one thread's posts."""
        self._inbox.append((function, arguments))
        # a set flag promises a later `_take`, which clears it before it reads the inbox
        if not self._woken:
            self._woken = True
            try:
                self.loop.call_soon_threadsafe(self._take)
            except RuntimeError:
                log.debug("dropped work: the event loop has ended")

    def spawn(self, coroutine: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
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
            except BaseException:  # later work must still run
                log.exception("work on the event loop failed")

    def _done(self, task: asyncio.Task[Any]) -> None:
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
        """Run the loop until it is stopped; ``sys.exit()`` in a task does not end the service."""
        try:
            self.loop.run_forever()
        except (SystemExit, KeyboardInterrupt):
            log.exception("a task tried to end the event loop")

    def _stop(self) -> None:
        self._stopping = True
        self.loop.stop()

    def _close(self) -> None:
        """Cancel the tasks, so that connections close and the broker publishes their wills."""
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
        import uvloop  # noqa: PLC0415 - optional for the client
    except ImportError:
        # the default of Windows cannot watch sockets
        return asyncio.SelectorEventLoop()
    return uvloop.new_event_loop()


def complete(future: asyncio.Future[None], error: BaseException | None) -> None:
    """Complete a future, with `error` if there is one; do nothing if it has ended."""
    if future.done():
        return
    if error is None:
        future.set_result(None)
    else:
        future.set_exception(error)
