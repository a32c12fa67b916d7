"""How many tokens a PostgreSQL allows: claims of known players, from several processes at once.

``python -m bench.claims``; ``bench.capacity --claims`` takes the result.
"""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections.abc import Sequence

from bench.results import command, write_json
from tests.programs.postgresql import PostgresqlServer
from zapette_server.postgresql.database import Database
from zapette_server.storage.tables.player_registry import PlayerRegistry

IDS = [f"{number:032x}" for number in range(100)]


def claim(url: str, threads: int, seconds: float) -> int:
    """Claim players from several threads of one process; return how often."""
    database = Database(url)
    registry = PlayerRegistry(database)
    end = time.monotonic() + seconds
    counts = [0] * threads

    def run(number: int) -> None:
        while time.monotonic() < end:
            registry.claim(IDS[(counts[number] + number) % len(IDS)])
            counts[number] += 1

    running = [threading.Thread(target=run, args=(number,)) for number in range(threads)]
    for each in running:
        each.start()
    for each in running:
        each.join()
    database.close()
    return sum(counts)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the claims a second."""
    parser = command("claims", __doc__, processes=2, threads=4, seconds=5.0)
    options = parser.parse_args(arguments)
    server = PostgresqlServer(is_safe=True)
    try:
        with server.database() as url, multiprocessing.Pool(options.processes) as pool:
            claim(url, 1, 0.5)
            one = url, options.threads, options.seconds
            many = sum(pool.starmap(claim, [one] * options.processes, 1))
    finally:
        server.close()
    print(f"{many / options.seconds:.0f} claims/s")
    write_json(options.json, claims_per_s=many / options.seconds)


if __name__ == "__main__":
    main()
