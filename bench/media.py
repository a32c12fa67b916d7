"""How films are served: one stream next to nginx's, and API calls next to 50 viewers.

``python -m bench.media`` needs nginx (Debian's ``nginx-light`` is enough). Each round downloads the
same file from both, one after the other; the ratios are of the medians.
"""

from __future__ import annotations

import http.client
import itertools
import multiprocessing
import os
import select
import shutil
import socket
import statistics
import sys
import time
from contextlib import ExitStack, closing
from http import HTTPStatus
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Final

from bench.processes import Process
from bench.results import command, markdown, percentile, workspace, write_json
from tests.clients.proof import household, lines
from tests.programs.ports import free_port, free_ports

SIZE: Final = 512 << 20
VIEWERS: Final = 50
SECONDS: Final = 5.0
CALLS: Final = ("/api/ip", "/api/library", "/api/id")
CALLS_OF_CLIENT: Final = 500

_NGINX: Final = shutil.which("nginx") or "/usr/sbin/nginx"
_FILM: Final = "/media/film.webm"
_LOADS: Final = ("", "_with_viewers", "_with_downloads")
_CHUNK: Final = 256 << 10
_PAUSE: Final = 0.1
_PACE: Final = _CHUNK / _PAUSE / 2**20
_hosts = itertools.cycle(range(1, 255))


def table(figures: dict[str, float]) -> str:
    """Return the figures of `measure` as Markdown."""
    names = {"stream": "the whole film", "range": "`Range: bytes=0-`, as browsers ask"}
    streams = []
    for kind, name in names.items():
        rates = figures[f"{kind}_ours"], figures[f"{kind}_nginx"]
        streams.append((name, *(f"{rate:.0f}" for rate in rates), f"{rates[0] / rates[1]:.2f}"))
    times = [
        (name, *(f"{figures[f'call_{name}{load}']:.1f}" for load in _LOADS))
        for name in ("p50", "p99")
    ]
    call_head = ("API call, ms", "alone", f"{VIEWERS} viewers", f"{VIEWERS} downloads")
    return (
        f"{markdown(('one stream, MiB/s', 'ours', 'nginx', 'ratio'), streams)}\n\n"
        f"{markdown(call_head, times)}\n\nThe slowest of the {VIEWERS} viewers got "
        f"{figures['slowest_viewer']:.2f} MiB/s of the {_PACE:.1f} that it wanted."
    )


def ours(folder: Path, port: int, **settings: str) -> Process:
    """Return our web side on the media and data in `folder`; `settings` are variables."""
    environment = settings | {
        "ZAPETTE_HTTP_PORT": str(port),
        "ZAPETTE_MQTT_PORT": str(free_port()),
        "ZAPETTE_BIND": "127.0.0.1",
        "ZAPETTE_DATA_DIR": str(folder / "data"),
        "ZAPETTE_MEDIA_DIR": str(folder / "media"),
        "ZAPETTE_LOG_LEVEL": "error",
    }
    web = [sys.executable, "-m", "zapette_cli", "web"]
    return Process(web, port, folder / "web.log", environment)


def nginx(folder: Path, port: int) -> Process:
    """Return nginx on `folder` with a configuration of its own."""
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
    program = [_NGINX, "-c", str(configuration), "-p", str(folder)]
    return Process(program, port, folder / "nginx.log")


def download(port: int, header: str, proof: str) -> float:
    """Return the rate of one download of the film, in MiB/s."""
    buffer = bytearray(1 << 20)
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        started = time.perf_counter()
        head = f"GET {_FILM} HTTP/1.1\r\nHost: localhost\r\n{proof}{header}"
        connection.sendall(f"{head}Connection: close\r\n\r\n".encode())
        size = 0
        while got := connection.recv_into(buffer):
            size += got
    seconds = time.perf_counter() - started
    if size < SIZE:
        raise RuntimeError(f"only {size} bytes came")
    return size / seconds / 2**20


