"""The commands and requests to one callee, and their answers."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial

from zapette.client.calls.procedures import BoundCall, Procedures
from zapette.errors import CallError, ProcedureFailed, TooLarge, Unavailable
from zapette.mqtt.event_loop import LoopThread
from zapette.mqtt.ordered_executor import Job, OrderedExecutor
from zapette.mqtt.persistent_connection import PersistentConnection
from zapette.mqtt.subscriptions import Message
from zapette.protocol.messages import write_error
from zapette.protocol.topics import Callee

log = logging.getLogger("zapette.callee")


class IncomingCalls:
    """Handles the commands and requests to a callee; on the event loop's thread only, once it runs.

    Args:
        connection: receives them and sends the answers.
        loop: the event loop.
        executor: runs the procedures.
        callee: the callee.
        procedures: its procedures.
    """

    def __init__(
        self,
        connection: PersistentConnection,
        loop: LoopThread,
        executor: OrderedExecutor,
        callee: Callee,
        procedures: Procedures,
    ) -> None:
        self._connection = connection
        self._loop = loop
        self._executor = executor
        self._callee = callee
        self._procedures = procedures

    def subscribe(self) -> None:
        """Subscribe to the commands and requests."""
        for topic_filter in (self._callee.commands, self._callee.requests):
            self._connection.subscribe(topic_filter, self.take, needed=True)

    def take(self, message: Message) -> None:
        """Handle a command or a request."""
        request = self._callee.parse(message.topic)
        # a retained request would run again after each connection
        if request is None or message.retained:
            return
        answers = self._callee.answers_to(request, message.response_topic)
        if message.response_topic not in {None, answers}:
            log.warning("ignored a response topic that is not below the caller's own")
        procedure = request.procedure
        answer = partial(self._answer, procedure, answers, message.correlation)
        try:
            endpoint = self._procedures.find(procedure)
            job = self._job(endpoint.bind(message.payload), endpoint.is_async, answer)
            if not self._run(job, request.caller):
                raise ProcedureFailed("too many requests are waiting")
        except CallError as error:
            answer(write_error(error))

    def _run(self, job: Job, caller: str | None) -> bool:
        # a call to itself may come from a handler that still runs: it must not wait for it
        if job.is_async or caller == self._connection.client_id:
            return self._executor.start(job)
        # commands name no caller: all of them share one queue
        return self._executor.put(caller or "", job)

    def _job(self, call: BoundCall, is_async: bool, answer: Callable[[bytes], None]) -> Job:
        async def run_async() -> None:
            answer(await call.run_async())

        def run() -> None:
            self._loop.post(answer, call.run())

        return Job(run_async if is_async else run, is_async)

    def _answer(
        self, procedure: str, topic: str | None, correlation: bytes | None, payload: bytes
    ) -> None:
        if topic is None:
            return
        try:
            self._connection.publish(topic, payload, correlation=correlation)
        except TooLarge as error:
            log.error("procedure %s: cannot send the result: %s", procedure, error)  # noqa: TRY400
            failure = ProcedureFailed(f"the result of {procedure} cannot be sent: {error}")
            self._connection.publish(topic, write_error(failure), correlation=correlation)
        except Unavailable:
            log.debug("dropped an answer: not connected")
