"""Small real media, made with ffmpeg."""

from __future__ import annotations

from pathlib import Path

from tests.samples.ffmpeg import ffmpeg

_PICTURE = ("-f", "lavfi", "-i", "testsrc=duration=1:size=160x120:rate=10")
_SOUND = ("-f", "lavfi", "-i", "sine=duration=1")
_H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")

SUBTITLES = "1\n00:00:00,100 --> 00:00:00,900\nÀ <i>bientôt</i> & merci\n"


def make(folder: Path) -> None:
    """Fill `folder` with films, music, pictures and subtitles."""
    films, music = folder / "Films", folder / "Music"
    for one in (films, music, folder / "Empty"):
        one.mkdir(parents=True)
    good = films / "The.Good.Film.1999.1080p.BluRay.x264.mp4"
    ffmpeg(*_PICTURE, *_SOUND, *_H264, "-c:a", "aac", "-shortest", str(good))
    ffmpeg("-i", str(good), "-c:v", "copy", "-c:a", "ac3", str(films / "silent in browsers.mp4"))
    ffmpeg("-i", str(good), "-c", "copy", "-an", str(films / "mute.mkv"))
    ffmpeg(*_PICTURE, "-c:v", "libvpx-vp9", "-b:v", "50k", str(films / "part 10.webm"))
    (films / "part 2.webm").write_bytes((films / "part 10.webm").read_bytes())
    (films / "broken.mp4").write_bytes(b"\0" * 4096)
    (films / "truncated.mp4").write_bytes(good.read_bytes()[:2000])
    ffmpeg("-i", str(good), "-frames:v", "1", str(films / "poster.jpg"))
    (films / "mute.png").write_bytes(b"\x89PNG not really")
    (films / "mute.sbv").write_text("0:00:00.100,0:00:00.900\nHi\n")
    stem = good.stem
    (films / f"{stem}.fr.srt").write_text(SUBTITLES, encoding="cp1252")
    (films / f"{stem}.vtt").write_text("WEBVTT\n\n00:00.100 --> 00:00.900\nHi\n")
    ffmpeg("-i", str(films / f"{stem}.vtt"), str(films / f"{stem}.en.forced.ass"))
    cover = ("-i", str(films / "poster.jpg"), "-map", "0:a", "-map", "1:v")
    tags = ("-metadata", "title=A Song", "-metadata", "artist=Somebody", "-metadata", "album=LP")
    ffmpeg(*_SOUND, *cover, *tags, "-c:v", "copy", str(music / "01 - track.mp3"))
    ffmpeg(*_SOUND, str(music / "02.wav"))
    stream = folder / "Live"
    stream.mkdir()
    ffmpeg(
        *("-i", str(good), "-c", "copy", "-f", "hls"),
        *("-hls_list_size", "0", str(stream / "index.m3u8")),
    )


def short(folder: Path) -> Path:
    """Return a film of one second with nothing but pictures, made in `folder`."""
    film = folder / "short.mp4"
    ffmpeg(*_PICTURE, *_H264, str(film))
    return film


def rich(folder: Path) -> Path:
    """Return a film of two seconds with all that a film may contain, made in `folder`.

    Its pictures have 10 bits; its first sound has six channels and is French, its second is a
    comment in English; it has French SubRip subtitles that are forced, English ones with styles, a
    font for these, two chapters, and a keyframe every half second.
    """
    texts, styled, film = folder / "text.srt", folder / "styled.ass", folder / "rich.mkv"
    texts.write_text(SUBTITLES)
    ffmpeg("-i", str(texts), str(styled))
    (folder / "Some Font.TTF").write_bytes(b"\0\1\0\0not really")
    (folder / "chapters").write_text(
        ";FFMETADATA1\ntitle=A Film\n"
        "[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=900\ntitle=Départ\n"
        "[CHAPTER]\nTIMEBASE=1/1000\nSTART=900\nEND=2000\n"
    )
    ffmpeg(
        *("-f", "lavfi", "-i", "testsrc=duration=2:size=320x180:rate=24"),
        *("-f", "lavfi", "-i", "sine=duration=2", "-f", "lavfi", "-i", "sine=880:duration=2"),
        *("-i", str(texts), "-i", str(styled), "-i", str(folder / "chapters")),
        *("-map", "0", "-map", "1", "-map", "2", "-map", "3", "-map", "4", "-map_metadata", "5"),
        *("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p10le", "-g", "12"),
        *("-c:a:0", "ac3", "-ac:a:0", "6", "-c:a:1", "aac", "-c:s:0", "srt", "-c:s:1", "ass"),
        *("-metadata:s:a:0", "language=fre", "-metadata:s:a:1", "language=eng"),
        *("-metadata:s:a:1", "title=Director's comment"),
        *("-metadata:s:s:0", "language=fre", "-metadata:s:s:1", "language=eng"),
        *("-metadata:s:s:1", "title=Signs", "-disposition:s:0", "forced"),
        *("-disposition:a:0", "default", "-disposition:a:1", "0", "-disposition:s:1", "default"),
        *("-attach", str(folder / "Some Font.TTF"), "-metadata:s:t", "mimetype=font/ttf"),
        str(film),
    )
    return film
