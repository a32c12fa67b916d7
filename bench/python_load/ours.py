"""A party that uses our library: ``python -m bench.python_load.ours callee|caller ASYNC URL``."""

from __future__ import annotations

import sys
from typing import Final

from bench.python_load.load import PROCEDURE, answer, obey, say
from zapette import Application

NAME: Final = "bench"


def main() -> None:
    """Serve until the standard input ends, or make the calls that it orders."""
    role, kind, url = sys.argv[1:]
    app = Application(NAME if role == "callee" else None, url=url, base_topic="zapette")
    if role == "callee":
        app.register(PROCEDURE)(answer_async if kind == "async" else answer)
    with app:
        if role == "callee":
            say({"ready": True})
            sys.stdin.read()
        else:
            # on the library's own loop, as an `async` handler is
            app.client.run(
                obey(lambda level: app.call_async(f"{NAME}/{PROCEDURE}", level))
            ).result()


async def answer_async(level: int) -> dict[str, int]:
    """Return what the procedure gives, from the event loop."""
    return answer(level)


if __name__ == "__main__":
    main()
