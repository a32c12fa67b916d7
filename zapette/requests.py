"""The requests that come to one callee: handled in order, and answered."""

from __future__ import annotations

import logging

from zapette.callee import BoundCall, Procedures
from zapette.connection import Connection
from zapette.errors import CallError, ProcedureFailed, Unavailable
from zapette.event_loop import LoopThread
from zapette.lanes import Job, Lanes
from zapette.messages import write_error
from zapette.subscriptions import Message
from zapette.topics import Callee

log = logging.getLogger("zapette.callee")


class Requests:
    """Takes the commands and requests to a callee; on the event loop's thread only.

    Args:
        connection: where they come from and answers go.
        loop: the event loop.
        lanes: what runs the procedures, in order.
        callee: whose they are.
        procedures: what there is.
    """

    def __init__(
        self,
        connection: Connection,
        loop: LoopThread,
        lanes: Lanes,
        callee: Callee,
        procedures: Procedures,
    ) -> None:
        self._connection = connection
        self._loop = loop
        self._lanes = lanes
        self._callee = callee
        self._procedures = procedures

    def subscribe(self) -> None:
        """Subscribe to the commands and requests."""
        for topic_filter in (self._callee.commands, self._callee.requests):
            self._connection.subscribe(topic_filter, self.take)

    def take(self, message: Message) -> None:
        """Take a command or a request."""
        request = self._callee.parse(message.topic)
        # a retained one is old: it would be executed again at each connection
        if request is None or message.retained:
            return
        answers = self._callee.answers_to(request, message.response_topic)
        if message.response_topic not in {None, answers}:
            log.warning("a response topic that is not below the caller's own was ignored")
        try:
            endpoint = self._procedures.find(request.procedure)
            job = self._job(endpoint.bind(message.payload), endpoint.is_async, answers, message)
            # A command does not tell who sent it: all of them are taken for one caller's.
            if not self._lanes.put(request.caller or "", job):
                raise ProcedureFailed("too many requests are waiting")
        except CallError as error:
            self._answer(answers, write_error(error), message.correlation)

    def _job(self, call: BoundCall, is_async: bool, answers: str | None, message: Message) -> Job:
        correlation = message.correlation

        async def run_async() -> None:
            self._answer(answers, await call.run_async(), correlation)

        def run() -> None:
            self._loop.post(self._answer, answers, call.run(), correlation)

        return Job(run_async if is_async else run, is_async)

    def _answer(self, topic: str | None, payload: bytes, correlation: bytes | None) -> None:
        if topic is None:
            return
        try:
            self._connection.publish(topic, payload, correlation=correlation)
        except Unavailable:
            log.debug("an answer could not be sent")
