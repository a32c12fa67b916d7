"""What a converted picture looks like: its brightness, its colours, and what is drawn into it."""

from __future__ import annotations

import io
import re
import subprocess
from pathlib import Path
from statistics import fmean, pstdev
from typing import Final

import av
import pytest
from av.container import InputContainer
from flask import Flask

from tests.samples.ffmpeg import ffmpeg
from tests.samples.picture_subtitles import HEIGHT, WIDTH, green_box, write_pair
from tests.waiting import eventually
from zapette_webapp.errors import NotFound
from zapette_webapp.library.folder.media_folder import MediaFolder
from zapette_webapp.library.library import Library
from zapette_webapp.library.routes import blueprint
from zapette_webapp.media import ffmpeg_program
from zapette_webapp.media.encoders import SOFTWARE
from zapette_webapp.media.pictures import sheet
from zapette_webapp.media.pictures.preview_sheets import PreviewSheets
from zapette_webapp.media.pictures.thumbnails import SIZE as SIZE_OF_THUMBNAIL
from zapette_webapp.media.pictures.thumbnails import Thumbnails
from zapette_webapp.streams.planning import command, plan
from zapette_webapp.streams.planning.facts import Subtitle
from zapette_webapp.streams.planning.recipes import Means, Recipes
from zapette_webapp.streams.planning.timeline import CONVERTED
from zapette_webapp.streams.probed_medium import ProbeReader
from zapette_webapp.streams.sources import Sources
from zapette_webapp.streams.vobsub_files import VobSubFiles

SIZE = f"{WIDTH}x{HEIGHT}"
Colour = tuple[int, int, int]
Colours = dict[float, list[Colour]]

# Greys and dull colours, as most of a film; and white, which has room above it in HDR.
PATCHES = ("0x202020", "0x606060", "0xA0A0A0", "0xFFFFFF", "0xA05040", "0x408050", "0x405090")
WHITE: Final = 203
_LINEAR: Final = "maxval*pow(val/maxval,2.4)"
_WIDE: Final = (
    "rr=0.627404:rg=0.329283:rb=0.043313:gr=0.069097:gg=0.919540:gb=0.011362"
    ":br=0.016391:bg=0.088013:bb=0.895595"
)
_ROOT: Final = f"st(0,pow(val/maxval*{WHITE}/10000,0.1593017578125))"
_SCENE: Final = f"st(0,pow(val/maxval*{WHITE}/1000,1/1.2))"
CODES: Final = {
    "smpte2084": f"{_ROOT};maxval*pow((0.8359375+18.8515625*ld(0))/(1+18.6875*ld(0)),78.84375)",
    "arib-std-b67": (
        f"{_SCENE};maxval*if(lte(ld(0),1/12),sqrt(3*ld(0)),"
        "0.17883277*log(12*ld(0)-0.28466892)+0.55991073)"
    ),
}


def shown(film: bytes, rows: int = 18, columns: int = 32) -> Colours:
    """Return the colours of each frame, by the second, made small: row by row."""
    found: Colours = {}
    with av.open(io.BytesIO(film), format="mp4") as container:
        assert isinstance(container, InputContainer)
        for frame in container.decode(video=0):
            assert frame.time is not None
            small = frame.reformat(columns, rows, "rgb24", interpolation="AREA")
            plane = small.planes[0]
            lines = [bytes(plane)[it * plane.line_size :][: 3 * columns] for it in range(rows)]
            found[frame.time] = [
                (line[at], line[at + 1], line[at + 2])
                for line in lines
                for at in range(0, 3 * columns, 3)
            ]
    return found


def converted(file: Path, text: str, external: Subtitle | None = None, first: int = 0) -> bytes:
    """Convert the picture of a film by a plan, from one of its parts on, as a server does."""
    _, facts = Sources(ProbeReader()).get(file, cut=False, again=False)
    means = Means(SOFTWARE, frozenset(), 1080)
    _, recipe = Recipes(facts, plan.parse(text), means, external).picture()
    arguments = command.arguments(file, facts, recipe, first)
    return subprocess.run(
        ffmpeg_program.command(*arguments), check=True, stdout=subprocess.PIPE, timeout=60
    ).stdout


def chart() -> str:
    """Return ffmpeg's source of a picture with a stripe for each of `PATCHES`."""
    wide = WIDTH // len(PATCHES) // 2 * 2
    boxes = (
        f"drawbox=x={at * wide}:w={wide}:h=ih:c={colour}:t=fill"
        for at, colour in enumerate(PATCHES)
    )
    return (
        f"color=c=black:s={wide * len(PATCHES)}x{HEIGHT}:r=10:d=0.5,format=gbrp,{','.join(boxes)}"
    )


