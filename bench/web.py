"""Which WSGI server: the same application under several, in one run.

``python -m bench.web`` prints, for each server, requests a second of a small API call, the time
of such a call while 50 viewers read a film slowly, and the throughput of one stream.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import psutil

from tests.ports import free_ports

CACHE: Final = Path.home() / ".cache" / "zapette-bench" / "wsgi"
PEERS: Final = ("gunicorn==27.0.1", "cheroot==11.1.2", "granian==2.8.7")
MEDIUM: Final = 64 * 1024 * 1024
VIEWERS: Final = 50
SECONDS: Final = 4.0

_START: Final = {
    "waitress-4": "from waitress import serve; serve(app, host='127.0.0.1', port=port, threads=4, "
    "connection_limit=4000, asyncore_use_poll=True)",
    "waitress-16": "from waitress import serve; serve(app, host='127.0.0.1', port=port, "
    "threads=16, connection_limit=4000, asyncore_use_poll=True)",
    "waitress-64": "from waitress import serve; serve(app, host='127.0.0.1', port=port, "
    "threads=64, connection_limit=4000, asyncore_use_poll=True)",
    "cheroot-16": "from cheroot.wsgi import Server; "
    "Server(('127.0.0.1', port), app, numthreads=16).start()",
    "cheroot-64": "from cheroot.wsgi import Server; "
    "Server(('127.0.0.1', port), app, numthreads=64).start()",
    "gunicorn-64": "from gunicorn.app.base import BaseApplication as B\n"
    "class A(B):\n"
    "  def load_config(self):\n"
    "    for k, v in dict(bind=f'127.0.0.1:{port}', threads=64, workers=1,\n"
    "                     worker_class='gthread', keepalive=30).items(): self.cfg.set(k, v)\n"
    "  def load(self): return app\n"
    "import sys; sys.argv = ['x']; A().run()",
    "granian-64": "from granian.constants import Interfaces\n"
    "from granian import Granian\n"
    "s = Granian('bench.wsgi_app:app', address='127.0.0.1', port=port, "
    "interface=Interfaces.WSGI, blocking_threads=64)\ns.serve()",
}


@dataclass
class Figures:
    """What was measured of one server."""

    server: str
    calls_per_second: float
    call_p50_ms: float
    call_p99_ms: float
    call_p99_ms_with_viewers: float
    stream_mib_per_second: float
    memory_mib: float


async def _request(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str) -> int:
    """Ask for `path` on an open connection; return how many bytes the body had."""
    writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200 "):
        raise RuntimeError(f"{path}: {head[:64]!r}")
    length = next(
        int(line.split(b":")[1])
        for line in head.lower().split(b"\r\n")
        if line.startswith(b"content-length")
    )
    left = length
    while left:
        left -= len(await reader.read(min(left, 1 << 18)))
    return length


async def _caller(port: int, until: float, times: list[float]) -> None:
    while time.perf_counter() < until:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        # some servers close a connection after a number of requests
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while time.perf_counter() < until:
                started = time.perf_counter()
                await asyncio.wait_for(_request(reader, writer, "/api/id"), 2 * SECONDS)
                times.append(time.perf_counter() - started)
        writer.transport.abort()


async def _viewer(port: int, until: float) -> None:
    """Read a film as a player does: 256 KiB, then wait."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 16)
    writer.write(b"GET /media/film.webm HTTP/1.1\r\nHost: localhost\r\nRange: bytes=0-\r\n\r\n")
    try:
        while time.perf_counter() < until:
            await reader.read(1 << 18)
            await asyncio.sleep(0.1)
    finally:
        writer.transport.abort()


async def _measure(port: int) -> tuple[list[float], list[float], float]:
    alone: list[float] = []
    until = time.perf_counter() + SECONDS
    await asyncio.gather(*(_caller(port, until, alone) for _ in range(16)))
    watched: list[float] = []
    until = time.perf_counter() + SECONDS
    viewers = [_viewer(port, until) for _ in range(VIEWERS)]
    await asyncio.gather(*viewers, *(_caller(port, until, watched) for _ in range(2)))
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    started = time.perf_counter()
    size = await _request(reader, writer, "/media/film.webm")
    rate = size / (time.perf_counter() - started) / 2**20
    writer.close()
    return alone, watched, rate


def measure(name: str, folder: Path) -> Figures:
    """Start one server on the application, measure it, and end it."""
    (port,) = free_ports(1)
    script = f"port = {port}\nfrom bench.wsgi_app import app\n{_START[name]}"
    environment = os.environ | {"PYTHONPATH": f"{Path.cwd()}:{CACHE}", "BENCH_MEDIA": str(folder)}
    with subprocess.Popen(
        [sys.executable, "-c", script],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as server:
        try:
            alone, watched, rate = asyncio.run(_when_up(port))
            memory = _memory(server.pid)
        finally:
            server.terminate()
            try:
                server.wait(5)
            except subprocess.TimeoutExpired:
                server.kill()
    alone.sort()
    watched.sort()
    return Figures(
        name,
        len(alone) / SECONDS,
        statistics.median(alone) * 1e3,
        alone[int(len(alone) * 0.99)] * 1e3,
        watched[int(len(watched) * 0.99)] * 1e3 if watched else float("inf"),
        rate,
        memory,
    )


async def _when_up(port: int) -> tuple[list[float], list[float], float]:
    for _ in range(200):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return await _measure(port)
    raise RuntimeError("the server did not start")


def _memory(pid: int) -> float:
    process = psutil.Process(pid)
    family = [process, *process.children(recursive=True)]
    return float(sum(one.memory_info().rss for one in family)) / 2**20


def main() -> None:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--servers", default=",".join(_START))
    parser.add_argument("--json", type=Path, help="write the figures there")
    arguments = parser.parse_args()
    if not CACHE.exists():
        subprocess.run(
            [sys.executable, "-m", "pip", "install", "-q", "--target", str(CACHE), *PEERS],
            check=True,
        )
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "film.webm").write_bytes(os.urandom(1 << 20) * (MEDIUM >> 20))
        figures = []
        print(f"{'server':<13}{'calls/s':>9}{'p50 ms':>9}{'p99 ms':>9}"
              f"{'p99, 50 viewers':>17}{'MiB/s':>9}{'MiB':>7}")  # fmt: skip
        for name in arguments.servers.split(","):
            one = measure(name, Path(folder))
            figures.append(one)
            print(
                f"{one.server:<13}{one.calls_per_second:>9.0f}{one.call_p50_ms:>9.1f}"
                f"{one.call_p99_ms:>9.1f}{one.call_p99_ms_with_viewers:>17.1f}"
                f"{one.stream_mib_per_second:>9.0f}{one.memory_mib:>7.0f}"
            )
    if arguments.json:
        arguments.json.write_text(json.dumps([asdict(one) for one in figures], indent=1))


if __name__ == "__main__":
    main()
