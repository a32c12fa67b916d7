"""Small real films of all kinds, made with ffmpeg."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from tests.samples.ffmpeg import ffmpeg

SECONDS: Final = 12
"""How long a film is: longer than a busy machine may take between a request and a look."""

_H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "10")
_SUBTITLES = "1\n00:00:00,000 --> 00:00:30,000\n{}\n"


def picture(seconds: float, size: str = "160x90", rate: int = 10) -> tuple[str, ...]:
    """Return the arguments for a picture that moves."""
    return ("-f", "lavfi", "-i", f"testsrc=duration={seconds}:size={size}:rate={rate}")


def sound(seconds: float, hertz: int = 440) -> tuple[str, ...]:
    """Return the arguments for a soft tone."""
    return ("-f", "lavfi", "-i", f"sine=duration={seconds}:frequency={hertz}")


def make(folder: Path) -> Path:
    """Fill `folder` with three films of `SECONDS`, a long one of 400 s, and a stream."""
    folder.mkdir(parents=True, exist_ok=True)
    first = folder / "one.webm"
    film = (*picture(SECONDS), *sound(SECONDS))
    ffmpeg(*film, "-c:v", "libvpx", "-g", "10", "-c:a", "libopus", str(first))
    for name in ("two", "three"):
        shutil.copy(first, folder / f"{name}.webm")
    quick = ("-deadline", "realtime", "-cpu-used", "8")
    long = ("-c:v", "libvpx", *quick, "-b:v", "20k", "-g", "10", "-c:a", "libvorbis", "-ar", "8000")
    ffmpeg(*picture(400, "64x36", 1), *sound(400), *long, str(folder / "long.webm"))
    (folder / "one.fr.srt").write_text(_SUBTITLES.format("À bientôt"), encoding="utf-8")
    (folder / "one.en.srt").write_text(_SUBTITLES.format("See you soon"), encoding="utf-8")
    (folder / "two.fr.srt").write_text(_SUBTITLES.format("Encore"), encoding="utf-8")
    (folder / "wrong.webm").write_bytes(bytes(range(256)) * 16)
    stream = folder / ".stream.mp4"
    ffmpeg(*film, *_H264, "-c:a", "aac", str(stream))
    _make_stream(folder / "stream", stream)
    return folder


def make_kinds(folder: Path) -> Path:
    """Fill `folder` with one film of each kind that people have."""
    folder.mkdir(parents=True, exist_ok=True)
    good = folder / "good.mp4"
    whole = (*picture(SECONDS), *sound(SECONDS), *_H264, "-c:a", "aac")
    ffmpeg(*whole, "-movflags", "+faststart", str(good))
    vp9 = ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "50k")
    ffmpeg(*picture(SECONDS), *vp9, "-g", "10", str(folder / "mute.webm"))
    ffmpeg(*sound(SECONDS), str(folder / "song.mp3"))
    ffmpeg("-i", str(good), "-c:v", "mpeg4", "-c:a", "copy", str(folder / "unseen.mp4"))
    ffmpeg("-i", str(good), "-c:v", "copy", "-c:a", "ac3", str(folder / "unheard.mp4"))
    (folder / "unheard.fr.srt").write_text(_SUBTITLES.format("Silence"), encoding="utf-8")
    (folder / "unheard.de.vtt").write_text("no subtitles at all", encoding="utf-8")
    content = good.read_bytes()
    (folder / "truncated.mp4").write_bytes(content[: len(content) // 2])
    (folder / "headless.mp4").write_bytes(content[len(content) // 2 :])
    _make_stream(folder / "stream", good)
    (folder / "lost").mkdir()
    (folder / "lost" / "lost.m3u8").write_text(
        "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\ngone.ts\n#EXT-X-ENDLIST\n"
    )
    return folder


def _make_stream(folder: Path, film: Path) -> None:
    """Make a stream in parts with two sounds."""
    folder.mkdir()
    maps = ("-map", "0:v", "-map", "0:a", "-map", "1:a", "-c:v", "copy", "-c:a", "aac")
    names = "v:0,agroup:sound a:0,agroup:sound,language:en,default:yes a:1,agroup:sound,language:fr"
    parts = ("-f", "hls", "-hls_time", "1", "-hls_playlist_type", "vod")
    master = ("-master_pl_name", "film.m3u8", "-var_stream_map", names)
    second = sound(SECONDS, 880)
    ffmpeg("-i", str(film), *second, *maps, *parts, *master, str(folder / "part-%v.m3u8"))


def short(folder: Path) -> Path:
    """Fill `folder` with one film of 4 s."""
    folder.mkdir(parents=True, exist_ok=True)
    film = folder / "one.webm"
    ffmpeg(*picture(4, "64x36", 2), *sound(4), "-c:v", "libvpx", "-c:a", "libopus", str(film))
    return folder
