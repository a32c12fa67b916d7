"""The command, run in French."""

from __future__ import annotations

import copy
import inspect
import sys
from collections.abc import Iterable
from typing import Any, NoReturn

import click

from zapette_cli.french_help.click_texts import WORDS, error_in_french, typeset
from zapette_cli.french_help.help_texts import HELP

_ARGUMENTS = {
    "COMMAND [ARGS]...": "COMMANDE [ARGUMENTS]...",
    "[COMMAND] [ARGS]...": "[COMMANDE] [ARGUMENTS]...",
}


class _Formatter(click.HelpFormatter):
    """The help, with click's words in French."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, args, prefix or f"{_word('Usage:')} ")

    def write_heading(self, heading: str) -> None:
        super().write_heading(f"{_word(heading)}\u202f")

    def write_dl(
        self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2
    ) -> None:
        super().write_dl([(left, _row(right)) for left, right in rows], col_max, col_spacing)


class _Context(click.Context):
    formatter_class = _Formatter


def run(program: click.Command, *arguments: Any, **others: Any) -> NoReturn:
    """Run a command in French and exit; it must be one that returns nothing.

    Args:
        program: the command in English, which does not change.
        arguments: as of `click.Command.main`.
        others: as of `click.Command.main`.
    """
    try:
        code = in_french(program).main(*arguments, **others | {"standalone_mode": False})
    except click.ClickException as error:
        _show(error)
        code = error.exit_code
    except click.Abort:
        click.echo(_word("Aborted!"), err=True)
        code = 1
    sys.exit(code or 0)


def in_french(command: click.Command) -> click.Command:
    """Return a copy of a command, with its subcommands, whose help is in French."""
    spoken = copy.deepcopy(command)
    _translate(spoken)
    return spoken


def _translate(command: click.Command) -> None:
    command.context_class = _Context
    command.help = _help(command.help)
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            parameter.help = _help(parameter.help)
            if parameter.prompt is not None:
                parameter.prompt = _word(parameter.prompt)
            if parameter.confirmation_prompt:
                parameter.confirmation_prompt = _word("Repeat for confirmation")
    if isinstance(command, click.Group):
        metavar = command.subcommand_metavar
        command.subcommand_metavar = _ARGUMENTS.get(metavar, metavar)
        for each in command.commands.values():
            _translate(each)


def _help(english: str | None) -> str | None:
    if english is None:
        return None
    text = inspect.cleandoc(english)
    return typeset(HELP.get(text, WORDS.get(text, text)))


def _word(english: str, **values: str) -> str:
    return typeset(WORDS.get(english, english)).format(**values)


def _row(text: str) -> str:
    """Return the help of an option, with what click adds to it in brackets."""
    if not text.endswith("]"):
        return _word(text) if text in WORDS else text
    text, bracket, extra = text.rpartition("  [")
    for english in ("default: {default}", "required"):
        extra = extra.replace(english.partition("{")[0], _word(english, default=""))
    return text + bracket + extra


def _show(error: click.ClickException) -> None:
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()
        return
    if isinstance(error, click.UsageError) and error.ctx is not None:
        hint = _word(
            "Try '{command} {option}' for help.", command=error.ctx.command_path, option="--help"
        )
        click.echo(f"{error.ctx.get_usage()}\n{hint}\n", err=True)
    message = error_in_french(error.format_message())
    click.echo(_word("Error: {message}", message=message), err=True)
