"""The command ``zapette``."""

from __future__ import annotations

import signal

__all__ = ["main"]


def main() -> None:
    """Run the command. Ctrl-C ends it without a traceback even while it is being imported."""
    before = signal.getsignal(signal.SIGINT)
    if before is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from zapette_cli import program

    signal.signal(signal.SIGINT, before)
    program.main()
