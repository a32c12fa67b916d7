"""How a command ends: one line for a person, one exit code for a script."""

from __future__ import annotations

import io
import os
import sys
from typing import Any, Final

import click

from zapette.errors import CallError, CallTimeout, Unavailable, ZapetteError
from zapette_broker.storage.store_errors import StoreDamaged, StoreError, UnusableStore
from zapette_cli.errors import AddressMissing, SpokenError, UploadError
from zapette_cli.language import language_of
from zapette_cli.player_text import one_line
from zapette_cli.processes.part import DAMAGED, FATAL

ANSWERED_ERROR: Final = 1
UNAVAILABLE: Final = 3
TIMEOUT: Final = 4
TRY_AGAIN: Final = 75
"""A store is busy or full, or the network is not there: try again later (EX_TEMPFAIL)."""

INTERRUPTED: Final = 130


class Group(click.Group):
    """A group whose commands report an error of the package by one line and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        if isinstance(sys.stdout, io.TextIOWrapper):
            # names may hold what the terminal, or UTF-8, does not have
            sys.stdout.reconfigure(errors="backslashreplace")
        try:
            return super().invoke(ctx)
        except (ZapetteError, StoreError, PermissionError) as error:
            # a player, a service or a server may have put anything into it
            line = " ".join((message_of(error), *getattr(error, "__notes__", ())))
            click.echo(f"zapette: {one_line(line)}", err=True)
            ctx.exit(exit_code(error))
        except KeyboardInterrupt:
            ctx.exit(INTERRUPTED)
        except BrokenPipeError:
            # the reader has closed the pipe: the flush at exit must not fail too
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(0)


def exit_code(error: ZapetteError | StoreError | PermissionError) -> int:
    """Return the exit code for an error."""
    match error:
        case StoreDamaged():
            return DAMAGED
        case UnusableStore():
            return FATAL
        case StoreError() | AddressMissing():
            return TRY_AGAIN
        case Unavailable():
            return UNAVAILABLE
        case CallTimeout():
            return TIMEOUT
        case UploadError(code=""):
            return UNAVAILABLE
        case CallError() | UploadError():
            return ANSWERED_ERROR
    return FATAL


def message_of(error: Exception) -> str:
    """Return the line that reports an error."""
    if isinstance(error, SpokenError):
        return error.text.of(language_of(os.environ))
    if isinstance(error, PermissionError) and error.filename:
        return f"{error.filename}: {error.strerror}"
    return f"{error.code}: {error.message}" if isinstance(error, CallError) else str(error)
