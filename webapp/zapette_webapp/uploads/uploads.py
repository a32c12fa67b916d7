"""Takes files from phones, and deletes them once no player has them."""

from __future__ import annotations

import logging
import secrets
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from posixpath import splitext
from typing import Any, Final

from zapette_broker.storage.store_errors import StoreError
from zapette_server.supervisor import Supervisor
from zapette_webapp.errors import (
    NotFound,
    NotMedia,
    NotReady,
    ToolTooLong,
    ToolTooMuch,
    Unplayable,
    UploadFlaw,
    UploadsOff,
    WrongOffset,
)
from zapette_webapp.library.folder import listing
from zapette_webapp.library.folder.media_folder import UPLOADS, MediaFolder
from zapette_webapp.library.index.index import Index
from zapette_webapp.media import media_types
from zapette_webapp.media.probing.probe import Probe, Prober
from zapette_webapp.uploads import upload as files
from zapette_webapp.uploads.budget import Budget
from zapette_webapp.uploads.names import harmless
from zapette_webapp.uploads.parts import UploadParts
from zapette_webapp.uploads.photos import Photos
from zapette_webapp.uploads.retention import Holders, Retention
from zapette_webapp.uploads.upload import Upload, is_grant

log = logging.getLogger("zapette.uploads")

PART: Final = 4 << 20
"""The most bytes in one part."""

WAITING: Final = 2
"""The most files that wait to be read; each has a thread of the server, which has 16."""

SWEEP: Final = 5.0
"""Seconds between two looks for what to delete."""

_REASONS: Final[dict[str, UploadFlaw]] = {
    "empty": "empty",
    "cut_off": "cut_off",
    "encrypted": "encrypted",
    "text": "text",
    "unreadable": "unreadable",
}


