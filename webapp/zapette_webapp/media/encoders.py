"""What makes H.264: the encoder of a graphics card if one works here, else libx264.

ffmpeg lists encoders that its build knows, whether or not this machine has the hardware and the
drivers. So each is tried, with one picture, once at each start.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from zapette_webapp.media import ffmpeg_program
from zapette_webapp.media.tools import Limits, Tool
from zapette_webapp.status.prometheus import Family, Sample

log = logging.getLogger("zapette.library")

AUTO: Final = "auto"
"""The setting that takes the first that works."""

LIMITS: Final = Limits(cpu=10, wall=20.0, memory=1 << 40, output=1 << 20)
"""The limits for trying one. Drivers reserve far more addresses than they use."""

_TRIED: Final = ("-f", "lavfi", "-i", "color=c=black:s=640x360:r=25", "-frames:v", "1")
_NODES: Final = Path("/dev/dri")


@dataclass(frozen=True, slots=True)
class Encoder:
    """The encoder of H.264.

    Attributes:
        name: what ffmpeg calls it.
        before: arguments before the input: the device.
        filters: what follows the other filters, with a comma at its beginning: the way to the
            device.
        arguments: its own, for a quality like that of libx264 at ``-crf 22``.
        has_dotted_levels: whether a level of H.264 is written ``4.1``, not ``41``.
    """

    name: str
    before: tuple[str, ...] = ()
    filters: str = ""
    arguments: tuple[str, ...] = ()
    has_dotted_levels: bool = False

    @property
    def is_software(self) -> bool:
        """Whether it runs on the processor, within limits on memory."""
        return self.name == SOFTWARE.name

    def level(self, level: int) -> str:
        """Return a level of H.264 (``41`` for 4.1) as this encoder wants it."""
        return f"{level / 10:.1f}" if self.has_dotted_levels else str(level)


SOFTWARE: Final = Encoder("libx264", (), "", ("-preset", "veryfast", "-crf", "22"), True)
"""The encoder that needs no hardware."""

_NVENC: Final = Encoder(
    "h264_nvenc", (), ",format=yuv420p",
    ("-preset", "p4", "-rc", "vbr", "-cq", "24", "-b:v", "0", "-forced-idr", "1"), True,
)  # fmt: skip
_QSV: Final = Encoder(
    "h264_qsv", (), ",format=nv12",
    ("-preset", "veryfast", "-global_quality", "23", "-forced_idr", "1"),
)  # fmt: skip
_VIDEOTOOLBOX: Final = Encoder(
    "h264_videotoolbox", (), ",format=yuv420p", ("-realtime", "1", "-q:v", "60"), True
)
_V4L2: Final = Encoder("h264_v4l2m2m", (), ",format=yuv420p", ("-b:v", "4M"))


_HARDWARE: Final = frozenset(
    {"h264_nvenc", "h264_qsv", "h264_vaapi", "h264_videotoolbox", "h264_v4l2m2m"}
)


def candidates(nodes: Sequence[str]) -> Iterator[Encoder]:
    """Return the encoders to try, the best first.

    Args:
        nodes: the render nodes of the graphics cards: ``/dev/dri/renderD128``.
    """
    yield _NVENC
    yield _QSV
    for node in nodes:
        yield Encoder(
            "h264_vaapi",
            ("-vaapi_device", node),
            ",format=nv12,hwupload",
            ("-rc_mode", "CQP", "-qp", "23"),
        )
    yield _VIDEOTOOLBOX
    yield _V4L2


def is_hardware(command: Sequence[str]) -> bool:
    """Return whether a command of ffmpeg converts with the encoder of a graphics card.

    Its driver reserves far more addresses than it uses, so that no limit on these can hold.
    """
    return not _HARDWARE.isdisjoint(command)


class Encoders:
    """Finds the encoders that work here, on a thread of its own.

    Args:
        setting: ``auto``, or the name of the encoder to use if it works.
        tool: ffmpeg, within the limits for trying one.
    """

    def __init__(self, setting: str = AUTO, tool: Tool | None = None) -> None:
        self._setting = setting
        command = ffmpeg_program.command("-nostdin", "-v", "error")
        self.tool = tool or Tool(command, LIMITS, name="encoder")
        self._lock = threading.Lock()
        self._works: dict[str, bool] = {}
        self._working: list[Encoder] = []
        self._doubted: set[Encoder] = set()
        self._retried: set[Encoder] = set()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        #: Set when all were tried.
        self.tried = threading.Event()

    @property
    def best(self) -> Encoder:
        """What to convert with: software until others were tried."""
        with self._lock:
            return self._wanted()

    def start(self) -> None:
        """Try them, in the background."""
        nodes = sorted(str(it) for it in _NODES.glob("renderD*"))
        self._thread = threading.Thread(
            target=self.find, args=(candidates(nodes),), name="encoders", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Stop, within a second."""
        self._stopping.set()
        self.tool.stop()
        if self._thread is not None:
            self._thread.join(2)

    def find(self, encoders: Iterable[Encoder]) -> None:
        """Try each of `encoders` once; the first that works and is wanted is the best."""
        if self.tool.present and self._setting != SOFTWARE.name:
            for encoder in encoders:
                self._take(encoder, works=self._try(encoder))
        if not self._stopping.is_set():
            self._log()
            self.tried.set()

    def doubt(self, encoder: Encoder, problem: str) -> None:
        """Try an encoder again, in the background, that failed in use.

        Each film that it fails with goes on in software; the others keep it if it still works.
        """
        with self._lock:
            is_new, is_retried = encoder not in self._doubted, encoder in self._retried
            self._doubted.add(encoder)
            self._retried.add(encoder)
        if is_new:
            log.warning(
                "converting with %s failed: %s; software converts this film", encoder.name, problem
            )
        # one trial answers for all films that fail meanwhile
        if not is_retried:
            threading.Thread(
                target=self._try_again, args=(encoder,), name="encoders", daemon=True
            ).start()

    def _try_again(self, encoder: Encoder) -> None:
        works = self._try(encoder)
        with self._lock:
            self._retried.discard(encoder)
            if works or self._stopping.is_set():
                return
            had = self._wanted()
            self._working = [it for it in self._working if it != encoder]
            self._works[encoder.name] = any(it.name == encoder.name for it in self._working)
            best = self._wanted()
        if best != had:
            log.warning(
                "%s does not work any more; films are converted with %s", had.name, best.name
            )

    def _wanted(self) -> Encoder:
        """Return the first that works and is wanted; the caller holds the lock."""
        wanted = (it for it in self._working if self._setting in {AUTO, it.name})
        return next(wanted, SOFTWARE)

    def _take(self, encoder: Encoder, *, works: bool) -> None:
        with self._lock:
            self._works[encoder.name] = works or self._works.get(encoder.name, False)
            self._working += [encoder] if works else []

    def _try(self, encoder: Encoder) -> bool:
        if self._stopping.is_set():
            return False
        made = self.tool.output(
            *(*encoder.before, *_TRIED, "-vf", encoder.filters.removeprefix(",") or "null"),
            *("-c:v", encoder.name, *encoder.arguments, "-f", "h264", "-"),
        )
        return bool(made)

    def _log(self) -> None:
        best = self.best
        if self._setting not in {AUTO, best.name}:
            log.warning("the encoder %s does not work here; %s is used", self._setting, best.name)
        elif self.tool.present:
            log.info("films are converted with %s", best.name)

    def families(self) -> Iterator[Family]:
        """Return what works for ``/metrics``."""
        with self._lock:
            works, best = dict(self._works), self._wanted().name
        samples = [Sample(1, {"encoder": best})]
        yield Family("zapette_encoder_info", "gauge", "The encoder of H.264.", samples)
        tried = [Sample(it, {"encoder": name}) for name, it in works.items()]
        yield Family("zapette_encoder_works", "gauge", "Whether a tried encoder works.", tried)
