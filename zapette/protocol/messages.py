"""The payloads of the wire contract (docs/protocol.md, "Parameters" and "Errors"); no I/O."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn

from zapette.errors import CallError, InvalidArgument
from zapette.protocol.values import write_json

MAX_PARAMETERS: Final = 64 * 1024
"""The longest payload of parameters, in bytes."""

MAX_MESSAGE: Final = 8 * 1024
"""The longest error message, in characters; the rest is cut off."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """The parameters of a call: by position, by name, or none."""

    positional: tuple[Any, ...] = ()
    named: dict[str, Any] = field(default_factory=dict)


def read_parameters(payload: bytes) -> Parameters:
    """Return the parameters in `payload`.

    Raises:
        InvalidArgument: it is over 64 KiB, not UTF-8, or starts with ``[`` or ``{`` but is not
            JSON.
    """
    if len(payload) > MAX_PARAMETERS:
        raise InvalidArgument(f"the parameters are {len(payload)} bytes; {MAX_PARAMETERS} at most")
    try:
        text = payload.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidArgument(f"the parameters are not UTF-8 (byte {error.start})") from None
    if not text:
        return Parameters()
    structured = text.startswith(("[", "{"))
    try:
        value = _DECODER.decode(text)
    except (ValueError, RecursionError) as error:
        if structured:
            raise InvalidArgument(f"the parameters are not JSON: {error}") from None
        return Parameters((text,))
    if isinstance(value, dict):
        # after white space, `{` and `[` are plain text
        return Parameters((), value) if structured else Parameters((text,))
    if isinstance(value, list):
        return Parameters(tuple(value)) if structured else Parameters((text,))
    return Parameters((value,))


def write_parameters(
    positional: tuple[Any, ...] = (), named: dict[str, Any] | None = None
) -> bytes:
    """Return the payload of a call.

    Raises:
        InvalidArgument: both kinds are given, a value is not JSON, or the payload is too long.
    """
    if positional and named:
        raise InvalidArgument("parameters are given by position or by name, not both")
    if not positional and not named:
        return b""
    try:
        payload = write_json(named or list(positional))
    except ValueError as error:
        raise InvalidArgument(f"the parameters: {error}") from None
    if len(payload) > MAX_PARAMETERS:
        raise InvalidArgument(f"the parameters are {len(payload)} bytes; {MAX_PARAMETERS} at most")
    return payload


def write_result(result: Any) -> bytes:
    """Return the payload of an answer with a result.

    Raises:
        ValueError: `result` cannot be written (`zapette.protocol.values`).
    """
    return b'{"result":' + write_json(result) + b"}"


def write_error(error: CallError) -> bytes:
    """Return the payload of an answer with an error."""
    fields = {"code": str(error.code), "message": str(error.message)[:MAX_MESSAGE]}
    return write_json({"error": fields | ({"reason": error.reason} if error.reason else {})})


def read_response(payload: bytes) -> Any:
    """Return the result in the answer `payload`.

    Raises:
        CallError: the answer is an error, or breaks the contract (``runtime_error``).
    """
    try:
        answer = json.loads(payload)
    except (ValueError, RecursionError):
        raise CallError("the answer is not JSON") from None
    match answer:
        case {"result": result}:
            return result
        case {"error": {"code": str(code), "message": str(message), **more}}:
            raise CallError.of(code, message, str(more.get("reason") or ""))
    raise CallError("the answer has neither a result nor an error")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


# shared, because `json.loads` creates a decoder per call
_DECODER: Final = json.JSONDecoder(parse_constant=_refuse_constant)