def view(port: int, proof: str, pace: bool, stop: Event, rates: SimpleQueue[float]) -> None:
    """Stream the film `VIEWERS` times at once, in a process of its own, until `stop`."""
    with ExitStack() as stack:
        viewers = [
            stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            for _ in range(VIEWERS)
        ]
        for number, viewer in enumerate(viewers):
            start = f"{proof}Range: bytes={number << 20}-\r\n"
            viewer.sendall(f"GET {_FILM} HTTP/1.1\r\nHost: localhost\r\n{start}\r\n".encode())
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


def calls(port: int, proof: dict[str, str]) -> list[float]:
    """Return the times of API calls for `SECONDS`, one after the other, in ms."""
    times: list[float] = []
    until = time.perf_counter() + SECONDS
    while time.perf_counter() < until:
        # from another address each time: the rate of calls is limited by address
        source = f"127.0.1.{next(_hosts)}", 0
        with closing(
            http.client.HTTPConnection("127.0.0.1", port, timeout=30, source_address=source)
        ) as connection:
            connection.connect()
            _call(connection, proof, until, times)
    return times


def _call(
    connection: http.client.HTTPConnection, proof: dict[str, str], until: float, times: list[float]
) -> None:
    for number in range(CALLS_OF_CLIENT):
        if time.perf_counter() >= until:
            return
        path = CALLS[number % len(CALLS)]
        started = time.perf_counter()
        connection.request("GET", path, headers=proof)
        response = connection.getresponse()
        response.read()
        times.append((time.perf_counter() - started) * 1e3)
        if response.status != HTTPStatus.OK:
            raise RuntimeError(f"{path}: {response.status} after {number} calls")


def calls_with_viewers(
    port: int, proof: dict[str, str], *, pace: bool
) -> tuple[list[float], list[float]]:
    """Return the times of API calls next to viewers, and the rates of these."""
    stop = multiprocessing.Event()
    rates: SimpleQueue[float] = multiprocessing.SimpleQueue()
    viewers = multiprocessing.Process(target=view, args=(port, lines(proof), pace, stop, rates))
    viewers.start()
    try:
        times = calls(port, proof)
    finally:
        stop.set()
        found = [rates.get() for _ in range(VIEWERS)]
        viewers.join(10)
    return times, found


def measure(rounds: int) -> dict[str, float]:
    """Return rates in MiB/s and the times of calls in milliseconds."""
    with workspace() as folder, ExitStack() as stack:
        with (folder / "media" / "film.webm").open("wb") as film:
            part = os.urandom(1 << 20)
            for _ in range(SIZE >> 20):
                film.write(part)
        ports = dict(zip(("ours", "nginx"), free_ports(2), strict=True))
        stack.enter_context(ours(folder, ports["ours"]))
        stack.enter_context(nginx(folder, ports["nginx"]))
        cases = {
            f"{kind}_{server}": (port, header)
            for kind, header in (("stream", ""), ("range", "Range: bytes=0-\r\n"))
            for server, port in ports.items()
        }
        proof = household(folder / "data")
        line = lines(proof)
        rates = [
            {name: download(*case, line) for name, case in cases.items()} for _ in range(rounds)
        ]
        figures = {name: statistics.median(each[name] for each in rates) for name in cases}
        alone = calls(ports["ours"], proof)
        with_viewers, viewers = calls_with_viewers(ports["ours"], proof, pace=True)
        with_downloads, _ = calls_with_viewers(ports["ours"], proof, pace=False)
    for load, times in zip(_LOADS, (alone, with_viewers, with_downloads), strict=True):
        figures |= {f"call_p{n}{load}": percentile(times, n) for n in (50, 99)}
    return figures | {"slowest_viewer": min(viewers)}


def main() -> None:
    """Run the benchmark from the command line."""
    parser = command("media", __doc__)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    figures = measure(options.rounds)
    print(table(figures))
    write_json(options.json, figures)


if __name__ == "__main__":
    main()
