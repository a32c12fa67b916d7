"""Fetches the suite, and the Mosquitto it belongs to, from the Debian mirror that apt uses here.

apt does it with a state of its own, so that nothing on this machine changes; it checks signatures
and hashes. The program comes with the libraries it was built for, and runs with these.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

SUITE: Final = "forky"
_KEYRING: Final = "/usr/share/keyrings/debian-archive-keyring.gpg"

_LOADER: Final = "*/ld-linux*"
_IN_STANZA: Final = r"^URIs:\s*(\S+/debian/?)\s*$"
_IN_LINE: Final = r"^deb\s+(?:\[.*?\]\s+)?(\S+/debian/?)\s"


class NotDebian(Exception):
    """This machine has no apt, or no mirror of Debian in it."""


def mirror(folder: Path = Path("/etc/apt")) -> str:
    """Return the address of the first mirror of Debian in apt's sources.

    Raises:
        NotDebian: there is none.
    """
    stanzas = sorted((folder / "sources.list.d").glob("*.sources"))
    lines = [folder / "sources.list", *sorted((folder / "sources.list.d").glob("*.list"))]
    found = [
        re.search(pattern, file.read_text(), re.MULTILINE)
        for files, pattern in ((stanzas, _IN_STANZA), (lines, _IN_LINE))
        for file in files
        if file.exists()
    ]
    for match in found:
        if match:
            return match[1]
    raise NotDebian("apt has no mirror of Debian here")


class Debian:
    """The packages of a later Debian, fetched into `folder` once and kept there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._apt = folder / "apt"

    @property
    def version(self) -> str:
        """The version of the suite, without Debian's revision."""
        (description,) = self._folder.glob("source/*.dsc")
        return description.stem.split("_")[1].split("-")[0]

    def suite(self) -> Path:
        """Return the folder of the scripts, fetching it unless it is there.

        Raises:
            NotDebian: there is nowhere to fetch it from.
            subprocess.CalledProcessError: it could not be fetched or unpacked.
        """
        source = self._folder / "source"
        if not (source / "ready").exists():
            shutil.rmtree(source, ignore_errors=True)
            source.mkdir(parents=True)
            self._update()
            self._get("source", "--download-only", "mosquitto", cwd=source)
            (archive,) = source.glob("*.orig.tar.*")
            tree = source / "tree"
            tree.mkdir()
            subprocess.run(
                ["tar", "--extract", "--strip-components=1", "-f", archive, "-C", tree], check=True
            )
            (source / "ready").touch()
        return source / "tree" / "test" / "broker"

    def program(self) -> list[str]:
        """Return the command of the Mosquitto of the same release, fetching it unless it is there.

        Raises:
            NotDebian, subprocess.CalledProcessError: as `suite` does.
        """
        system = self._folder / "system"
        if not (system / "ready").exists():
            shutil.rmtree(system, ignore_errors=True)
            for alias in ("bin", "sbin", "lib", "lib64"):
                (system / "usr" / alias).mkdir(parents=True)
                (system / alias).symlink_to(f"usr/{alias}")
            self._update()
            self._get(
                *("install", "--yes", "--download-only", "--no-install-recommends", "mosquitto")
            )
            for package in (self._apt / "cache" / "archives").glob("*.deb"):
                subprocess.run(["dpkg-deb", "--extract", package, system], check=True)
            # the names by which programs know their libraries; no script of a package has run
            (libraries,) = {loader.parent for loader in (system / "usr" / "lib").glob(_LOADER)}
            subprocess.run(["/sbin/ldconfig", "-n", libraries], check=True)
            shutil.rmtree(self._apt)
            (system / "ready").touch()
        loader = next((system / "usr" / "lib").glob(_LOADER))
        program = system / "usr" / "sbin" / "mosquitto"
        return [str(loader), "--library-path", str(loader.parent), str(program)]

    def _update(self) -> None:
        if shutil.which("apt-get") is None or not Path(_KEYRING).exists():
            raise NotDebian("the suite is fetched by Debian's apt, which is not here")
        if (self._apt / "ready").exists():
            return
        for name in ("state/lists/partial", "cache/archives/partial"):
            (self._apt / name).mkdir(parents=True, exist_ok=True)
        (self._apt / "status").touch()
        address = mirror()
        (self._apt / "sources.list").write_text(
            "".join(
                f"{kind} [signed-by={_KEYRING}] {address} {SUITE} main\n"
                for kind in ("deb", "deb-src")
            )
        )
        self._get("update")
        (self._apt / "ready").touch()

    def _get(self, *arguments: str, cwd: Path | None = None) -> None:
        options = {
            "Dir::State": self._apt / "state",
            "Dir::State::status": self._apt / "status",
            "Dir::Cache": self._apt / "cache",
            "Dir::Etc::sourcelist": self._apt / "sources.list",
            "Dir::Etc::sourceparts": "/dev/null",
            "Acquire::Languages": "none",
            "Acquire::Retries": 3,
            "APT::Sandbox::User": "root",
            "Debug::NoLocking": "true",
        }
        given = [part for name, value in options.items() for part in ("-o", f"{name}={value}")]
        subprocess.run(
            ["apt-get", "-qq", *given, *arguments], cwd=cwd, check=True, stdout=subprocess.DEVNULL
        )
