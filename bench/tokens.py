"""How many tokens a PostgreSQL allows: several processes issue them at once.

``python -m bench.tokens``. Each token is a write: the claim of a known player, or the grant of a
phone. ``bench.capacity --database`` takes the result for phones, which need nearly all tokens.
"""

from __future__ import annotations

import multiprocessing
import secrets
import threading
import time
from collections.abc import Callable, Sequence

from bench.results import command, write_json
from tests.programs.postgresql import PostgresqlServer
from zapette_server.postgresql.database import Database
from zapette_server.storage.tables.grants import Grants, TokenGrant
from zapette_server.storage.tables.player_registry import PlayerRegistry

IDS = [f"{number:032x}" for number in range(100)]


def player(database: Database) -> Callable[[str], object]:
    """Return what a token of a player writes."""
    return PlayerRegistry(database).claim


def phone(database: Database) -> Callable[[str], object]:
    """Return what a token of a new phone writes."""
    grants = Grants(database)

    def note(player_id: str) -> None:
        now = time.time()
        name = secrets.token_urlsafe(9)
        grants.note(
            TokenGrant(
                client_id=f"remote-{name}",
                player_id=player_id,
                generation="1",
                role="remote",
                device=name,
                label="",
                address=name,
                since=now,
                expires_at=int(now) + 43_200,
            )
        )

    return note


WRITERS = {"players": player, "phones": phone}


def issue(kind: str, url: str, threads: int, seconds: float) -> int:
    """Issue tokens from several threads of one process; return how many."""
    database = Database(url)
    write = WRITERS[kind](database)
    end = time.monotonic() + seconds
    counts = [0] * threads

    def run(number: int) -> None:
        while time.monotonic() < end:
            write(IDS[(counts[number] + number) % len(IDS)])
            counts[number] += 1

    running = [threading.Thread(target=run, args=(number,)) for number in range(threads)]
    for each in running:
        each.start()
    for each in running:
        each.join()
    database.close()
    return sum(counts)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tokens a second."""
    parser = command("tokens", __doc__, processes=2, threads=4, seconds=5.0)
    options = parser.parse_args(arguments)
    rates = {}
    server = PostgresqlServer(is_safe=True)
    try:
        with server.database() as url, multiprocessing.Pool(options.processes) as pool:
            for kind in WRITERS:
                issue(kind, url, 1, 0.5)
                one = kind, url, options.threads, options.seconds
                rates[kind] = sum(pool.starmap(issue, [one] * options.processes, 1))
                rates[kind] /= options.seconds
                print(f"{kind}: {rates[kind]:.0f} tokens/s")
    finally:
        server.close()
    write_json(options.json, tokens_per_s=rates)


if __name__ == "__main__":
    main()
