"""What is in a medium, as the program tells it that reads media."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.samples.ffmpeg import ffmpeg
from tests.webapp import films
from zapette_server.paths import ROOT
from zapette_webapp.errors import Unplayable
from zapette_webapp.media.probing import contents, durations, flaws
from zapette_webapp.media.probing.contents import Chapter, Font
from zapette_webapp.media.probing.probe import Probe, Prober

pytestmark = pytest.mark.slow

KEY = "00112233445566778899aabbccddeeff"
PICTURE = ("-f", "lavfi", "-i", "testsrc=duration=1:size=160x120:rate=25")


@pytest.fixture(scope="module")
def rich(rich_film: Path) -> Probe:
    return probed(rich_film)


def probed(file: Path) -> Probe:
    found = Prober().probe(file)
    assert found is not None
    return found


def test_pictures(rich: Probe) -> None:
    video = rich.video
    assert video is not None
    assert (video.width, video.height, video.frame_rate) == (320, 180, 24)
    assert (video.codec_name, video.profile) == ("h264", "High 10")
    assert (video.pix_fmt, video.bit_depth) == ("yuv420p10le", 10)
    assert (video.hdr, video.interlaced, video.rotation) == (None, False, 0)
    assert rich.demuxer == "matroska"
    assert rich.duration == pytest.approx(2, abs=0.1)
    assert rich.bitrate is not None
    assert rich.type == 'video/x-matroska; codecs="avc1.6E000C, ac-3"'


def test_sounds(rich: Probe) -> None:
    first, second = rich.sounds
    assert (first.language, first.channels, first.default) == ("fre", 6, True)
    assert (first.codec, first.bitrate, first.sample_rate) == ("ac-3", 448_000, 44_100)
    assert (second.language, second.channels, second.default) == ("eng", 1, False)
    assert (second.title, second.profile) == ("Director's comment", "LC")
    assert [it.index for it in rich.tracks] == [0, 1, 2]


def test_subtitles_fonts_and_chapters(rich: Probe) -> None:
    text, styled = rich.subtitles
    assert (text.number, text.index, text.kind, text.language) == (0, 3, "text", "fr")
    assert (text.label, text.forced, text.default) == ("Français (forced)", True, False)
    assert (styled.number, styled.index, styled.kind, styled.language) == (1, 4, "ass", "en")
    assert (styled.label, styled.forced, styled.default) == ("English: Signs", False, True)
    assert rich.fonts == [Font(0, "Some Font.TTF")]
    assert rich.chapters == [Chapter("Départ", 0.0), Chapter("", 0.9)]


def test_what_a_phone_filmed_is_turned(tmp_path: Path) -> None:
    plain, turned = tmp_path / "plain.mp4", tmp_path / "turned.mp4"
    ffmpeg(*PICTURE, "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", str(plain))
    ffmpeg("-i", str(plain), "-c", "copy", "-metadata:s:v", "rotate=90", str(turned))
    rotations = [video.rotation for it in (plain, turned) if (video := probed(it).video)]
    assert rotations == [0, 90]


def test_sounds_of_a_blu_ray_have_numbers_for_names(tmp_path: Path) -> None:
    film, sound = tmp_path / "film.m2ts", ("-f", "lavfi", "-i", "sine=duration=1")
    ffmpeg(*PICTURE, *sound, "-c:v", "mpeg2video", "-c:a", "pcm_bluray", str(film))
    assert [it.codec_name for it in probed(film).tracks] == ["mpeg2video", "pcm_bluray"]


@pytest.mark.parametrize("name", ["film.mp4", "film.mkv", "film.ts"])
def test_a_sound_that_begins_late_or_ends_early(tmp_path: Path, name: str) -> None:
    picture = ("-f", "lavfi", "-i", "testsrc=duration=4:size=160x120:rate=25")
    sounds = ("-f", "lavfi", "-i", "sine=duration=4", "-f", "lavfi", "-i", "sine=duration=2")
    late = ("-itsoffset", "2", "-f", "lavfi", "-i", "sine=duration=2")
    film, codecs = tmp_path / name, ("-c:v", "mpeg2video", "-c:a", "aac")
    each = [part for it in range(4) for part in ("-map", str(it))]
    ffmpeg(*picture, *sounds, *late, *each, *codecs, str(film))
    assert probed(film).partial == {2, 3}


def test_a_raw_sound_is_whole_though_it_falls_silent(tmp_path: Path) -> None:
    file, sound = tmp_path / "sound.aac", "anoisesrc=duration=30,volume=enable='gt(t,3)':volume=0"
    ffmpeg("-f", "lavfi", "-i", sound, "-c:a", "aac", "-q:a", "2", str(file))
    assert probed(file).partial == frozenset()


def test_high_dynamic_range(tmp_path: Path) -> None:
    film = tmp_path / "film.mkv"
    colours = ("-color_primaries", "bt2020", "-colorspace", "bt2020nc", "-color_trc")
    encoder = ("-c:v", "libx265", "-preset", "ultrafast", "-pix_fmt", "yuv420p10le")
    for transfer, hdr in (("smpte2084", "pq"), ("arib-std-b67", "hlg"), ("bt709", None)):
        ffmpeg(*PICTURE, *encoder, "-x265-params", "log-level=none", *colours, transfer, str(film))
        video = probed(film).video
        assert video is not None
        assert (video.hdr, video.bit_depth) == (hdr, 10)


def test_television_is_interlaced(tmp_path: Path) -> None:
    film = tmp_path / "film.mpg"
    ffmpeg(*PICTURE, "-c:v", "mpeg2video", "-flags", "+ilme+ildct", str(film))
    found = probed(film)
    assert found.video is not None
    assert found.video.interlaced
    assert found.start > 0


def test_a_name_says_nothing_to_the_program(tmp_path: Path) -> None:
    folder = tmp_path / "http:"
    folder.mkdir()
    film = films.short(tmp_path)
    for name in ("-i.mp4", "concat:a|b.mp4", "caf\udce9 \n%d.mp4"):
        named = folder / name
        named.write_bytes(film.read_bytes())
        assert probed(named).video is not None


@pytest.mark.parametrize(
    ("name", "kind"),
    [("hdmv_pgs_subtitle", "picture"), ("dvd_subtitle", "picture"), ("mov_text", "text")],
)
def test_kinds_of_subtitles(name: str, kind: str) -> None:
    streams = [
        {"codec_type": "video", "index": 0},
        {"codec_type": "subtitle", "index": 1, "codec_name": name, "tags": {"language": "qaa"}},
        {"codec_type": "subtitle", "index": 2, "disposition": {"hearing_impaired": 1}},
    ]
    first, second = contents.subtitles(streams)
    assert (first.kind, first.label, first.language) == (kind, "qaa", "qaa")
    assert (second.number, second.label, second.language) == (1, "2 (SDH)", None)


def flaw(file: Path) -> str | None:
    try:
        Prober().examine(file)
    except Unplayable as error:
        return error.flaw
    return None


def test_what_is_not_all_there(tmp_path: Path, rich_film: Path) -> None:
    film, begun = films.short(tmp_path), tmp_path / "begun.mp4"
    whole = film.read_bytes()
    ffmpeg("-i", str(film), "-c", "copy", "-movflags", "+faststart", str(begun))
    downloaded = begun.read_bytes()
    samples = {
        "moov lost.mp4": whole[: len(whole) // 2],
        "only moov.mp4": downloaded[: downloaded.index(b"mdat") + 4],
        "reserved.mkv": b"\0" * 5000,
        "only a head.mkv": rich_film.read_bytes()[:300],
    }
    for name, content in samples.items():
        (tmp_path / name).write_bytes(content)
        assert flaw(tmp_path / name) == "cut_off", name
    # what lacks its end plays until there
    begun.write_bytes(downloaded[:-100])
    assert flaw(begun) is None
    begun.write_bytes(b"")
    assert flaw(begun) == "empty"


def test_what_is_something_else(tmp_path: Path) -> None:
    samples = {
        "list.mp4": (b"#EXTM3U\n#EXTINF:1,\nfilm.mp4\n", "text"),
        "page.mkv": ("<!doctype html><title>404: où ?</title>".encode(), "text"),
        "latin.avi": ("à propos d'un film".encode("cp1252"), "text"),
        "noise.mp4": (bytes(it * 89 % 251 for it in range(5000)), "unknown_format"),
    }
    for name, (content, reason) in samples.items():
        (tmp_path / name).write_bytes(content)
        assert flaw(tmp_path / name) == reason, name


def test_what_is_protected(tmp_path: Path) -> None:
    film, locked = films.short(tmp_path), tmp_path / "locked.mp4"
    scheme = ("-encryption_scheme", "cenc-aes-ctr", "-encryption_kid", KEY, "-encryption_key", KEY)
    ffmpeg("-i", str(film), "-c", "copy", *scheme, str(locked))
    assert flaw(locked) == "encrypted"
    broadcast, paid = tmp_path / "broadcast.ts", tmp_path / "paid.ts"
    ffmpeg("-i", str(film), "-c", "copy", str(broadcast))
    packets = bytearray(broadcast.read_bytes())
    for place in range(3, len(packets), 188):
        packets[place] |= 0x80
    paid.write_bytes(packets)
    assert (flaw(broadcast), flaw(paid)) == (None, "encrypted")
    dvd, bought = tmp_path / "dvd.mpg", tmp_path / "bought.mpg"
    ffmpeg("-i", str(film), "-c:v", "mpeg2video", "-r", "25", "-f", "vob", str(dvd))
    content = bytearray(dvd.read_bytes())
    content[content.index(b"\0\0\x01\xe0") + 6] |= 0x10
    bought.write_bytes(content)
    assert (flaw(dvd), flaw(bought)) == (None, "encrypted")


def test_content_that_no_mark_tells_is_found_by_itself(tmp_path: Path) -> None:
    film, raw = films.short(tmp_path), tmp_path / "raw.mkv"
    ffmpeg("-i", str(film), "-c", "copy", "-f", "h264", str(raw))
    found = probed(raw)
    assert (found.demuxer, found.type) == ("h264", 'video/h264; codecs="avc1.42E00A"')


def test_the_pages_have_a_text_for_each_flaw() -> None:
    texts = (ROOT / "static" / "i18n" / "error-texts.js").read_text()
    (listed,) = re.findall(r"const FLAW_TEXTS = \{(.*?)\}", texts, re.DOTALL)
    assert re.findall(r"(\w+): ", listed) == list(flaws.FLAWS)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        # as a browser records it, and as a television does
        ("recorded.webm", ("-c:v", "libvpx", "-live", "1")),
        ("blocks.mkv", ("-c:v", "libx264", "-live", "1", "-bf", "2")),
        ("raw.h264", ("-c:v", "libx264")),
        ("raw.m2v", ("-c:v", "mpeg2video")),
    ],
)
def test_how_long_it_is_if_it_does_not_say(
    tmp_path: Path, name: str, options: tuple[str, ...]
) -> None:
    film = tmp_path / name
    ffmpeg("-f", "lavfi", "-i", "testsrc=duration=12:size=160x90:rate=25", *options, str(film))
    found = probed(film)
    assert found.duration == pytest.approx(12, abs=0.1)
    assert found.bitrate == pytest.approx(film.stat().st_size * 8 / 12, rel=0.02)


@given(st.binary(max_size=300))
def test_any_matroska_has_a_duration_or_none(content: bytes) -> None:
    with io.BytesIO(b"\x1a\x45\xdf\xa3\x1f\x43\xb6\x75" + content) as file:
        assert (durations.of_matroska(file) or 0.0) >= 0.0


@given(st.binary(max_size=600), st.sampled_from([b"", b"\x1a\x45\xdf\xa3", b"\0\0\x01\xba", b"G"]))
def test_any_bytes_have_a_flaw(content: bytes, beginning: bytes) -> None:
    assert flaws.of_head(beginning + content) in flaws.FLAWS
