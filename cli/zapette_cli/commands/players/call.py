"""``zapette call`` and ``zapette command``: call a procedure, with or without an answer."""

from __future__ import annotations

import json
import sys
from typing import Any, Final

import click

from zapette.errors import InvalidArgument
from zapette.protocol.messages import read_parameters
from zapette_cli.commands.completion import complete_procedure, complete_target
from zapette_cli.commands.players.services import described, offered_by
from zapette_cli.connection_options import BrokerOptions, with_broker
from zapette_cli.language import Text
from zapette_cli.speech import said
from zapette_cli.target import find

_BOTH: Final = Text(
    "pass parameters by position or by name, not both",
    "passez les paramètres par position ou par nom, pas les deux",
)
_NO_VALUE: Final = Text("-p {text}: write NAME=VALUE", "-p {text}\u202f: écrivez NAME=VALUE")
_NO_JSON: Final = Text(
    "{text} is not JSON: {error}", "{text} n\u2019est pas du JSON\u202f: {error}"
)
_target = click.argument("target", metavar="ID|NAME", shell_complete=complete_target)
_procedure = click.argument("procedure", shell_complete=complete_procedure)
_perhaps = click.argument("procedure", required=False, shell_complete=complete_procedure)
_arguments = click.argument("arguments", metavar="[ARG]...", nargs=-1)
_named = click.option(
    "-p", "--parameter", "named", multiple=True, metavar="NAME=VALUE", help="Pass it by name."
)


@click.command(context_settings={"ignore_unknown_options": True})
@_target
@_perhaps
@_arguments
@_named
@with_broker
def call(
    broker: BrokerOptions,
    target: str,
    procedure: str | None,
    arguments: tuple[str, ...],
    named: tuple[str, ...],
) -> None:
    """Call a procedure and print its result as JSON; without PROCEDURE, list the procedures.

    ID is a player's id or its beginning, its name, `server`, or a service's name. Each ARG is a
    JSON value, otherwise text.
    """
    positional, by_name = _parameters(arguments, named)
    with broker.connected() as application:
        callee = find(target, application)
        if procedure is None:
            for each in offered_by(application, callee, broker.timeout):
                click.echo(described(each))
            return
        result = application.client.call(
            callee, procedure, *positional, timeout=broker.timeout, **by_name
        )
    click.echo(json.dumps(result, ensure_ascii=False, indent=2 if sys.stdout.isatty() else None))


@click.command(context_settings={"ignore_unknown_options": True})
@_target
@_procedure
@_arguments
@_named
@with_broker
def command(
    broker: BrokerOptions,
    target: str,
    procedure: str,
    arguments: tuple[str, ...],
    named: tuple[str, ...],
) -> None:
    """Call a procedure without waiting for its answer."""
    positional, by_name = _parameters(arguments, named)
    with broker.connected() as application:
        application.client.command(find(target, application), procedure, *positional, **by_name)


def _parameters(
    arguments: tuple[str, ...], named: tuple[str, ...]
) -> tuple[list[Any], dict[str, Any]]:
    if arguments and named:
        raise InvalidArgument(said(_BOTH))
    by_name = {}
    for text in named:
        name, separator, value = text.partition("=")
        if not separator or not name:
            raise click.UsageError(said(_NO_VALUE, text=text))
        by_name[name] = _value(value)
    return [_value(text) for text in arguments], by_name


def _value(text: str) -> Any:
    """Return `text` as a JSON value, or unchanged if it is not JSON."""
    if text.startswith(("[", "{")):
        try:
            return json.loads(text)
        except ValueError as error:
            raise InvalidArgument(said(_NO_JSON, text=repr(text), error=error)) from None
    parameters = read_parameters(text.encode("utf-8", "surrogateescape"))
    return parameters.positional[0] if parameters.positional else ""
