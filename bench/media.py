"""How films are served: one stream beside nginx's, and the API beside 50 viewers.

``python -m bench.media`` needs nginx (Debian's ``nginx-light`` will do). Each round downloads the
same file from both, one after the other; the ratios are of the medians.
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import json
import multiprocessing
import os
import select
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass
from http import HTTPStatus
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Final

from tests.ports import free_ports, listens
from tests.waiting import eventually

SIZE: Final = 512 << 20
VIEWERS: Final = 50
SECONDS: Final = 5.0
NGINX: Final = shutil.which("nginx") or "/usr/sbin/nginx"

_FILM: Final = "/media/film.webm"
_WHOLE: Final = ""
_RANGE: Final = "Range: bytes=0-\r\n"
CALLS: Final = ("/api/ip", "/api/library", "/api/id")

CALLS_OF_CLIENT: Final = 500
_hosts = itertools.cycle(range(1, 255))

_CHUNK: Final = 256 << 10
_PAUSE: Final = 0.1
_PACE: Final = _CHUNK / _PAUSE / 2**20


@dataclass
class Figures:
    """What was measured; rates in MiB/s, times in milliseconds."""

    stream_ours: float
    stream_nginx: float
    range_ours: float
    range_nginx: float
    call_p50: float
    call_p99: float
    call_p50_with_viewers: float
    call_p99_with_viewers: float
    call_p50_with_downloads: float
    call_p99_with_downloads: float
    slowest_viewer: float

    def table(self) -> str:
        """Return them as Markdown."""
        p50 = (self.call_p50, self.call_p50_with_viewers, self.call_p50_with_downloads)
        p99 = (self.call_p99, self.call_p99_with_viewers, self.call_p99_with_downloads)
        got = f"{self.slowest_viewer:.2f} MiB/s of the {_PACE:.1f} that it wanted"
        return "\n".join(
            (
                "| one stream, MiB/s | ours | nginx | ratio |",
                "|---|---|---|---|",
                _row("the whole film", self.stream_ours, self.stream_nginx),
                _row("`Range: bytes=0-`, as browsers ask", self.range_ours, self.range_nginx),
                "",
                f"| API call, ms | alone | {VIEWERS} viewers | {VIEWERS} downloads |",
                "|---|---|---|---|",
                "| p50 | {:.1f} | {:.1f} | {:.1f} |".format(*p50),
                "| p99 | {:.1f} | {:.1f} | {:.1f} |".format(*p99),
                "",
                f"The slowest of the {VIEWERS} viewers got {got}.",
            )
        )


def _row(name: str, ours: float, theirs: float) -> str:
    return f"| {name} | {ours:.0f} | {theirs:.0f} | {ours / theirs:.2f} |"


@contextmanager
def ours(folder: Path, port: int) -> Iterator[None]:
    """Run the web side on `folder`."""
    others = free_ports(2)
    environment = os.environ | {
        "ZAPETTE_HTTP_PORT": str(port),
        "ZAPETTE_MQTT_PORT": str(others[0]),
        "ZAPETTE_WS_PORT": str(others[1]),
        "ZAPETTE_BIND": "127.0.0.1",
        "ZAPETTE_DATA_DIR": str(folder / "data"),
        "ZAPETTE_MEDIA_DIR": str(folder / "media"),
        "ZAPETTE_LOG_LEVEL": "error",
    }
    with _running([sys.executable, "-m", "zapette", "web"], port, environment):
        yield


@contextmanager
def nginx(folder: Path, port: int) -> Iterator[None]:
    """Run nginx on `folder` with a configuration of its own."""
    configuration = folder / "nginx.conf"
    configuration.write_text(
        f"daemon off; master_process off; pid {folder}/nginx.pid; error_log stderr error;\n"
        "events { worker_connections 1024; }\n"
        "http { access_log off; sendfile on; tcp_nopush on; default_type video/webm;\n"
        f"  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;\n"
        f"  fastcgi_temp_path {folder}/fcgi; uwsgi_temp_path {folder}/uwsgi;\n"
        f"  scgi_temp_path {folder}/scgi;\n"
        f"  server {{ listen 127.0.0.1:{port}; root {folder}; }} }}\n"
    )
    with _running([NGINX, "-c", str(configuration), "-p", str(folder)], port, dict(os.environ)):
        yield


@contextmanager
def _running(command: list[str], port: int, environment: dict[str, str]) -> Iterator[None]:
    process = subprocess.Popen(command, env=environment)
    try:
        eventually(lambda: listens(port), f"{command[0]} listens", timeout=30)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)


def download(port: int, header: str) -> float:
    """Return the rate of one download of the film, in MiB/s."""
    buffer = bytearray(1 << 20)
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        started = time.perf_counter()
        connection.sendall(
            f"GET {_FILM} HTTP/1.1\r\nHost: localhost\r\n{header}Connection: close\r\n\r\n".encode()
        )
        size = 0
        while got := connection.recv_into(buffer):
            size += got
    seconds = time.perf_counter() - started
    if size < SIZE:
        raise RuntimeError(f"only {size} bytes came")
    return size / seconds / 2**20


def watch(port: int, pace: bool, stop: Event, rates: SimpleQueue[float]) -> None:
    """Watch the film `VIEWERS` times at once, in a process of its own, until `stop`."""
    with ExitStack() as stack:
        viewers = [
            stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            for _ in range(VIEWERS)
        ]
        for number, viewer in enumerate(viewers):
            viewer.sendall(
                f"GET {_FILM} HTTP/1.1\r\nHost: localhost\r\n"
                f"Range: bytes={number << 20}-\r\n\r\n".encode()
            )
            viewer.setblocking(False)
        taken = dict.fromkeys(viewers, 0)
        started = time.perf_counter()
        while not stop.is_set():
            ready, _, _ = select.select(viewers, (), (), _PAUSE)
            for viewer in ready:
                taken[viewer] += _take(viewer, _CHUNK)
            if pace:
                # as a player does: a part, then a pause
                time.sleep(max(0.0, _PAUSE - (time.perf_counter() - started) % _PAUSE))
        seconds = time.perf_counter() - started
    for size in taken.values():
        rates.put(size / seconds / 2**20)


def _take(connection: socket.socket, most: int) -> int:
    size = 0
    while size < most:
        try:
            got = len(connection.recv(most - size))
        except BlockingIOError:
            break
        if got == 0:
            break
        size += got
    return size


def calls(port: int) -> list[float]:
    """Return the times of API calls for `SECONDS`, one after the other, sorted, in ms."""
    times: list[float] = []
    until = time.perf_counter() + SECONDS
    while time.perf_counter() < until:
        with closing(_next_client(port)) as connection:
            _call(connection, until, times)
    return sorted(times)


def _next_client(port: int) -> http.client.HTTPConnection:
    """Return a connection from an address that no call came from: each may ask at a rate only."""
    source = f"127.0.1.{next(_hosts)}", 0
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30, source_address=source)
    connection.connect()
    return connection


def _call(connection: http.client.HTTPConnection, until: float, times: list[float]) -> None:
    for number in range(CALLS_OF_CLIENT):
        if time.perf_counter() >= until:
            return
        path = CALLS[number % len(CALLS)]
        started = time.perf_counter()
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        times.append((time.perf_counter() - started) * 1e3)
        if answer.status != HTTPStatus.OK:
            raise RuntimeError(f"{path}: {answer.status} after {number} calls")


def calls_beside(port: int, *, pace: bool) -> tuple[list[float], list[float]]:
    """Return the times of API calls beside viewers, and the rates that these had."""
    stop = multiprocessing.Event()
    rates: SimpleQueue[float] = multiprocessing.SimpleQueue()
    viewers = multiprocessing.Process(target=watch, args=(port, pace, stop, rates))
    viewers.start()
    try:
        times = calls(port)
    finally:
        stop.set()
        found = [rates.get() for _ in range(VIEWERS)]
        viewers.join(10)
    return times, found


def measure(rounds: int) -> Figures:
    """Return the figures of one run."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        (folder / "media").mkdir()
        with (folder / "media" / "film.webm").open("wb") as film:
            part = os.urandom(1 << 20)
            for _ in range(SIZE >> 20):
                film.write(part)
        our_port, their_port = free_ports(2)
        stack.enter_context(ours(folder, our_port))
        stack.enter_context(nginx(folder, their_port))
        rates: dict[tuple[int, str], list[float]] = {}
        for _ in range(rounds):
            for header in (_WHOLE, _RANGE):
                for port in (our_port, their_port):
                    rates.setdefault((port, header), []).append(download(port, header))
        alone = calls(our_port)
        watched, seen = calls_beside(our_port, pace=True)
        downloaded, _ = calls_beside(our_port, pace=False)
    median = {key: statistics.median(values) for key, values in rates.items()}
    return Figures(
        stream_ours=median[our_port, _WHOLE],
        stream_nginx=median[their_port, _WHOLE],
        range_ours=median[our_port, _RANGE],
        range_nginx=median[their_port, _RANGE],
        call_p50=_at(alone, 0.5),
        call_p99=_at(alone, 0.99),
        call_p50_with_viewers=_at(watched, 0.5),
        call_p99_with_viewers=_at(watched, 0.99),
        call_p50_with_downloads=_at(downloaded, 0.5),
        call_p99_with_downloads=_at(downloaded, 0.99),
        slowest_viewer=min(seen),
    )


def _at(times: list[float], share: float) -> float:
    return times[min(len(times) - 1, int(len(times) * share))]


def main() -> None:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", type=Path, help="write the figures there")
    arguments = parser.parse_args()
    figures = measure(arguments.rounds)
    print(figures.table())
    if arguments.json:
        arguments.json.write_text(json.dumps(asdict(figures), indent=1) + "\n")


if __name__ == "__main__":
    main()
