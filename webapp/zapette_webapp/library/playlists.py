"""Playlists (``.m3u``, ``.m3u8``, ``.pls``) and links (``.strm``): what is in them; no I/O.

The media in a stream in parts (HLS) are not films of their own: `media_types.is_stream`.
"""

from __future__ import annotations

import codecs
import math
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import unquote_to_bytes

from zapette.protocol.ranges import LONGEST_TITLE
from zapette_webapp.library.folder import paths
from zapette_webapp.media.titles import titled

LARGEST: Final = 1 << 20
"""The bytes of a playlist that are read."""

MOST: Final = 5000
"""The items of a playlist that are read."""

_LONGEST: Final = 4096
_ADDRESS: Final = re.compile(r"https?://[^\s/]\S*", re.IGNORECASE)
# Kodi writes headers for a player to send after an address: ``|User-Agent=x&Referer=y``
_HEADERS: Final = re.compile(r"\|(?=\s*!?[\w-]+=)")
_FILE: Final = re.compile(rb"file:(?://(?:localhost)?)?(?=/)", re.IGNORECASE)
_PLS: Final = re.compile(rb"(file|title|length)(\d{1,6})\s*=\s*(.*)", re.IGNORECASE)
_EXTINF: Final = re.compile(r"#EXTINF:\s*(-?[\d.]+)?[^,]*,?(.*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a playlist.

    Attributes:
        address: its http or https address; None for a file.
        file: the name of a file, as it is written there; empty for an address.
        title: its title; None if the playlist does not say it.
        duration: seconds; None if it does not say it.
    """

    address: str | None
    file: bytes = b""
    title: str | None = None
    duration: float | None = None


def read(name: str, content: bytes) -> list[Item]:
    """Return the items of a playlist or link with this name, at most `MOST`."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        content = content.decode("utf-16", "replace").encode("utf-8", "replace")
    lines = content.removeprefix(codecs.BOM_UTF8).replace(b"\0", b"").splitlines()
    found = _of_pls(lines) if name.lower().endswith(".pls") else _of_m3u(lines)
    return [it for _, it in zip(range(MOST), found, strict=False)]


def candidates(playlist: str, item: Item) -> list[str]:
    """Return the paths in the library that an item of the playlist at a path may mean.

    A name is relative to the playlist. One from the root of a disk, or of Windows, may be below the
    media folder by its last folders.
    """
    name = item.file
    local = _FILE.match(name)
    if local:
        name = unquote_to_bytes(name[local.end() :])
    drive = re.match(rb"[a-z]:[\\/]", name, re.IGNORECASE)
    tries = [name] if not drive else []
    if b"\\" in name:
        tries.append((name[2:] if drive else name).replace(b"\\", b"/"))
    elif drive:
        tries.append(name[2:])
    folder = playlist.rpartition("/")[0]
    found: list[str] = []
    for one in tries:
        for text in _decoded(one):
            found += _placed(folder, text)
    return list(dict.fromkeys(found))


def _placed(folder: str, text: str) -> list[str]:
    if text.startswith("/"):
        levels = [it for it in text.split("/") if it not in {"", "."}]
        if ".." in levels:
            return []
        return ["/".join(levels[start:]) for start in range(len(levels))]
    levels = folder.split("/") if folder else []
    for level in text.split("/"):
        if level == ".." and levels:
            levels.pop()
        elif level == "..":
            return []
        elif level not in {"", "."}:
            levels.append(level)
    return ["/".join(levels)] if levels else []


def _decoded(name: bytes) -> Iterator[str]:
    """Return the paths that a name may be written as: bytes of the disk, or an old Windows."""
    yield paths.from_disk(os.fsdecode(name))
    try:
        name.decode()
    except UnicodeDecodeError:
        yield name.decode("cp1252", "replace")


def _of_m3u(lines: list[bytes]) -> Iterator[Item]:
    title: str | None = None
    duration: float | None = None
    for line in lines:
        bare = line.strip()
        if bare.startswith(b"#"):
            if found := _EXTINF.match(_text(bare)):
                duration, title = _seconds(found[1]), titled(found[2])
        elif bare:
            if item := _item(line.strip(b"\r\n"), title, duration):
                yield item
            title = duration = None


def _of_pls(lines: list[bytes]) -> Iterator[Item]:
    known: dict[int, dict[bytes, bytes]] = {}
    for line in lines[: 4 * MOST]:
        if found := _PLS.fullmatch(line.strip()):
            known.setdefault(int(found[2]), {})[found[1].lower()] = found[3]
    for _, values in sorted(known.items()):
        title, length = _text(values.get(b"title", b"")), _text(values.get(b"length", b""))
        item = _item(values.get(b"file", b""), titled(title), _seconds(length))
        if item is not None:
            yield item


def _item(written: bytes, title: str | None, duration: float | None) -> Item | None:
    bare = written.strip()
    if not bare or len(bare) > _LONGEST:
        return None
    address = _HEADERS.split(_text(bare))[0].rstrip().replace(" ", "%20")
    if _ADDRESS.fullmatch(address):
        return Item(address, title=title, duration=duration)
    if b"://" in bare and not _FILE.match(bare):
        return None
    return Item(None, bare, title, duration)


def title_of(item: Item) -> str:
    """Return the title of an item that is an address."""
    if item.title:
        return item.title
    address = (item.address or "").split("?")[0].split("#")[0].rstrip("/")
    last = unquote_to_bytes(address.rpartition("/")[2]).decode("utf-8", "replace")
    return (PurePosixPath(last).stem.replace("_", " ") or address)[:LONGEST_TITLE]


def _text(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _seconds(text: str | None) -> float | None:
    try:
        seconds = float(text or "")
    except ValueError:
        return None
    return round(seconds, 3) if math.isfinite(seconds) and seconds > 0 else None
