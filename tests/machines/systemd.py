"""A systemd of a test's own, as the first process of namespaces: it runs units as on a machine."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil
import pytest

from tests.programs.processes import ending
from tests.waiting import eventually

PROGRAM: Final = Path("/lib/systemd/systemd")

# What it writes stays in it: /etc, /var and /tmp are copies, /run and /dev its own. It starts
# nothing of the machine's, such as what clears /tmp at a start; only what a test tells it to.
_BOOT: Final = """\
mount --make-rprivate /
mount -t tmpfs test {folder}
cd {folder}
for each in etc var tmp; do
  mkdir $each $each-work
  mount -t overlay test -o lowerdir=/$each,upperdir=$each,workdir=$each-work /$each
done
mkdir dev
mount -t tmpfs test dev
for each in null zero full random urandom tty; do
  touch dev/$each
  mount --bind /dev/$each dev/$each
done
mkdir dev/shm dev/pts
mount --rbind dev /dev
mount -t devpts -o newinstance,ptmxmode=666 test /dev/pts
ln -s pts/ptmx /dev/ptmx
mount -t tmpfs test /dev/shm
mount -t tmpfs test /run
umount -l /sys/fs/cgroup
mount -o remount,bind,ro /sys
mount -t cgroup2 test /sys/fs/cgroup
mount -t proc proc /proc
mount --bind /proc/sys /proc/sys
mount -o remount,bind,ro /proc/sys
mount --make-rshared /
ip link set lo up
rm -rf /etc/systemd/system/*.wants
for unit in /lib/systemd/system/*.target.wants/*; do
  ln -sf /dev/null /etc/systemd/system/"${{unit##*/}}"
done
mkdir -p /run/systemd/system/service.d
printf '[Service]\\nStandardOutput=append:/run/log\\nStandardError=append:/run/log\\n' \
  >/run/systemd/system/service.d/log.conf
printf '[Unit]\\nDefaultDependencies=no\\n' >/etc/systemd/system/test.target
cd /
exec env -i container=other PATH="$PATH" \
  {program} --system --unit=test.target --show-status=no --log-target=null
"""


@dataclass(frozen=True)
class Machine:
    """A running systemd, by the id of its process."""

    pid: int

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the shell in its namespaces, as root."""
        inside = ["nsenter", f"--target={self.pid}", "--mount", "--pid", "--net", "--ipc", "--uts"]
        return subprocess.run(
            [*inside, "--cgroup", "bash", "-c", command],
            capture_output=True, text=True, timeout=60,
        )  # fmt: skip

    def output(self, command: str) -> str:
        """Run a command, which must succeed, and return what it prints."""
        done = self.run(command)
        said = self.run("cat /run/log").stdout if done.returncode else ""
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}\n{said}"
        return done.stdout


@contextmanager
def machine(folder: Path) -> Iterator[Machine]:
    """Run a systemd while the block runs.

    Args:
        folder: an empty folder.
    """
    if os.geteuid() != 0 or not PROGRAM.exists():
        pytest.fail("this test runs systemd, which needs root and the package systemd")
    script = _BOOT.format(folder=shlex.quote(str(folder)), program=PROGRAM)
    spaces = ["--mount", "--pid", "--net", "--ipc", "--uts", "--cgroup"]
    command = ["unshare", "--kill-child", "--fork", *spaces, "bash", "-euc", script]
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process,
        ending(process),
    ):
        inner = eventually(lambda: psutil.Process(process.pid).children()[0], "it starts")
        made = Machine(inner.pid)
        eventually(lambda: inner.name() == "systemd", "systemd starts")
        eventually(lambda: made.run("systemctl is-system-running").stdout, "systemd answers")
        yield made
