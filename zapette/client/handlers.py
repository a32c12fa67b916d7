"""The handlers of an application's messages and signals."""

from __future__ import annotations

import inspect
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

from zapette.client.calls.procedures import is_async, is_cancellation
from zapette.client.client import Client
from zapette.mqtt.ordered_executor import Job
from zapette.mqtt.subscriptions import Filter, Message

log = logging.getLogger("zapette.application")

Signal = Literal["joined", "left"]
SIGNALS: Final = ("joined", "left")


@dataclass(frozen=True, slots=True)
class Event:
    """A message of a subscription.

    Attributes:
        topic: its topic.
        payload: its payload.
        retained: whether the broker had retained it.
    """

    topic: str
    payload: bytes
    retained: bool

    @property
    def value(self) -> Any:
        """The payload as a JSON value, else as text, else as bytes."""
        try:
            text = self.payload.decode()
        except UnicodeDecodeError:
            return self.payload
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return text


class Subscriber:
    """A message handler; its arguments are the event and the levels that wildcards match.

    It may take fewer arguments.

    Raises:
        TypeError: it needs more arguments.
    """

    def __init__(self, topic_filter: str, function: Callable[..., Any]) -> None:
        self.filter = Filter(topic_filter)
        self._function = function
        self._most = _positional(function)
        wildcards = sum(level in {"+", "#"} for level in topic_filter.split("/"))
        if self._most is not None and _required(function) > 1 + wildcards:
            raise TypeError(f"a handler of {topic_filter!r} receives {1 + wildcards} arguments")

    def job(self, message: Message) -> Job:
        """Return the job that handles `message`."""
        event = Event(message.topic, message.payload, message.retained)
        wildcards = self.filter.wildcards(message.topic) or ()
        return guarded(self._function, *(event, *wildcards)[: self._most])


def guarded(function: Callable[..., Any], *arguments: Any) -> Job:
    """Return a job that calls `function` and logs its exceptions."""
    name = getattr(function, "__name__", repr(function))

    async def run_async() -> None:
        try:
            await function(*arguments)
        except BaseException as error:
            if is_cancellation(error):
                raise
            log.exception("the handler %s failed", name)

    def run() -> None:
        try:
            function(*arguments)
        except BaseException:  # also sys.exit()
            log.exception("the handler %s failed", name)

    return Job(run_async, is_async=True) if is_async(function) else Job(run, is_async=False)


def put(client: Client, queue: str, job: Job) -> None:
    """Run a job after the earlier ones of its queue; drop and log it if too many wait."""
    if not client.executor.put(queue, job):
        log.warning("dropped a message: too many wait for their handler")


def _positional(function: Callable[..., Any]) -> int | None:
    """Return how many positional arguments `function` takes; None for any number."""
    parameters = inspect.signature(function).parameters.values()
    if any(each.kind is each.VAR_POSITIONAL for each in parameters):
        return None
    return sum(
        each.kind in {each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD} for each in parameters
    )


def _required(function: Callable[..., Any]) -> int:
    return sum(
        each.default is each.empty
        and each.kind in {each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD}
        for each in inspect.signature(function).parameters.values()
    )