class Uploads:
    """The uploads of a household, in a folder; safe for several threads.

    Args:
        media_folder: serves them.
        index: what is in them.
        budget: how much there may be.
        retention: how long they are kept.
        free: returns the free bytes of a folder's disk.
        clock: returns Unix seconds; without it, the time of day at the start and what has elapsed
            since: a clock that somebody sets deletes nothing.
    """

    def __init__(
        self,
        media_folder: MediaFolder,
        index: Index,
        budget: Budget,
        retention: Retention,
        free: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free,
        clock: Callable[[], float] | None = None,
    ) -> None:
        self._media_folder = media_folder
        self._index = index
        self._budget = budget
        self._retention = retention
        self._free = free
        self._clock = clock or _steady(time.time())
        self._lock = threading.Lock()
        self._uploads: dict[str, Upload] = {}
        self._stopping = threading.Event()
        self.prober = Prober(name="uploads", niceness=5, waiting=WAITING)
        self.photos = Photos()
        self.holders = Holders()
        #: What the parser of requests asks.
        self.parts = UploadParts(self._uploads.get, PART)
        #: Keeps the thread running.
        self.supervisor = Supervisor(log)

    @property
    def folder(self) -> Path:
        """Where they are."""
        folder = self._media_folder.uploads
        if folder is None:
            raise UploadsOff
        return folder

    def start(self) -> None:
        """Take over what the last run left, delete the rest, and begin to delete."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for folder in self.folder.iterdir():
            if not folder.is_dir():
                continue
            found = files.read(folder)
            if found is None:
                shutil.rmtree(folder, ignore_errors=True)
            else:
                found.touched = self._clock()
                found.began = min(found.began, found.touched)
                self._uploads[found.id] = found
        if not self._uploads:
            self._index.renew()
        self._index.complete()
        self.supervisor.thread("uploads", self._run)

    def stop(self) -> None:
        """Stop; what has arrived stays."""
        self.supervisor.stop()
        self._stopping.set()
        self.prober.stop()
        self.photos.tool.stop()
        self.supervisor.stop(2)
        self._index.close()

    def begin(self, name: str, size: int, owners: frozenset[str]) -> dict[str, Any]:
        """Begin an upload, and return it.

        Args:
            name: what its owner calls the file.
            size: its bytes.
            owners: the link or account, and the address, that it counts for.

        Raises:
            UploadsOff: nobody may upload.
            NotMedia: it is empty.
            UploadTooLarge: it is larger than one may ever be.
            NoRoom: there is no room for it now.
            OSError: it cannot be written.
        """
        if self._budget.most == 0:
            raise UploadsOff
        if size == 0:
            raise NotMedia("empty")
        with self._lock:
            free = self._free(self.folder)
            self._budget.check(size, owners, list(self._uploads.values()), free)
            now = self._clock()
            folder = self.folder / secrets.token_urlsafe(16)
            # this run's clock keeps the error that it started with; the next run's may have none
            dated = time.time()
            upload = Upload(folder, harmless(name), size, owners, now, dated, touched=now)
            upload.create()
            self._uploads[upload.id] = upload
        return self._describe(upload)

    def get(self, upload_id: str, owners: frozenset[str]) -> dict[str, Any]:
        """Return an upload; raises NotFound if there is none of these owners."""
        return self._describe(self._own(upload_id, owners))

    def add(
        self, upload_id: str, owners: frozenset[str], offset: int, read: Callable[[int], bytes]
    ) -> dict[str, Any]:
        """Add a part, and return the upload; the last part makes it ready.

        An empty part after the last one tries again to make it ready.

        Raises:
            NotFound: there is no such upload of these owners.
            WrongOffset: it does not begin where the last one ended.
            NotMedia: the file is nothing to play; it is deleted.
            NotReady: another part of it is being taken, or other files are being read.
            OSError: it cannot be written.
        """
        upload = self._own(upload_id, owners)
        # nobody waits here: those who wait would soon have all threads of the server
        if not upload.lock.acquire(blocking=False):
            raise NotReady("another part of the file is being taken")
        try:
            if offset != upload.received or upload.id not in self._uploads:
                raise WrongOffset(upload.received)
            if not upload.is_ready:
                # once all is there, the file may have been converted to another size
                if upload.missing > 0:
                    upload.append(read, upload.missing)
                upload.touched = self._clock()
                if upload.missing == 0:
                    self._finish_whole(upload)
        finally:
            upload.lock.release()
            if upload.id not in self._uploads:
                upload.remove()
        return self._describe(self._own(upload_id, owners))

    def remove(self, upload_id: str, owners: frozenset[str]) -> None:
        """Delete an upload; raises NotFound if there is none of these owners."""
        self._delete(self._own(upload_id, owners))

    def sweep(self) -> None:
        """Delete what nobody wants any more."""
        now, held = self._clock(), self.holders.held
        for upload in list(self._uploads.values()):
            if upload.is_ready and upload.id in held:
                upload.touched, upload.was_held = now, True
            if self._retention.is_over(
                now=now,
                began=upload.began,
                touched=upload.touched,
                is_ready=upload.is_ready,
                was_held=upload.was_held,
            ):
                self._delete(upload)

    def _run(self) -> None:
        while not self._stopping.wait(SWEEP):
            self.sweep()

    def _own(self, upload_id: str, owners: frozenset[str]) -> Upload:
        upload = self._uploads.get(upload_id)
        # the address may change meanwhile; the link or account may not
        if upload is None or not any(it in owners for it in upload.owners if is_grant(it)):
            raise NotFound("there is no such upload, or it has ended")
        return upload

    def _delete(self, upload: Upload) -> None:
        with self._lock:
            self._uploads.pop(upload.id, None)
        # the thread that changes it removes it afterwards
        if upload.lock.acquire(blocking=False):
            upload.remove()
            upload.lock.release()

    def _finish_whole(self, upload: Upload) -> None:
        """Make a complete upload ready, with all that is written down of it, or not at all."""
        try:
            self._finish(upload)
        except (OSError, StoreError):
            upload.take_back()
            raise

    def _finish(self, upload: Upload) -> None:
        """Make a complete upload ready, or delete it if it is nothing to play."""
        try:
            end = self.photos.accept(upload.part)
            if end is not None:
                upload.finish(splitext(upload.name)[0] + end)
                return
            name = _playable(upload.name)
            named = upload.folder / f".{name}"
            upload.part.rename(named)
            try:
                probe = self._examine(named)
            finally:
                named.rename(upload.part)
            upload.finish(name)
        except NotMedia:
            self._delete(upload)
            raise
        found = listing.read(self._media_folder, f"{UPLOADS}/{upload.id}")
        if found is None or not found.media:
            self._delete(upload)
            raise NotMedia("unknown_format")
        self._index.put_media(found)
        (medium,) = found.media
        self._index.put_probe(medium.path, medium.mtime_ns, probe)

    def _examine(self, file: Path) -> Probe:
        try:
            return self.prober.examine(file)
        except Unplayable as error:
            raise NotMedia(_REASONS.get(error.flaw, "unknown_format")) from None
        except (ToolTooLong, ToolTooMuch):
            raise NotMedia("unreadable") from None

    def _describe(self, upload: Upload) -> dict[str, Any]:
        found = {
            "id": upload.id,
            "name": upload.name,
            "size": upload.size,
            "received": upload.received,
            "part": PART,
            "source": None,
        }
        if upload.is_ready:
            found["source"] = f"media/{UPLOADS}/{upload.id}/{upload.name}"
        return found


def _steady(now: float) -> Callable[[], float]:
    """Return a clock that shows `now`, and that nobody sets."""
    began = now - time.monotonic()
    return lambda: began + time.monotonic()


def _playable(name: str) -> str:
    """Return a name by which a file may be a medium; one with another extension loses it."""
    if media_types.demuxer(name) is not None or media_types.is_unnamed(name):
        return name
    stem = splitext(name)[0]
    return stem if media_types.is_unnamed(stem) else f"{stem}_"
