"""The whole system on file systems that know no links and no modes, as sticks and cards have."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import pytest

from tests.faults.disk import unmount
from tests.faults.home import home
from tests.programs.system import System

_SIZE: Final = 40 << 20
_PATH: Final = "/usr/sbin:/sbin:/usr/local/sbin:/usr/bin:/bin"
_MAKE: Final = {"vfat": "mkfs.vfat", "exfat": "mkfs.exfat"}
_REFUSE: Final = """
import os
def refuse(*_, **__): raise PermissionError(1, "Operation not permitted")
os.link = os.chmod = os.fchmod =.Path.chmod = refuse
"""


@contextmanager
def stick(kind: str, image: Path, folder: Path) -> Iterator[None]:
    """Have a file system of that kind, kept in `image`, in `folder` while the block runs.

    Raises:
        OSError: there is no program for it.
        subprocess.CalledProcessError: it cannot be made or mounted here.
    """
    folder.mkdir()
    with image.open("wb") as stream:
        stream.truncate(_SIZE)
    make = shutil.which(_MAKE[kind], path=_PATH)
    if make is None:
        raise FileNotFoundError(_MAKE[kind])
    _run(make, str(image))
    with ExitStack() as stack:
        loop = _run("losetup", "--find", "--show", str(image))
        stack.callback(_run, "losetup", "--detach", loop)
        _mount(kind, loop, folder)
        stack.callback(unmount, folder)
        yield


def _mount(kind: str, device: str, folder: Path) -> None:
    """Mount a file system that the kernel knows, or that a driver in user space does."""
    try:
        _run("mount", "-t", kind, device, str(folder))
    except subprocess.CalledProcessError:
        driver = shutil.which(f"mount.{kind}-fuse", path=_PATH)
        if driver is None:
            raise
        _run(driver, device, str(folder))


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@cache
def _mounts(kind: str) -> bool:
    with TemporaryDirectory() as folder:
        try:
            with stick(kind, Path(folder, "image"), Path(folder, "stick")):
                return True
        except (OSError, subprocess.CalledProcessError):
            return False


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Try the calls that such a file system refuses, and the real ones that this machine mounts."""
    if "kind" in metafunc.fixturenames:
        metafunc.parametrize("kind", ["refused calls", *filter(_mounts, _MAKE)])


def test_a_whole_system_without_links_and_modes(kind: str, tmp_path: Path) -> None:
    system = System(tmp_path)
    with ExitStack() as stack:
        if kind in _MAKE:
            stack.enter_context(stick(kind, tmp_path / "image", system.data))
        else:
            (tmp_path / "sitecustomize.py").write_text(_REFUSE)
            system.settings["PYTHONPATH"] = str(tmp_path)
        with system:
            player = system.get("api/id").json
            assert system.post("api/credentials", player).status == 200
            with home(system) as client:
                client.publish("homeassistant/kept/x", b"kept", qos=1, retain=True)
        # what was kept is found again
        with system:
            assert system.post("api/credentials", player).status == 200
            with home(system) as client:
                client.subscribe("homeassistant/kept/x")
                assert client.message().payload == b"kept"
    assert "Traceback" not in system.log