def bright(film: Path, transfer: str) -> None:
    """Make a film of the chart whose white is where the standard has it (ITU-R BT.2408)."""
    tables = [f"lutrgb='{it}':'{it}':'{it}'" for it in (_LINEAR, CODES[transfer])]
    ffmpeg(
        *("-f", "lavfi", "-i", f"{chart()},format=gbrp16le,{tables[0]}"),
        *("-vf", f"colorchannelmixer={_WIDE},{tables[1]},scale=out_color_matrix=bt2020"),
        *("-pix_fmt", "yuv420p10le", "-c:v", "libx265", "-preset", "ultrafast"),
        *("-x265-params", f"log-level=none:crf=5:transfer={transfer}", "-color_trc", transfer),
        str(film),
    )


def photographed(jpeg: bytes, left: int, width: int, row: int) -> list[Colour]:
    """Return the colours of the chart in a row of a picture."""
    with av.open(io.BytesIO(jpeg), format="jpeg_pipe") as container:
        assert isinstance(container, InputContainer)
        frame = next(container.decode(video=0)).reformat(format="rgb24")
    line = bytes(frame.planes[0])[row * frame.planes[0].line_size :]
    stripes = len(PATCHES)
    places = [left + (2 * at + 1) * width // (2 * stripes) for at in range(stripes)]
    return [(line[3 * it], line[3 * it + 1], line[3 * it + 2]) for it in places]


def tile(film: Path) -> list[Colour]:
    """Return the colours of the chart in the first picture of a film's sheet."""
    jpeg = PreviewSheets(film.parent).tool.output(str(film), "matroska")
    assert jpeg is not None
    return photographed(jpeg, 3, sheet.WIDTH - 6, sheet.HEIGHT // 2)


def thumbnail(film: Path, hdr: str) -> bytes:
    """Return a film's thumbnail."""
    thumbnails = Thumbnails(film.parent)
    thumbnails.start()
    made = eventually(lambda: thumbnails.get(film, hdr).file, "it is made")
    thumbnails.stop()
    assert made is not None
    return made.read_bytes()


@pytest.mark.parametrize("transfer", CODES)
def test_high_dynamic_range_is_neither_pale_nor_dark(tmp_path: Path, transfer: str) -> None:
    film = tmp_path / "film.mkv"
    bright(film, transfer)
    stream = next(iter(shown(converted(film, "h264-none"), 1, len(PATCHES)).values()))
    hdr = "pq" if transfer == "smpte2084" else "hlg"
    photo = photographed(thumbnail(film, hdr), 0, SIZE_OF_THUMBNAIL, 100)
    for colours in (stream, tile(film), photo):
        check_colours(colours)


def test_a_thumbnail_has_the_range_that_the_library_knows(tmp_path: Path) -> None:
    (media := tmp_path / "media").mkdir()
    bright(film := media / "film.mkv", "smpte2084")
    library = Library.of(media, tmp_path / "index", tmp_path / "made", tmp_path / "subtitles")
    library.scanner.scan()
    library.scanner.probe_one()
    library.thumbnails.start()
    made = eventually(lambda: library.thumbnails.get(film, "pq").file, "it is made")
    app = Flask(__name__)
    app.register_blueprint(blueprint(library))
    with app.test_client().get("/thumbnails/film.mkv") as answer:
        got = answer.data
    library.stop()
    assert made is not None
    assert got == made.read_bytes()


def check_colours(colours: list[Colour]) -> None:
    wanted = [(int(it[2:4], 16), int(it[4:6], 16), int(it[6:8], 16)) for it in PATCHES]
    for patch, colour, was in zip(PATCHES, colours, wanted, strict=True):
        # white leaves some room for highlights
        least = 0.85 if was == (255, 255, 255) else 0.93
        assert least * sum(was) - 12 <= sum(colour) <= 1.07 * sum(was) + 12, (patch, colour)
        assert max(colour) - min(colour) == pytest.approx(max(was) - min(was), abs=16), patch
    light, was_light = ([sum(it) / 3 for it in them] for them in (colours, wanted))
    assert fmean(light) == pytest.approx(fmean(was_light), rel=0.08)
    # less, for the room above white
    assert pstdev(light) == pytest.approx(pstdev(was_light), rel=0.14)


DRAWN: Final = {(row, column) for row in range(2, 6) for column in range(2, 12)}


@pytest.mark.parametrize(
    ("codec", "container"),
    [("copy", "mkv"), ("dvd_subtitle", "mkv"), ("dvb_subtitle", "mkv"), ("dvb_subtitle", "ts")],
)
def test_subtitles_that_are_pictures_are_drawn(tmp_path: Path, codec: str, container: str) -> None:
    """PGS (Blu-ray), VobSub (DVD) and DVB (broadcasts): a green box in the first second."""
    boxes, film = tmp_path / "box.sup", tmp_path / f"film.{container}"
    boxes.write_bytes(green_box(0, 1))
    ffmpeg(
        *("-f", "lavfi", "-i", f"color=c=black:d=3:s={SIZE}:r=10", "-fix_sub_duration"),
        *("-i", str(boxes), "-map", "0", "-map", "1", "-c:s", codec),
        *("-c:v", "libx264", "-preset", "ultrafast", str(film)),
    )
    green = lit_green(converted(film, "h264.burn0-none"))
    first = [it for time, it in green.items() if 0.3 <= time <= 0.8]
    assert first
    assert all(it == DRAWN for it in first)
    assert not any(it for time, it in green.items() if time >= 1.5)


def lit_green(film: bytes) -> dict[float, set[tuple[int, int]]]:
    """Return where each frame is green: rows and columns of 18 and 32."""
    return {
        time: {(at // 32, at % 32) for at, (red, lit, _) in enumerate(them) if lit > 80 > red}
        for time, them in shown(film).items()
    }


def test_subtitles_in_two_files_next_to_a_film_are_drawn(tmp_path: Path) -> None:
    """VobSub: by its language, from the beginning and from a later part on."""
    (media := tmp_path / "media").mkdir()
    film = media / "film.mkv"
    black = ("-f", "lavfi", "-i", f"color=c=black:d=5:s={WIDTH * 2}x{HEIGHT * 2}:r=10")
    ffmpeg(*black, "-c:v", "libx264", "-preset", "ultrafast", str(film))
    write_pair(media / "film", {"en": (0.5, 1.5), "--": (1, 2), "fr": (1.5, 3.5)})
    reader = VobSubFiles(tmp_path / "vobsub")
    reader.start()
    folder = MediaFolder(media)
    tracks = [reader.read(folder, "film.mkv", it, again=False) for it in range(3)]
    with pytest.raises(NotFound):
        reader.read(folder, "film.mkv", 3, again=False)
    for number, first, begins, ends in ((0, 0, 0.5, 1.5), (2, 0, 1.5, 3.5), (2, 2, 1.5, 3.5)):
        green = lit_green(converted(film, f"h264.beside{number}-none", tracks[number], first))
        start = min(green)
        assert start == pytest.approx(CONVERTED * first, abs=0.11)
        for time, drawn in green.items():
            # a picture may come with the frame after it
            if abs(time - begins) > 0.21 and abs(time - ends) > 0.21:
                assert drawn == (DRAWN if begins < time < ends else set()), (number, first, time)


def test_a_picture_that_changes_its_size_is_not_begun_again(films: Path) -> None:
    """ffmpeg would repeat a frame for all that came before, and drop that: some minutes of it."""
    film = films / "changing.ts"
    facts = ProbeReader().read(film, cut=False)
    means = Means(SOFTWARE, frozenset(), 1080)
    recipe = Recipes(facts, plan.parse("h264-none"), means).picture()[1]
    options = ("-progress", "pipe:2", *command.arguments(film, facts, recipe, 0))
    made = ffmpeg_program.command(*options)
    words = subprocess.run(made, capture_output=True, check=True).stderr.decode()
    assert re.findall(r"^drop_frames=(\d+)", words, re.MULTILINE)[-1] == "0"
    assert int(re.findall(r"^frame=\s*(\d+)", words, re.MULTILINE)[-1]) == pytest.approx(225, abs=3)


@pytest.mark.parametrize("flags", ["0", "+ilme+ildct"])
def test_a_picture_that_changes_its_shape_has_bars(tmp_path: Path, flags: str) -> None:
    film, piece = tmp_path / "film.ts", tmp_path / "piece.ts"
    for begins, aspect in ((1, "16:9"), (3, "4:3")):
        white = ("-f", "lavfi", "-i", "color=c=white:d=2:s=320x240:r=25")
        codec = ("-c:v", "mpeg2video", "-flags", flags, "-aspect", aspect)
        ffmpeg(*white, *codec, "-output_ts_offset", str(begins), str(piece))
        film.write_bytes((film.read_bytes() if begins > 1 else b"") + piece.read_bytes())
    frames = list(shown(converted(film, "h264-none")).values())
    for frame, bars in ((frames[10], set()), (frames[90], {*range(4), *range(28, 32)})):
        assert {it for it, (red, _, _) in enumerate(frame[9 * 32 : 10 * 32]) if red < 40} == bars


def test_a_turned_picture_of_mpeg_2_has_no_bars(tmp_path: Path) -> None:
    flat, film = tmp_path / "flat.mp4", tmp_path / "turned.mp4"
    white = ("-f", "lavfi", "-i", "color=c=white:d=1:s=320x240:r=25")
    ffmpeg(*white, "-c:v", "mpeg2video", str(flat))
    ffmpeg("-i", str(flat), "-c", "copy", "-metadata:s:v", "rotate=90", str(film))
    (first, *_) = shown(converted(film, "h264-none")).values()
    assert min(red for red, _, _ in first) > 200


def test_a_turned_picture_that_changes_its_size_is_whole(films: Path, tmp_path: Path) -> None:
    film = tmp_path / "turned.mp4"
    turned = ("-an", "-c", "copy", "-metadata:s:v", "rotate=90")
    ffmpeg("-i", str(films / "changing.ts"), *turned, str(film))
    (*_, last) = shown(converted(film, "h264-none")).values()
    assert all(it == pytest.approx(last[0], abs=4) for it in last)
