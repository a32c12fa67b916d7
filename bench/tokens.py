"""What it costs the broker to read a token: ours next to PyJWT, in one run.

``python -m bench.tokens``
"""

from __future__ import annotations

import timeit
from functools import partial

import jwt

from zapette.protocol.topics import Topics
from zapette_server.access.credentials import Keyring
from zapette_server.access.rights import Role

COUNT = 5000


def main() -> None:
    """Print microseconds a token, the best of five rounds."""
    keyring = Keyring(b"s" * 32, Topics())
    token, _ = keyring.issue(Role.REMOTE, "remote-abcdefgh", "a" * 32, "0" * 16)
    ours = partial(keyring.read, token)
    key = keyring._signing_key  # noqa: SLF001 - the same key, for a fair comparison
    theirs = partial(jwt.decode, token, key, algorithms=["HS256"])
    for name, function in (("ours", ours), ("PyJWT", theirs)):
        best = min(timeit.repeat(function, number=COUNT, repeat=5)) / COUNT * 1e6
        print(f"{name:<6}{best:8.1f} µs a token of {len(token)} bytes")


if __name__ == "__main__":
    main()
