"""The procedures of one callee, and how a request becomes an answer; no I/O."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Callable, Mapping
from typing import Any

from zapette.client.calls.arguments import Signature
from zapette.errors import CallError, NoSuchProcedure, ProcedureFailed, TopicError
from zapette.protocol.messages import read_parameters, write_error, write_result
from zapette.protocol.topics import is_procedure

log = logging.getLogger("zapette.callee")

Procedure = Callable[..., Any]
"""A function, perhaps ``async``, from parameters to a JSON value."""


class Endpoint:
    """One procedure.

    Attributes:
        is_async: whether it runs on an event loop.

    Raises:
        TypeError: a type hint of the function cannot be checked.
    """

    __slots__ = ("_function", "_name", "_signature", "is_async")

    def __init__(self, name: str, function: Procedure) -> None:
        self.is_async = is_async(function)
        self._name = name
        self._function = function
        self._signature = Signature(function)

    def describe(self) -> dict[str, Any]:
        """Return its name, its parameters, and the first line of its docstring."""
        # callable objects and partial functions have the docstring of their class
        text = inspect.getdoc(self._function) if inspect.isroutine(self._function) else ""
        about = (text or "").partition("\n")[0]
        return {"name": self._name, "parameters": self._signature.describe(), "about": about}

    def bind(self, payload: bytes) -> BoundCall:
        """Return the call with the parameters in `payload`.

        Raises:
            InvalidArgument: the function does not take them.
        """
        arguments = self._signature.bind(self._name, read_parameters(payload))
        return BoundCall(self._name, self._function, *arguments)


class BoundCall:
    """A procedure with its arguments."""

    __slots__ = ("_args", "_function", "_kwargs", "_name")

    def __init__(
        self, name: str, function: Procedure, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        self._name = name
        self._function = function
        self._args = args
        self._kwargs = kwargs

    def run(self) -> bytes:
        """Run the procedure, and return the payload of the answer."""
        try:
            result = self._function(*self._args, **self._kwargs)
        except BaseException as error:  # noqa: BLE001 - also sys.exit(): every failure is an answer
            return self._failure(error)
        return self._success(result)

    async def run_async(self) -> bytes:
        """Run the procedure on the event loop, and return the payload of the answer."""
        try:
            result = await self._function(*self._args, **self._kwargs)
        except BaseException as error:  # noqa: BLE001 - also sys.exit() and cancellation
            return self._cancelled() if is_cancellation(error) else self._failure(error)
        return self._success(result)

    def _success(self, result: Any) -> bytes:
        try:
            return write_result(result)
        except ValueError as error:
            log.error("procedure %s: the result %s", self._name, error)  # noqa: TRY400
            return write_error(ProcedureFailed(f"the result of {self._name} {error}"))

    def _failure(self, error: BaseException) -> bytes:
        """Return the error for the caller; log the traceback of an unexpected one."""
        if isinstance(error, CallError):
            return write_error(error)
        log.error("procedure %s failed", self._name, exc_info=error)
        return write_error(ProcedureFailed(_in_words(error)))

    def _cancelled(self) -> bytes:
        # no warning: every stop of the program cancels what still runs
        log.debug("procedure %s was cancelled", self._name)
        return write_error(ProcedureFailed(f"{self._name} was cancelled"))


class Procedures:
    """The procedures of one callee, by name; you can add some while requests come.

    The procedure ``procedures`` lists them, unless you add one of that name.
    """

    def __init__(self, procedures: Mapping[str, Procedure] | None = None) -> None:
        self._own = {"procedures": Endpoint("procedures", self.describe)}
        self._endpoints: dict[str, Endpoint] = {}
        for name, function in (procedures or {}).items():
            self.add(name, function)

    def __iter__(self) -> Any:
        return iter(self._endpoints)

    def add(self, name: str, function: Procedure) -> None:
        """Add a procedure.

        Raises:
            TopicError: the name is not levels of ``[a-z0-9_]+``, or is taken.
            TypeError: a type hint of the function cannot be checked.
        """
        if not is_procedure(name):
            raise TopicError(f"procedure {name!r}: levels of a-z, 0-9 and _ are needed")
        if name in self._endpoints:
            raise TopicError(f"procedure {name!r} is registered already")
        self._endpoints[name] = Endpoint(name, function)

    def describe(self) -> list[dict[str, Any]]:
        """List the procedures and their parameters."""
        return [self._endpoints[name].describe() for name in sorted(self._endpoints)]

    def find(self, name: str) -> Endpoint:
        """Return the procedure `name`.

        Raises:
            NoSuchProcedure: there is none.
        """
        endpoint = self._endpoints.get(name) or self._own.get(name)
        if endpoint is None:
            raise NoSuchProcedure(f"there is no procedure {name!r} here")
        return endpoint


def is_async(function: Callable[..., Any]) -> bool:
    """Return whether `function` returns an awaitable."""
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(
        getattr(function, "__call__", None)  # noqa: B004 - the method itself
    )


def is_cancellation(error: BaseException) -> bool:
    """Return whether `error` cancels the current task from outside."""
    if not isinstance(error, asyncio.CancelledError):
        return False
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _in_words(error: BaseException) -> str:
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - code of a program
        text = "its message cannot be read"
    return f"{type(error).__name__}: {text}"
