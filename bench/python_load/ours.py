"""A program that uses our library: ``python -m bench.python_load.ours ROLE KIND URL``.

ROLE is ``callee`` or ``caller``; KIND of the callee's handler is ``async`` or ``plain``.
"""

from __future__ import annotations

import sys
from typing import Final

from bench.python_load.load import PROCEDURE, answer, say, serve_orders
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
            # on the library's own loop, as an `async` handler
            app.client.run(
                serve_orders(lambda level: app.call_async(f"{NAME}/{PROCEDURE}", level))
            ).result()


async def answer_async(level: int) -> dict[str, int]:
    return answer(level)


if __name__ == "__main__":
    main()
