"""Thumbnails of media and posters, which ffmpeg makes one at a time, in a folder."""

from __future__ import annotations

import hashlib
import logging
import os
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from zapette_server.supervisor import Supervisor
from zapette_webapp.media import ffmpeg_program, media_types
from zapette_webapp.media.probe import opened_as
from zapette_webapp.media.tools import QUIET, Limits, Tool

log = logging.getLogger("zapette.library")

SIZE: Final = 480
"""The longer side of a picture, in pixels."""

BUDGET: Final = 256 << 20
"""The size limit of the folder, in bytes."""

LIMITS: Final = Limits(cpu=20, wall=60.0, memory=768 << 20, output=4 << 20)
"""The limits for making one picture."""

MOST_PIXELS: Final = 64 << 20
"""The largest picture that gets a thumbnail, in pixels: twice a frame in 8K."""

_LONGEST_QUEUE: Final = 64
_MOST_WAITING: Final = 4
_WAIT: Final = 2.0
_TRIMMED_TO: Final = 0.9
_TOUCHED_AFTER: Final = 24 * 3600.0
_LOOKS: Final = (30.0, 3.0, 0.0)
_MAGIC: Final = {b"\xff\xd8\xff": "jpeg_pipe", b"\x89PNG": "png_pipe", b"RIFF": "webp_pipe"}


@dataclass(frozen=True, slots=True)
class Picture:
    """The result of a request for a thumbnail.

    Attributes:
        file: its path; None if it does not exist.
        pending: whether it is being made.
    """

    file: Path | None
    pending: bool = False


class Thumbnails:
    """Makes thumbnails on a thread of its own, the latest request first.

    Args:
        folder: the folder of the thumbnails; created if needed.
        budget: its size limit, in bytes; those unseen for longest are deleted.
    """

    def __init__(self, folder: Path, budget: int = BUDGET) -> None:
        self._folder = folder
        self._budget = budget
        command = ffmpeg_program.command("-nostdin", *QUIET)
        self.tool = Tool(command, LIMITS, name=ffmpeg_program.NAME)
        self._asked: OrderedDict[Path, Path] = OrderedDict()
        self._changed = threading.Condition()
        self._waiting = threading.Semaphore(_MOST_WAITING)
        self._stopping = False
        self._used: int | None = None
        self._made = 0
        #: Keeps the thread running.
        self.supervisor = Supervisor(log)

    @property
    def present(self) -> bool:
        """Whether there is an ffmpeg."""
        return self.tool.present

    @property
    def made(self) -> int:
        """The number of thumbnails made since the start."""
        return self._made

    def start(self) -> None:
        """Start the thread."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.supervisor.thread("thumbnails", self._run)

    def stop(self) -> None:
        """Stop, within a second."""
        self.supervisor.stop()
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self.tool.stop()
        self.supervisor.stop(2)

    def get(self, file: Path) -> Picture:
        """Return the thumbnail of a medium or picture; wait a little if it is being made.

        Few callers wait at once, so that other requests have threads.
        """
        picture = self.find(file)
        if not picture.pending or not self._waiting.acquire(blocking=False):
            return picture
        try:
            target = self._folder / _name(file)
            with self._changed:
                self._changed.wait_for(lambda: target.exists() or self._stopping, _WAIT)
        finally:
            self._waiting.release()
        return self.find(file)

    def find(self, file: Path) -> Picture:
        """Return the thumbnail of a medium or picture; request it if it is missing."""
        target = self._folder / _name(file)
        try:
            status = target.stat()
        except OSError:
            return self._ask(file, target)
        if status.st_size == 0:
            return Picture(None)
        if time.time() - status.st_mtime > _TOUCHED_AFTER:
            os.utime(target)
        return Picture(target)

    def _ask(self, file: Path, target: Path) -> Picture:
        picturable = file.suffix.lower() in media_types.PICTURES or media_types.may_open(file.name)
        if not self.present or not picturable:
            return Picture(None)
        with self._changed:
            self._asked[target] = file
            self._asked.move_to_end(target)
            while len(self._asked) > _LONGEST_QUEUE:
                self._asked.popitem(last=False)
            self._changed.notify_all()
        return Picture(None, pending=True)

    def _run(self) -> None:
        while (next_one := self._next()) is not None:
            target, file = next_one
            try:
                if not target.exists():
                    self._make(file, target)
            except OSError as error:
                log.warning("cannot store a thumbnail: %s", error)
            with self._changed:
                self._changed.notify_all()

    def _next(self) -> tuple[Path, Path] | None:
        with self._changed:
            self._changed.wait_for(lambda: self._asked or self._stopping)
            return None if self._stopping else self._asked.popitem()

    def _make(self, file: Path, target: Path) -> None:
        picture = self._draw(file)
        if self._stopping:
            return
        # An empty file marks a failure, so that it is not tried again and again.
        draft = target.with_suffix(".draft")
        draft.write_bytes(picture or b"")
        draft.replace(target)
        self._made += picture is not None
        self._trim(len(picture or b""))

    def _draw(self, file: Path) -> bytes | None:
        if file.suffix.lower() in media_types.PICTURES:
            return self._run_ffmpeg(file, _demuxer_of_picture(file), None)
        demuxer, _ = opened_as(file)
        if demuxer is None:
            return None
        if media_types.kind(file.name) == "audio":
            return self._run_ffmpeg(file, demuxer, None)
        for seconds in _LOOKS:
            picture = self._run_ffmpeg(file, demuxer, seconds)
            if picture:
                return picture
        return None

    def _run_ffmpeg(self, file: Path, demuxer: str | None, seconds: float | None) -> bytes | None:
        if demuxer is None:
            return None
        place = () if seconds is None else ("-ss", str(seconds))
        fit = f"scale=w={SIZE}:h={SIZE}:force_original_aspect_ratio=decrease"
        output = self.tool.output(
            *("-threads", "1", "-max_pixels", str(MOST_PIXELS), *place),
            *("-f", demuxer, "-i", f"file:{file}", "-map", "0:v:0", "-frames:v", "1"),
            *("-vf", f"{fit},format=yuvj420p", "-q:v", "5", "-f", "mjpeg", "-"),
        )
        return output or None

    def _trim(self, added: int) -> None:
        if self._used is None:
            self._used = sum(it.stat().st_size for it in self._folder.glob("*.jpg"))
        else:
            self._used += added
        if self._used <= self._budget:
            return
        kept = [(it.stat(), it) for it in self._folder.glob("*.jpg")]
        # Keep the newest: a client waits for it.
        for status, picture in sorted(kept, key=lambda it: it[0].st_mtime_ns)[:-1]:
            if self._used <= self._budget * _TRIMMED_TO:
                break
            picture.unlink(missing_ok=True)
            self._used -= status.st_size


def _name(file: Path) -> str:
    status = file.stat()
    what = f"{file}\0{status.st_mtime_ns}\0{status.st_size}\0{SIZE}"
    return hashlib.sha256(what.encode("utf-8", "surrogateescape")).hexdigest()[:40] + ".jpg"


def _demuxer_of_picture(file: Path) -> str | None:
    with file.open("rb") as stream:
        beginning = stream.read(4)
    return next((name for magic, name in _MAGIC.items() if beginning.startswith(magic)), None)
