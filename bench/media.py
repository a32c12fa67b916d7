"""How films are served: one stream next to nginx's, and API calls next to 50 viewers.

``python -m bench.media`` needs nginx (Debian's ``nginx-light`` is enough). Each round downloads the
same file from both, one after the other; the ratios are of the medians.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import socket
import statistics
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from http.client import HTTPConnection
from typing import Final

from bench.processes import Process
from bench.results import Times, command, markdown, percentile, workspace, write_json
from tests.programs.nginx import nginx
from tests.programs.ports import free_port
from tests.programs.system import System

SIZE: Final = 512 << 20
VIEWERS: Final = 50
SECONDS: Final = 5.0
CALLS: Final = ("/api/ip", "/api/library", "/api/id")
CALLS_OF_CLIENT: Final = 500

_NGINX: Final = """access_log off; sendfile on; tcp_nopush on; default_type video/webm;
server {{ listen 127.0.0.1:{port}; root {folder}; }}"""
_CHUNK: Final = 256 << 10
_PAUSE: Final = 0.1
_PACE: Final = _CHUNK / _PAUSE / 2**20
_hosts = itertools.cycle(range(1, 255))


def _request(header: str) -> bytes:
    head = f"GET /media/film.webm HTTP/1.1\r\nHost: localhost\r\n{header}"
    return f"{head}Connection: close\r\n\r\n".encode()


def download(port: int, header: str) -> float:
    """Return the rate of one download of the film, in MiB/s."""
    buffer = bytearray(1 << 20)
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        started, size = time.perf_counter(), 0
        connection.sendall(_request(header))
        while got := connection.recv_into(buffer):
            size += got
    if size < SIZE:
        raise RuntimeError(f"only {size} bytes came")
    return size / (time.perf_counter() - started) / 2**20


async def _view(port: int, header: str, pace: float) -> float:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=_CHUNK)
    writer.write(_request(header))
    size, started = 0, time.perf_counter()
    while (seconds := time.perf_counter() - started) < SECONDS:
        size += len(await reader.read(_CHUNK))
        # as a player does: a part, then a pause
        await asyncio.sleep(max(0.0, pace * size / _CHUNK - seconds))
    writer.close()
    return size / seconds / 2**20


def view(port: int, proof: str, pace: float) -> list[float]:
    """Stream the film `VIEWERS` times at once, a part each `pace` seconds; return the rates."""

    async def view_all() -> list[float]:
        headers = [f"{proof}Range: bytes={number << 20}-\r\n" for number in range(VIEWERS)]
        return await asyncio.gather(*(_view(port, it, pace) for it in headers))

    return asyncio.run(view_all())


def calls(port: int, proof: dict[str, str]) -> list[float]:
    """Return the times of API calls for `SECONDS`, one after the other, in ms."""
    times: list[float] = []
    until = time.perf_counter() + SECONDS
    while time.perf_counter() < until:
        # from another address each time: the rate of calls is limited by address
        source = f"127.0.1.{next(_hosts)}", 0
        client = HTTPConnection("127.0.0.1", port, timeout=30, source_address=source)
        with closing(client):
            client.connect()
            for path in itertools.islice(itertools.cycle(CALLS), CALLS_OF_CLIENT):
                started = time.perf_counter()
                client.request("GET", path, headers=proof)
                response = client.getresponse()
                response.read()
                ended = time.perf_counter()
                times.append((ended - started) * 1e3)
                if response.status != 200:
                    raise RuntimeError(f"{path}: {response.status} after {len(times)} calls")
                if ended >= until:
                    break
    return times


def main() -> None:
    """Run the benchmark from the command line."""
    options = command("media", __doc__, rounds=7).parse_args()
    with workspace() as folder, ProcessPoolExecutor(1) as pool:
        with (folder / "media" / "film.webm").open("wb") as film:
            part = os.urandom(1 << 20)
            for _ in range(SIZE >> 20):
                film.write(part)
        port = free_port()
        other = nginx(folder, _NGINX.format(port=port, folder=folder), "master_process off;")
        with (
            System(folder, {"ZAPETTE_MEDIA_DIR": str(folder / "media")}) as system,
            Process(other, port, folder / "nginx.log"),
        ):
            ports = {"ours": system.http_port, "nginx": port}
            proof = system.proof_line
            rates = Times()
            for _ in range(options.rounds):
                for server, port in ports.items():
                    # as browsers ask
                    rates[server].append(download(port, f"{proof}Range: bytes=0-\r\n"))
            times = {"alone": calls(ports["ours"], system.proof)}
            viewing = pool.submit(view, ports["ours"], proof, _PAUSE)
            times[f"{VIEWERS} viewers"] = calls(ports["ours"], system.proof)
            slowest = min(viewing.result())
            loading = pool.submit(view, ports["ours"], proof, 0.0)
            times[f"{VIEWERS} downloads"] = calls(ports["ours"], system.proof)
            loading.result()
    ours, theirs = (statistics.median(rates[it]) for it in ("ours", "nginx"))
    row = (f"{ours:.0f}", f"{theirs:.0f}", f"{ours / theirs:.2f}")
    print(markdown(("ours, one stream, MiB/s", "nginx", "ratio"), [row]), end="\n\n")
    cells = [[f"p{n}", *(f"{percentile(it, n):.1f}" for it in times.values())] for n in (50, 99)]
    print(markdown(("API call, ms", *times), cells))
    print(f"\nThe slowest viewer got {slowest:.2f} MiB/s of the {_PACE:.1f} that it wanted.")
    write_json(options.json, rates=rates, calls=times, slowest_viewer=slowest)


if __name__ == "__main__":
    main()
