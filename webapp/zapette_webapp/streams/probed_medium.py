"""What a stream needs to know of a medium, from its probe."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from zapette_webapp.errors import MediaFlaw, NotStreamable, ToolBusy, ToolError, Unplayable
from zapette_webapp.media.probing import flaws
from zapette_webapp.media.probing.probe import Probe, Prober
from zapette_webapp.streams.planning import timeline
from zapette_webapp.streams.planning.facts import Facts, Subtitle

_WORDS: Final[dict[str, tuple[MediaFlaw, str]]] = {
    flaws.EMPTY: ("empty", "the file is empty"),
    flaws.CUT_OFF: ("cut_off", "the file ends before its contents: was it copied completely?"),
    flaws.ENCRYPTED: ("encrypted", "the file is encrypted against copies"),
    flaws.TEXT: ("text", "the file is a text"),
    flaws.UNKNOWN: ("unknown_format", "the file is in no known format"),
    flaws.UNREADABLE: ("unreadable", "the file takes too much time or memory to read"),
}


LONGEST: Final = 7 * 24 * 3600.0
"""The most seconds of a medium: a damaged file may say years, and its parts would fill memory."""

AT_ONCE: Final = min(4, 2 * (os.cpu_count() or 1))
"""The media that are read at the same time: conversions that run leave each little of a core."""


class ProbeReader:
    """Reads media with a prober of its own: a scan of the library does not make it wait."""

    def __init__(self) -> None:
        # few wait: they have threads that other requests need; the others ask again in a moment
        self.prober = Prober("stream_inspection", niceness=5, waiting=5, at_once=AT_ONCE)

    def read(self, file: Path, *, cut: bool) -> Facts:
        """Return what is in a file.

        Args:
            file: the file.
            cut: whether its keyframes are needed.

        Raises:
            NotStreamable: it cannot be streamed, and why.
            NotReady: other files are being read.
        """
        # before it is read: it may be growing
        size = file.stat().st_size
        try:
            probe = self.prober.examine(file, cut=cut)
        except Unplayable as error:
            if cut and error.flaw == flaws.UNREADABLE:
                # its index may be what is too much to read
                return self.read(file, cut=False)
            raise NotStreamable(*_WORDS[error.flaw]) from None
        except ToolBusy:
            raise
        except ToolError:
            raise NotStreamable(*_WORDS[flaws.UNREADABLE]) from None
        return facts_of(probe, size)


def facts_of(probe: Probe, size: int) -> Facts:
    """Return what a stream needs to know, from the probe of a file of `size` bytes.

    Raises:
        NotStreamable: the probe does not say how long it is, or says more than `LONGEST`.
    """
    if not probe.duration:
        raise NotStreamable("unknown_format", "the file does not say how long it is")
    if probe.duration > LONGEST:
        raise NotStreamable("unknown_format", "the file says that it is longer than a week")
    cuts, begins_late = None, False
    if probe.keyframes is not None:
        begins_late = probe.keyframes[0] - probe.start > timeline.SHORTEST
        # once, not for each part that is asked for: a film of hours has thousands of them
        begin_at = (it - probe.start for it in probe.keyframes)
        cuts = timeline.copied_picture(begin_at, probe.duration)
    return Facts(
        probe.demuxer,
        probe.duration,
        size,
        probe.start,
        probe.video,
        probe.sounds,
        [Subtitle(it.index, it.codec_name, it.kind == "picture") for it in probe.subtitles],
        cuts,
        probe.cut_off,
        probe.begins_within_group,
        begins_late,
        probe.partial,
    )
