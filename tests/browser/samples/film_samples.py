"""Samples of what people have on their disks, made with ffmpeg: some seconds of each kind."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SECONDS: Final = 12
"""The seconds of a sample."""

_H264: Final = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "50")
_HEVC: Final = ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none")
_AAC: Final = ("-c:a", "aac")
_VPX: Final = ("-deadline", "realtime", "-cpu-used", "8", "-b:v", "200k", "-c:v")
_AV1: Final = ("-c:v", "libsvtav1", "-preset", "12")
_MP2: Final = ("-c:a", "mp2")
_MP3: Final = ("-c:a", "libmp3lame")
_AC3: Final = ("-c:a", "ac3")
_DTS: Final = ("-c:a", "dca", "-strict", "-2")
_TWO: Final = (
    *("-map", "0:v", "-map", "1:a", "-map", "2:a", "-metadata:s:a:0", "language=fra"),
    *("-metadata:s:a:1", "language=eng", "-disposition:a:0", "default", "-disposition:a:1", "0"),
)
_HDR: Final = ("-color_primaries", "bt2020", "-color_trc", "smpte2084", "-colorspace", "bt2020nc")
_SRT: Final = "1\n00:00:00,500 --> 00:00:11,000\nA line of text\n"
_ASS: Final = (
    "[Script Info]\nScriptType: v4.00+\n[V4+ Styles]\n"
    "Format: Name, Fontname, Fontsize\nStyle: Default,Sans,20\n[Events]\n"
    "Format: Layer, Start, End, Style, Text\n"
    "Dialogue: 0,0:00:00.50,0:00:11.00,Default,A line of text\n"
)
_CHAPTERS: Final = (
    ";FFMETADATA1\n"
    "[CHAPTER]\nTIMEBASE=1/1\nSTART=0\nEND=4\ntitle=One\n"
    "[CHAPTER]\nTIMEBASE=1/1\nSTART=4\nEND=12\ntitle=Two\n"
)


@dataclass(frozen=True, slots=True)
class Sample:
    """One kind of film or music.

    Attributes:
        name: of the file.
        what: it, in words.
        arguments: of ffmpeg, after its inputs.
        size: of the picture; None for no picture.
        rate: frames per second.
        hertz: of each sound, from the first.
        more: arguments of further inputs.
        after: what is done to the file then.
        flaw: why it cannot be played by anybody; None if it can.
    """

    name: str
    what: str
    arguments: tuple[str, ...]
    size: str | None = "320x180"
    rate: str = "25"
    hertz: tuple[int, ...] = (440,)
    more: tuple[str, ...] = ()
    after: Callable[[Path], None] | None = None
    flaw: str | None = None

    @property
    def is_cut(self) -> bool:
        """Whether the second half of the file is missing."""
        return self.after is _cut

    def make(self, folder: Path) -> Path:
        """Make the file in `folder`, which also gets what further inputs need."""
        for name, text in (("t.srt", _SRT), ("t.ass", _ASS), ("t.meta", _CHAPTERS)):
            folder.parent.joinpath(name).write_text(text)
        inputs: list[str] = []
        if self.size:
            source = f"testsrc2=duration={SECONDS}:size={self.size}:rate={self.rate}"
            inputs += ["-f", "lavfi", "-i", source]
        for hertz in self.hertz:
            inputs += ["-f", "lavfi", "-i", f"sine=duration={SECONDS}:frequency={hertz}"]
        file = folder / self.name
        file.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            ["ffmpeg", "-v", "error", "-y", *inputs, *self.more, *self.arguments, str(file)],
            cwd=folder.parent, check=True, timeout=300,
        )  # fmt: skip
        if self.after is not None:
            self.after(file)
        return file


def _cut(file: Path) -> None:
    with file.open("r+b") as opened:
        opened.truncate(file.stat().st_size // 2)


def _empty(file: Path) -> None:
    file.write_bytes(b"")


def _text(file: Path) -> None:
    file.write_text("this is no film\n" * 200)


def _flip(file: Path) -> None:
    """Damage a hundred bytes in the middle."""
    content = bytearray(file.read_bytes())
    for at in range(len(content) // 3, len(content) * 2 // 3, max(1, len(content) // 300)):
        content[at] ^= 0x55
    file.write_bytes(content)


def _same(container: str, codec: tuple[str, ...], *more: str) -> tuple[str, ...]:
    return (*codec, *more, "-f", container)


SAMPLES: Final = [
    # What browsers play.
    Sample("h264-aac.mp4", "MP4, H.264 and AAC", (*_H264, *_AAC)),
    Sample("h264-aac.mkv", "MKV, H.264 and AAC", (*_H264, *_AAC)),
    Sample("h264-aac.mov", "MOV, H.264 and AAC", (*_H264, *_AAC)),
    Sample("h264-aac.3gp", "3GP, H.264 and AAC", (*_H264, *_AAC)),
    Sample("h264-first.mp4", "MP4, index at the beginning",
           (*_H264, *_AAC, "-movflags", "+faststart")),
    Sample("h264-fragments.mp4", "MP4 in fragments",
           (*_H264, *_AAC, "-movflags", "+frag_keyframe+empty_moov")),
    Sample("h264-60.mp4", "60 frames a second", (*_H264, *_AAC), rate="60"),
    Sample("h264-vfr.mp4", "frames of differing length",
           ("-vf", "select='not(mod(n,3))+not(mod(n,5))'", "-fps_mode", "vfr", *_H264, *_AAC)),
    Sample("h264-10bit.mkv", "H.264 of 10 bits",
           (*_H264, "-pix_fmt", "yuv420p10le", *_AAC)),
    Sample("h264-422.mkv", "H.264, 4:2:2", (*_H264, "-pix_fmt", "yuv422p", *_AAC)),
    Sample("h264-444.mkv", "H.264, 4:4:4", (*_H264, "-pix_fmt", "yuv444p", *_AAC)),
    Sample("h264-opus.mkv", "H.264 and Opus", (*_H264, "-c:a", "libopus")),
    Sample("h264-flac.mkv", "H.264 and FLAC", (*_H264, "-c:a", "flac")),
    Sample("h264-mp3.mkv", "H.264 and MP3", (*_H264, *_MP3)),
    Sample("h264-mute.mp4", "without a sound", _H264, hertz=()),
    Sample("vp8-vorbis.webm", "WebM, VP8 and Vorbis", (*_VPX, "libvpx", "-c:a", "libvorbis")),
    Sample("vp9-opus.webm", "WebM, VP9 and Opus",
           (*_VPX, "libvpx-vp9", "-c:a", "libopus")),
    Sample("av1-opus.webm", "WebM, AV1 and Opus", (*_AV1, "-c:a", "libopus")),
    Sample("av1-aac.mp4", "MP4, AV1 and AAC", (*_AV1, *_AAC)),
    # Sounds that browsers do not decode.
    Sample("h264-ac3.mkv", "H.264 and AC-3", (*_H264, *_AC3)),
    Sample("h264-ac3.mp4", "MP4, H.264 and AC-3", (*_H264, *_AC3)),
    Sample("h264-eac3.mkv", "H.264 and E-AC-3 5.1", (*_H264, "-c:a", "eac3", "-ac", "6")),
    Sample("h264-dts.mkv", "H.264 and DTS", (*_H264, *_DTS)),
    Sample("h264-truehd.mkv", "H.264 and TrueHD", (*_H264, "-c:a", "truehd", "-strict", "-2")),
    Sample("h264-pcm.mkv", "H.264 and PCM of 24 bits", (*_H264, "-c:a", "pcm_s24le")),
    Sample("h264-mp2.mkv", "H.264 and MP2", (*_H264, *_MP2)),
    Sample("h264-alac.mov", "MOV, H.264 and ALAC", (*_H264, "-c:a", "alac")),
    Sample("h264-aac51.mkv", "AAC 5.1", (*_H264, *_AAC, "-ac", "6")),
    Sample("vp9-ac3.mkv", "VP9 and AC-3",
           (*_VPX, "libvpx-vp9", *_AC3)),
    # Pictures that browsers do not decode.
    Sample("hevc-aac.mp4", "HEVC and AAC", (*_HEVC, "-tag:v", "hvc1", *_AAC)),
    Sample("hevc-aac.mkv", "MKV, HEVC and AAC", (*_HEVC, *_AAC)),
    Sample("hevc-ac3.mkv", "HEVC and AC-3", (*_HEVC, *_AC3)),
    Sample("hevc-10bit.mkv", "HEVC of 10 bits, DTS",
           (*_HEVC, "-pix_fmt", "yuv420p10le", *_DTS)),
    Sample("hevc-hdr.mkv", "HEVC, HDR10", (*_HEVC, "-pix_fmt", "yuv420p10le", *_HDR, *_AAC)),
    Sample("hevc-4k.mkv", "HEVC in 4K", (*_HEVC, *_AAC), size="3840x2160", rate="2"),
    Sample("xvid.avi", "AVI, Xvid and MP3", ("-c:v", "mpeg4", "-vtag", "XVID", *_MP3)),
    Sample("xvid-ac3.avi", "AVI, Xvid with B-frames and AC-3",
           ("-c:v", "mpeg4", "-bf", "2", "-vtag", "XVID", *_AC3)),
    Sample("divx3.avi", "AVI, DivX 3", ("-c:v", "msmpeg4", "-vtag", "DIV3", *_MP3)),
    Sample("mpeg4.mp4", "MP4, MPEG-4 part 2", ("-c:v", "mpeg4", *_AAC)),
    Sample("mpeg1.mpg", "MPEG-1", ("-c:v", "mpeg1video", *_MP2)),
    Sample("mpeg2.mpg", "MPEG-2 programme stream", ("-c:v", "mpeg2video", *_MP2)),
    Sample("dvd.vob", "VOB of a DVD", ("-c:v", "mpeg2video", *_AC3, "-f", "vob")),
    Sample("interlaced.ts", "MPEG-2, interlaced", ("-c:v", "mpeg2video", "-flags", "+ilme+ildct",
           *_MP2)),
    Sample("h264-aac.ts", "transport stream, H.264 and AAC", (*_H264, *_AAC)),
    Sample("h264-ac3.m2ts", "M2TS, H.264 and AC-3", (*_H264, *_AC3, "-f", "mpegts",
           "-mpegts_m2ts_mode", "1")),
    Sample("wmv2.wmv", "WMV 8 and WMA", ("-c:v", "wmv2", "-c:a", "wmav2")),
    Sample("wmv1.asf", "ASF, WMV 7", ("-c:v", "wmv1", "-c:a", "wmav1")),
    Sample("sorenson.flv", "FLV, Sorenson", ("-c:v", "flv", *_MP3, "-ar", "44100")),
    Sample("h264.flv", "FLV, H.264 and AAC", (*_H264, *_AAC)),
    Sample("mjpeg.avi", "AVI, MJPEG and PCM", ("-c:v", "mjpeg", "-c:a", "pcm_s16le")),
    Sample("theora.ogv", "Ogg, Theora and Vorbis", ("-c:v", "libtheora", "-c:a", "libvorbis")),
    Sample("prores.mov", "MOV, ProRes and PCM", ("-c:v", "prores_ks", "-c:a", "pcm_s16le")),
    Sample("dv.avi", "AVI, DV", ("-c:v", "dvvideo", "-pix_fmt", "yuv420p", "-c:a", "pcm_s16le",
           "-ar", "48000", "-ac", "2"), size="720x576"),
    Sample("real.rm", "RealMedia", ("-c:v", "rv20", *_AC3, "-b:a", "64k")),
    Sample("h263.3gp", "3GP, H.263", ("-c:v", "h263", *_AAC), size="352x288"),
    Sample("ffv1.mkv", "FFV1 and FLAC", ("-c:v", "ffv1", "-c:a", "flac")),
    Sample("cinepak.mov", "MOV, Cinepak", ("-c:v", "cinepak", "-c:a", "pcm_s16le"), size="160x120",
           rate="5"),
    # Shapes.
    Sample("odd.avi", "321 x 181 pixels", ("-c:v", "mpeg4", *_MP3), size="321x181"),
    Sample("turned.mp4", "a film that a phone took upright",
           (*_H264, *_AAC, "-metadata:s:v:0", "rotate=90")),
    Sample("wide-pixels.mpg", "pixels that are not square",
           ("-vf", "setsar=16/11", "-c:v", "mpeg2video", *_MP2)),
    Sample("hevc-rare-keys.mkv", "a keyframe at the beginning only",
           (*_HEVC[:4], "-x265-params", "log-level=none:keyint=-1", *_AAC)),
    Sample("h264-rare-keys.mkv", "H.264 with a keyframe at the beginning only, AC-3",
           (*_H264[:-2], "-g", "9999", *_AC3)),
    Sample("late.ts", "times that begin at an hour",
           (*_H264, *_AC3, "-output_ts_offset", "3600")),
    # More than one track.
    Sample("two-sounds.mkv", "two sounds, AAC", (*_TWO, *_H264, *_AAC), hertz=(440, 880)),
    Sample("two-sounds-ac3.mkv", "two sounds, AC-3", (*_TWO, *_H264, *_AC3), hertz=(440, 880)),
    Sample("two-sounds-hevc.mkv", "two sounds, HEVC and DTS",
           (*_TWO, *_HEVC, *_DTS), hertz=(440, 880)),
    Sample("two-sounds.avi", "two sounds, AVI",
           (*_TWO, "-c:v", "mpeg4", *_MP3), hertz=(440, 880)),
    Sample("inside-srt.mkv", "subtitles inside, SRT",
           (*_H264, *_AC3, "-c:s", "srt", "-metadata:s:s:0", "language=eng"),
           more=("-i", "t.srt")),
    Sample("inside-ass.mkv", "subtitles inside, ASS", (*_H264, *_AAC, "-c:s", "ass"),
           more=("-i", "t.ass")),
    Sample("inside-mov-text.mp4", "subtitles inside, mov_text", (*_HEVC, *_AAC, "-c:s", "mov_text"),
           more=("-i", "t.srt")),
    Sample("chapters.mkv", "chapters", (*_H264, *_AC3), more=("-i", "t.meta")),
    # Music.
    Sample("song.mp3", "MP3", _MP3, size=None),
    Sample("song.flac", "FLAC", ("-c:a", "flac"), size=None),
    Sample("song.ogg", "Ogg, Vorbis", ("-c:a", "libvorbis"), size=None),
    Sample("song.m4a", "M4A, AAC", _AAC, size=None),
    Sample("alac.m4a", "M4A, ALAC", ("-c:a", "alac"), size=None),
    Sample("song.wav", "WAV", ("-c:a", "pcm_s16le"), size=None),
    Sample("song.wma", "WMA", ("-c:a", "wmav2"), size=None),
    Sample("song.ac3", "AC-3 alone", _AC3, size=None),
    Sample("song.dts", "DTS alone", _DTS, size=None),
    # What is not what it seems, or not whole.
    Sample("mkv-named.mp4", "MKV named .mp4", _same("matroska", _H264, *_AC3)),
    Sample("mp4-named.avi", "MP4 named .avi", _same("mp4", _H264, *_AAC)),
    Sample("damaged.avi", "damaged bytes", ("-c:v", "mpeg4", *_MP3), after=_flip),
    Sample("cut.mkv", "half of an MKV", (*_H264, *_AC3), after=_cut),
    Sample("cut.ts", "half of a transport stream", ("-c:v", "mpeg2video", *_MP2), after=_cut),
    Sample("names/é'à #%?& «ö».mkv", "a name with all kinds of letters", (*_H264, *_AC3)),
    Sample("moov-lost.mp4", "half of an MP4, its index lost", (*_H264, *_AAC), after=_cut,
           flaw="cut_off"),
    Sample("empty.mkv", "an empty file", (*_H264, *_AAC), after=_empty, flaw="empty"),
    Sample("text.avi", "a text named .avi", ("-c:v", "mpeg4", *_MP3), after=_text,
           flaw="text"),
    Sample("encrypted.mp4", "encrypted (CENC)",
           (*_H264, *_AAC, "-encryption_scheme", "cenc-aes-ctr",
            "-encryption_key", "00112233445566778899aabbccddeeff",
            "-encryption_kid", "00112233445566778899aabbccddeeff"), flaw="encrypted"),
]  # fmt: skip
"""All of them; no two of one name."""
