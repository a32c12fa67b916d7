"""Makes Linux lack what another system lacks, and differ where that differs.

It is `sitecustomize` of each process of a run, and comes before anything of ours is imported.
"""

from __future__ import annotations

import asyncio
import ctypes
import importlib
import os
import re
import resource
import select
import selectors
import shutil
import signal
import socket
import stat
import subprocess
import sys
from typing import Any

# what others provide looks at the system's name instead
import click  # noqa: F401
import platformdirs  # noqa: F401
import psutil  # noqa: F401
import waitress.trigger

_BINARY = 1 << 30
_UNKNOWN_TO_IT = ("add_reader", "add_writer", "add_signal_handler")
_OPEN_MAX = 10_240


def remove(name: str) -> None:
    """Remove a module, or a name from one."""
    holder, _, member = name.partition(".")
    if not member:
        sys.modules[name] = None  # type: ignore[assignment]
    elif hasattr(module := importlib.import_module(holder), member):
        delattr(module, member)


def change(holder: Any, name: str, value: Any) -> None:
    setattr(holder, name, value)


def measuring_disks_otherwise() -> None:
    found = os.statvfs

    def usage(path: Any) -> Any:
        it = found(path)
        blocks = (it.f_blocks, it.f_blocks - it.f_bfree, it.f_bavail)
        sizes = [it.f_frsize * count for count in blocks]
        return type(known)._make(sizes)

    known = shutil.disk_usage("/")
    change(shutil, "disk_usage", usage)


def without_program(name: str) -> None:
    which = shutil.which
    change(
        shutil,
        "which",
        lambda it, *more, **given: which(it, *more, **given) if it != name else None,
    )


def without_proc() -> None:
    found = os.stat

    def other(path: Any, *more: Any, **given: Any) -> os.stat_result:
        if str(path).startswith("/proc/self"):
            raise FileNotFoundError(path)
        return found(path, *more, **given)

    change(os, "stat", other)


def limited_as_on_macos() -> None:
    """The highest number of files is infinite, and may not be asked for."""
    now = [256, resource.RLIM_INFINITY]

    def set_limit(_: int, wanted: tuple[int, int]) -> None:
        if not 0 <= wanted[0] <= _OPEN_MAX:
            raise ValueError("current limit exceeds maximum limit")
        now[:] = wanted

    change(resource, "getrlimit", lambda _: tuple(now))
    change(resource, "setrlimit", set_limit)


def without_waiting_for_pipes() -> None:
    """Only sockets can be waited for."""

    def check(file: Any) -> None:
        number = file if isinstance(file, int) else file.fileno()
        if not stat.S_ISSOCK(os.fstat(number).st_mode):
            raise OSError(10038, "an operation was attempted on something that is not a socket")

    class Selector(selectors.SelectSelector):
        def register(self, fileobj: Any, *more: Any, **given: Any) -> selectors.SelectorKey:
            check(fileobj)
            return super().register(fileobj, *more, **given)

    real = select.select

    def other(*given: Any) -> Any:
        for file in [it for files in given[:3] for it in files]:
            check(file)
        return real(*given)

    change(selectors, "DefaultSelector", Selector)
    change(select, "select", other)
    # it wakes itself by a pipe elsewhere
    change(os, "name", "nt")
    importlib.reload(waitress.trigger)
    change(os, "name", "posix")


def with_the_proactor() -> None:
    """The default loop watches no sockets and handles no signals."""

    def refuse(*_: Any) -> None:
        raise NotImplementedError

    loop = type("Loop", (asyncio.SelectorEventLoop,), dict.fromkeys(_UNKNOWN_TO_IT, refuse))

    change(asyncio.SelectorEventLoop, "add_signal_handler", refuse)
    change(asyncio.DefaultEventLoopPolicy, "_loop_factory", loop)


def with_pairs_over_tcp() -> None:
    pair, unix = socket.socketpair, socket.AF_UNIX
    change(socket, "socketpair", lambda *_: pair(unix))


def ending_at_once() -> None:
    """Nothing can be asked to end: it is ended."""
    signals, killed = os.kill, signal.SIGKILL
    change(os, "kill", lambda pid, number: signals(pid, killed if number == 15 else number))
    change(subprocess.Popen, "kill", lambda self: self.send_signal(killed))
    change(subprocess.Popen, "terminate", lambda self: self.send_signal(killed))


def opening_as_text() -> None:
    """What is not opened as binary ends at Ctrl-Z, and has lines that end with one byte."""
    opened, read, texts = os.open, os.read, set[int]()

    def other(path: Any, flags: int, *more: Any, **given: Any) -> int:
        number = opened(path, flags & ~_BINARY, *more, **given)
        (texts.discard if flags & _BINARY else texts.add)(number)
        return number

    def reading(number: int, most: int) -> bytes:
        data = read(number, most)
        is_text = number in texts and stat.S_ISREG(os.fstat(number).st_mode)
        return data.partition(b"\x1a")[0].replace(b"\r\n", b"\n") if is_text else data

    change(os, "O_BINARY", _BINARY)
    change(os, "open", other)
    change(os, "read", reading)


def refusing_names() -> None:
    """No file may have these characters in its name; a colon names a part of it."""

    def check(event: str, given: tuple[Any, ...]) -> None:
        paths = given[: 2 if event == "os.rename" else 1]
        if event in {"open", "os.mkdir", "os.rename"} and any(
            isinstance(it, (str, os.PathLike)) and re.search(r'[<>:"|?*]', str(it)) for it in paths
        ):
            raise OSError(22, f"{event} refuses {paths}")

    sys.addaudithook(check)


def without_a_name_for_the_program() -> None:
    library = ctypes.CDLL

    def other(name: Any, *more: Any, **given: Any) -> Any:
        if name is None:
            raise TypeError("argument of type 'NoneType' is not iterable")
        return library(name, *more, **given)

    change(ctypes, "CDLL", other)


without_program("setpriv")
without_proc()
change(shutil, "_USE_CP_SENDFILE", False)
if os.environ["SYSTEM"] == "Windows":
    without_waiting_for_pipes()
    with_the_proactor()
    with_pairs_over_tcp()
    ending_at_once()
    measuring_disks_otherwise()
    opening_as_text()
    refusing_names()
    without_a_name_for_the_program()
    without_program("sh")
    os.supports_dir_fd.clear()
else:
    limited_as_on_macos()
for each in os.environ["REMOVED"].split():
    remove(each)
