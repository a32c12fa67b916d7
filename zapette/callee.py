"""What answers calls: the procedures of one callee and how a request reaches them."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Mapping
from typing import Any

from zapette.errors import CallError, InvalidArgument, NoSuchProcedure, ProcedureFailed
from zapette.messages import read_parameters, write_error, write_result

log = logging.getLogger("zapette.callee")

Procedure = Callable[..., Any]
"""A function that takes the parameters and returns a result that JSON can hold."""


def answer(procedures: Mapping[str, Procedure], procedure: str, payload: bytes) -> bytes:
    """Run a procedure on the parameters in `payload` and return the payload of the answer.

    An exception that is not a `CallError` becomes ``runtime_error`` for the caller, and is logged
    with its traceback.
    """
    try:
        function = procedures.get(procedure)
        if function is None:
            raise NoSuchProcedure(f"there is no procedure {procedure!r} here")
        return write_result(_run(function, procedure, payload))
    except CallError as error:
        return write_error(error)


def _run(function: Procedure, procedure: str, payload: bytes) -> Any:
    parameters = read_parameters(payload)
    try:
        bound = inspect.signature(function).bind(*parameters.positional, **parameters.named)
    except TypeError as error:
        raise InvalidArgument(f"{procedure}: {error}") from None
    try:
        return function(*bound.args, **bound.kwargs)
    except CallError:
        raise
    except Exception as error:
        log.exception("procedure %s failed", procedure)
        raise ProcedureFailed(f"{type(error).__name__}: {error}") from error
