"""What an application does when something comes: its handlers, run in order and never lost."""

from __future__ import annotations

import inspect
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

from zapette.client.client import Client
from zapette.client.procedures import is_async, is_cancellation
from zapette.mqtt.ordered_executor import Job
from zapette.mqtt.subscriptions import Filter, Message

log = logging.getLogger("zapette.application")

Signal = Literal["joined", "left"]
SIGNALS: Final = ("joined", "left")


@dataclass(frozen=True, slots=True)
class Event:
    """A message that a subscription brought.

    Attributes:
        topic: where it was published.
        payload: what it says, in bytes.
        retained: whether the broker had kept it.
    """

    topic: str
    payload: bytes
    retained: bool

    @property
    def value(self) -> Any:
        """What the payload says: the JSON value, or else the text, or else the bytes."""
        try:
            text = self.payload.decode()
        except UnicodeDecodeError:
            return self.payload
        try:
            return json.loads(text)
        except ValueError:
            return text


class Subscriber:
    """A handler of messages: it takes the event, and then what each wildcard stands for.

    It may take fewer of them, or none.

    Raises:
        TypeError: it takes more than there is.
    """

    def __init__(self, topic_filter: str, function: Callable[..., Any]) -> None:
        self.filter = Filter(topic_filter)
        self._function = function
        self._most = _positional(function)
        wildcards = sum(level in {"+", "#"} for level in topic_filter.split("/"))
        if self._most is not None and _required(function) > 1 + wildcards:
            raise TypeError(f"a handler of {topic_filter!r} is given {1 + wildcards} arguments")

    def job(self, message: Message) -> Job:
        """Return the job that handles `message`."""
        event = Event(message.topic, message.payload, message.retained)
        wildcards = self.filter.wildcards(message.topic) or ()
        return guarded(self._function, *(event, *wildcards)[: self._most])


def guarded(function: Callable[..., Any], *arguments: Any) -> Job:
    """Return a job that calls `function`, and logs what it raises with its traceback."""
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
        except BaseException:  # sys.exit() ends no thread of ours
            log.exception("the handler %s failed", name)

    return Job(run_async, is_async=True) if is_async(function) else Job(run, is_async=False)


def put(client: Client, queue: str, job: Job) -> None:
    """Run a job after those of its queue before it; drop it, and say so, if too many wait."""
    if not client.executor.put(queue, job):
        log.warning("too many messages wait for their handler: one was dropped")


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
