"""How long conversions run, who shares them, and how many there may be."""

from __future__ import annotations

import errno
import itertools
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import psutil
import pytest

from tests.programs.processes import command_line
from tests.programs.system import System
from tests.samples.ffmpeg import ffmpeg
from tests.streams.player import asked
from tests.waiting import eventually
from zapette_webapp.errors import ConversionFailed, ConversionsFull, NotReady
from zapette_webapp.media import ffmpeg_program
from zapette_webapp.media.encoders import SOFTWARE
from zapette_webapp.status import prometheus
from zapette_webapp.streams.converter import Made
from zapette_webapp.streams.identity import Identity
from zapette_webapp.streams.making.assembly import Assembler, Part
from zapette_webapp.streams.making.cache import Cache
from zapette_webapp.streams.making.conversion import AHEAD, Conversion
from zapette_webapp.streams.making.renditions import Rendition
from zapette_webapp.streams.planning import command, plan
from zapette_webapp.streams.planning.recipes import Means, Recipes
from zapette_webapp.streams.probed_medium import ProbeReader
from zapette_webapp.streams.sources import Sources
from zapette_webapp.streams.streams import Limits, Streams

READER = ProbeReader()
LOOKED: Final = {"cut": False, "again": False}
COPIED, CONVERTED = plan.parse("copy-aac"), plan.parse("h264.120-aac")


@pytest.fixture(scope="module")
def long_film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film of a minute, many times what is made ahead."""
    target = tmp_path_factory.mktemp("long") / "long.mkv"
    source = "testsrc=d=60:s=64x36:r=25"
    ffmpeg("-f", "lavfi", "-i", source, "-c:v", "mpeg2video", "-g", "25", str(target))
    return target


class Taken:
    """Takes note of what a conversion makes."""

    has_fallback = False

    def __init__(self) -> None:
        self.parts: list[int] = []
        self.problem: str | None = None

    def take_init(self, content: bytes) -> None:
        """Forget it."""

    def take_part(self, conversion: Conversion, part: Part) -> None:
        """Take note of its number."""
        del conversion
        self.parts.append(part.index)

    def ended(self, conversion: Conversion, problem: str | None, *, no_room: bool) -> None:
        """Take note of the problem."""
        del conversion, no_room
        self.problem = problem


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., Streams]]:
    """Make streams of the test's own."""
    made: list[Streams] = []

    def streams(budget: int = 1 << 30, **limits: float) -> Streams:
        cache = Cache(tmp_path / f"cache{len(made)}", budget)
        limited = Limits(**limits)  # type: ignore[arg-type]
        one = Streams(ffmpeg_program.find(), cache, limited, lambda *_: None)
        one.start()
        made.append(one)
        return one

    yield streams
    for one in made:
        one.stop()


def picture(streams: Streams, file: Path, chosen: plan.Plan = CONVERTED) -> Rendition:
    source, facts = Sources(READER).get(file, cut=chosen.video == "copy", again=False)
    recipes = Recipes(facts, chosen, Means(SOFTWARE, frozenset(), 1080))
    return streams.rendition(source, facts, *recipes.picture())


def watch(streams: Streams, rendition: Rendition, part: int, viewer: str = "me") -> bytes:
    served = streams.part(rendition, part, viewer)
    with served.file:
        return served.file.read()


def pids(rendition: Rendition) -> list[int]:
    return [it.pid for it in rendition.conversions if it.pid is not None and not it.ended]


def test_a_conversion_ends_when_nobody_asks(make: Callable[..., Streams], long_film: Path) -> None:
    streams = make(idle=0.5)
    rendition = picture(streams, long_film)
    parts = itertools.count()

    def running() -> list[int]:
        """Ask for another part: before a busy machine looks, its conversion may have ended."""
        watch(streams, rendition, next(parts))
        return pids(rendition)

    (pid,) = eventually(running, "ffmpeg runs")
    eventually(lambda: not psutil.pid_exists(pid), "ffmpeg has ended")
    eventually(lambda: rendition.conversions == [], "it is taken note of")
    # and it begins again where somebody goes on
    assert watch(streams, rendition, 12)


def test_it_waits_when_it_is_ahead(make: Callable[..., Streams], tmp_path: Path) -> None:
    noise = tmp_path / "noise.mkv"
    source = "color=d=60:s=160x90:r=25,noise=alls=60:allf=t"
    ffmpeg("-f", "lavfi", "-i", source, "-c:v", "mpeg2video", "-g", "25", str(noise))
    streams = make(idle=60)
    rendition = picture(streams, noise)
    watch(streams, rendition, 0)
    (conversion,) = rendition.conversions
    eventually(lambda: conversion.next > AHEAD, "it is ahead")
    other = picture(streams, noise, plan.parse("h264.130-none"))
    watch(streams, other, 5)
    # what is read at once holds less than a part of noise, but many of anything simpler
    assert conversion.next <= AHEAD + 2
    following = conversion.next
    watch(streams, rendition, following)
    eventually(lambda: conversion.next > following + AHEAD, "it goes on as far as it was asked")
    assert conversion.next < len(rendition.timeline)


@pytest.mark.parametrize("begins", ["0", "58"])
def test_silence_around_the_sound_is_made_when_it_is_asked_for(
    make: Callable[..., Streams], tmp_path: Path, begins: str
) -> None:
    film = tmp_path / "short sound.mkv"
    picture_input = ("-f", "lavfi", "-i", "testsrc=d=60:s=64x36:r=25")
    inputs = (*picture_input, "-itsoffset", begins, "-f", "lavfi", "-i", "sine=d=1")
    ffmpeg(*inputs, "-c:v", "mpeg2video", "-c:a", "ac3", str(film))
    streams = make(idle=60)
    source, facts = Sources(READER).get(film, cut=False, again=False)
    recipes = Recipes(facts, CONVERTED, Means(SOFTWARE, frozenset(), 1080))
    rendition = streams.rendition(source, facts, *recipes.sound(0))
    watch(streams, rendition, 0)
    (conversion,) = rendition.conversions
    eventually(lambda: conversion.next > AHEAD, "it is ahead")
    watch(streams, picture(streams, film), 5)
    assert conversion.next == AHEAD + 1
    assert watch(streams, rendition, len(rendition.timeline) - 1)


def test_a_conversion_that_cannot_begin_is_not_waited_for(
    make: Callable[..., Streams], long_film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    streams = make(idle=60)
    rendition = picture(streams, long_film)
    with monkeypatch.context() as patched:
        patched.setattr(threading, "_start_new_thread", no_thread)
        with pytest.raises(RuntimeError, match="new thread"):
            watch(streams, rendition, 0)
    assert watch(streams, rendition, 0)


def no_thread(*_: object, **__: object) -> None:
    """Do what the system does when it has no thread left."""
    raise RuntimeError("can't start new thread")


def test_a_disk_that_hangs_keeps_only_its_own_films(
    films: Path, long_film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hanging, sources = films / "h264.mkv", Sources(READER)
    is_read, goes_on, look = threading.Event(), threading.Event(), Identity.of

    def hang(file: Path) -> Identity:
        if file == hanging:
            is_read.set()
            goes_on.wait(60)
        return look(file)

    monkeypatch.setattr(Identity, "of", hang)
    with ThreadPoolExecutor(3) as threads:
        waiting = [threads.submit(sources.get, hanging, **LOOKED) for _ in range(2)]
        assert is_read.wait(30)
        try:
            _, facts = threads.submit(sources.get, long_film, **LOOKED).result(30)
            assert facts.duration == pytest.approx(60)
        finally:
            goes_on.set()
        one, other = (it.result(30)[0] for it in waiting)
        assert one is other


def test_a_film_is_watched_while_its_keyframes_are_measured(films: Path, tmp_path: Path) -> None:
    film = films / "long groups.ts"
    source, facts = Sources(READER).get(film, **LOOKED)
    pipe, slow = tmp_path / "pipe", tmp_path / "ffmpeg"
    os.mkfifo(pipe)
    slow.write_text(f"#!/bin/sh\nread line < '{pipe}'\n")
    slow.chmod(0o700)
    with ThreadPoolExecutor(2) as threads:
        measured = threads.submit(source.group, str(slow), facts)
        with pipe.open("w") as going_on:
            asked_again = threads.submit(source.facts, READER, cut=False, again=True)
            try:
                assert asked_again.result(30) is facts
            finally:
                going_on.write("go on\n")
        assert measured.result(30) > 0


def test_one_that_is_stopped_before_it_runs_ends_at_once(long_film: Path) -> None:
    _, facts = Sources(READER).get(long_film, cut=False, again=False)
    recipe = Recipes(facts, CONVERTED, Means(SOFTWARE, frozenset(), 1080)).picture()[1]
    changed = threading.Condition()

    def stopping() -> list[str]:
        # as a viewer who goes elsewhere does, while ffmpeg starts
        with changed:
            conversion.stop()
        return ["sleep", "600"]

    conversion = Conversion(stopping, Assembler(recipe.timeline, 0), Taken(), changed)
    conversion.start()
    conversion.thread.join(30)
    assert not conversion.thread.is_alive()


def test_two_conversions_make_one_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = Cache(tmp_path / "cache", 1 << 20)
    name, written = ("film", "1.m4s"), threading.Barrier(2)
    move = Path.replace

    def together(draft: Path, target: Path) -> Path:
        written.wait(30)
        return move(draft, target)

    monkeypatch.setattr(Path, "replace", together)
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda it: cache.put(name, [it]), [b"one", b"other"]))
    file = cache.open(name)
    assert file is not None
    with file:
        assert file.read() in {b"one", b"other"}


def test_players_share_a_conversion(make: Callable[..., Streams], long_film: Path) -> None:
    streams = make(idle=60)
    rendition = picture(streams, long_film)
    first = watch(streams, rendition, 0, "one")
    assert watch(streams, picture(streams, long_film), 0, "two") == first
    assert watch(streams, rendition, 1, "two")
    assert len(pids(rendition)) == 1


def test_those_who_wait_do_not_wake_each_other(
    make: Callable[..., Streams], long_film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = tmp_path / "silent"
    silent.write_text("#!/bin/sh\nexec sleep 30\n")
    silent.chmod(0o700)
    streams = make(wait=0.5)
    streams.ffmpeg = str(silent)
    asked_for: list[int] = []
    ask = Conversion.ask

    def counted(conversion: Conversion, index: int, viewer: str) -> None:
        asked_for.append(index)
        ask(conversion, index, viewer)

    monkeypatch.setattr(Conversion, "ask", counted)
    tracks = [
        picture(streams, long_film, plan.parse(it)) for it in ("h264.120-aac", "h264.130-aac")
    ]

    def wait(rendition: Rendition) -> bool:
        with pytest.raises(NotReady):
            watch(streams, rendition, 0)
        return True

    with ThreadPoolExecutor() as pool:
        assert all(pool.map(wait, tracks))
    # one woke the other as soon as it was awake: thousands of times a second
    assert len(asked_for) < 20


def test_what_will_be_asked_for_is_begun(make: Callable[..., Streams], films: Path) -> None:
    streams = make(idle=60)
    source, facts = Sources(READER).get(films / "hevc.mkv", cut=False, again=False)
    made = Made(source, Recipes(facts, CONVERTED, Means(SOFTWARE, frozenset(), 1080)), streams)
    made.begin(5.0, "0", "one")
    for rendition in (made.rendition(None), made.rendition(0)):
        assert made.init(rendition, "one")
        assert watch(streams, rendition, rendition.timeline.at(5.0), "one")
    # what was begun is what was then asked for
    assert "zapette_conversions_started_total 2\n" in prometheus.render(streams.families())
    made.begin(5.0, "7", "one")
    assert "zapette_conversions_started_total 2\n" in prometheus.render(streams.families())


def test_one_more_than_the_limit_is_refused(
    make: Callable[..., Streams], long_film: Path, films: Path
) -> None:
    streams = make(idle=60, at_once=1)
    watch(streams, picture(streams, long_film), 0, "one")
    other = picture(streams, films / "hevc.mkv")
    with pytest.raises(ConversionsFull, match="convert_at_once"):
        watch(streams, other, 0, "two")
    # the master playlist says it first; who watches already may go to another film
    with pytest.raises(ConversionsFull):
        streams.check_room(other, "two")
    streams.check_room(other, "one")
    # a picture that is only copied has a limit of its own
    assert watch(streams, picture(streams, films / "h264.mkv", COPIED), 0, "two")


def test_who_goes_to_another_place_leaves_the_first(
    make: Callable[..., Streams], long_film: Path
) -> None:
    streams = make(idle=60, at_once=1)
    rendition = picture(streams, long_film)
    for part in (0, 25, 12, 20):
        assert watch(streams, rendition, part)
    assert len(pids(rendition)) == 1


def test_parts_of_a_replaced_film_are_not_given(
    make: Callable[..., Streams], films: Path, long_film: Path, tmp_path: Path
) -> None:
    file = tmp_path / "film.mkv"
    file.write_bytes((films / "h264.mkv").read_bytes())
    streams, sources = make(idle=60), Sources(READER)
    before, _ = sources.get(file, cut=False, again=False)
    old = watch(streams, picture(streams, file), 0)
    new = tmp_path / "new.mkv"
    new.write_bytes(long_film.read_bytes())
    new.replace(file)
    after, _ = sources.get(file, cut=False, again=False)
    assert after.version != before.version
    assert watch(streams, picture(streams, file), 0) != old


def test_a_film_that_grows_stays_the_same(films: Path, tmp_path: Path) -> None:
    whole = (films / "mpeg2.ts").read_bytes()
    file, sources = tmp_path / "film.ts", Sources(READER)
    file.write_bytes(whole[: len(whole) // 2 // 188 * 188])
    before, short = sources.get(file, cut=False, again=True)
    with file.open("ab") as stream:
        stream.write(whole[len(whole) // 2 // 188 * 188 :])
    during, still_short = sources.get(file, cut=False, again=False)
    after, longer = sources.get(file, cut=False, again=True)
    assert before is during is after
    assert still_short.duration == short.duration < longer.duration


def test_a_film_that_grows_ends_later_though_it_says_the_same_length(
    make: Callable[..., Streams], long_film: Path, tmp_path: Path
) -> None:
    whole = long_film.read_bytes()
    file, streams, sources = tmp_path / "film.mkv", make(idle=60), Sources(READER)
    file.write_bytes(whole[: len(whole) // 2])
    lengths = set()

    def is_last_past() -> bool:
        """Give the last part to somebody who begins to watch."""
        source, facts = sources.get(file, cut=False, again=True)
        lengths.add(facts.duration)
        recipes = Recipes(facts, CONVERTED, Means(SOFTWARE, frozenset(), 1080))
        rendition = streams.rendition(source, facts, *recipes.picture())
        served = streams.part(rendition, len(rendition.timeline) - 1, "me")
        served.file.close()
        return served.is_past

    assert is_last_past()
    with file.open("ab") as stream:
        stream.write(whole[len(whole) // 2 :])
    assert not is_last_past()
    assert len(lengths) == 1


def test_what_cannot_be_converted_says_so(
    make: Callable[..., Streams], films: Path, tmp_path: Path
) -> None:
    file = tmp_path / "film.mkv"
    file.write_bytes((films / "h264.mkv").read_bytes())
    streams = make(idle=60)
    rendition = picture(streams, file)
    # between the look into it and the conversion, the file is damaged
    file.write_bytes(b"\0" * 100)
    with pytest.raises(ConversionFailed, match="cannot be converted") as refused:
        watch(streams, rendition, 0)
    assert "film.mkv: Invalid data" in str(refused.value)
    assert str(tmp_path) not in str(refused.value)
    # a shared error would keep what the requests hold
    with pytest.raises(ConversionFailed) as again:
        watch(streams, rendition, 0)
    assert again.value is not refused.value


def converted(film: Path, script: str, *options: str) -> Taken:
    """Convert a film with a script of the shell that gets the command of ffmpeg."""
    _, facts = Sources(READER).get(film, **LOOKED)
    recipe = Recipes(facts, CONVERTED, Means(SOFTWARE, frozenset(), 120)).picture()[1]
    *usual, output = command.arguments(film, facts, recipe, 0)
    shell = ["sh", "-c", script, "sh", *ffmpeg_program.command(*usual, *options, output)]
    changed, taken = threading.Condition(), Taken()
    conversion = Conversion(lambda: shell, Assembler(recipe.timeline, 0), taken, changed)
    with changed:
        conversion.ask(len(recipe.timeline) - 1, "me")
    conversion.start()
    conversion.thread.join(60)
    return taken


@pytest.mark.parametrize("number", [errno.EIO, errno.EHOSTDOWN])
@pytest.mark.parametrize(("script", "count"), [('fail; exec "$@"', 0), ('"$@"; fail', 59)])
def test_a_disk_that_fails_is_not_the_end_of_a_film(
    long_film: Path, script: str, count: int, number: int
) -> None:
    """ffmpeg then writes a still picture to the end, or ends as if the film did."""
    words = f"{long_film}: {os.strerror(number)}"
    taken = converted(long_film, f"fail() {{ echo 'file:{words}' >&2; }}; {script}")
    assert taken.parts == list(range(count))
    assert words in (taken.problem or "")


@pytest.mark.parametrize(("end", "count"), [("exit 1", 20), ("kill -9 $$", 19)])
def test_a_piece_of_a_part_is_kept_of_a_damaged_film_only(
    long_film: Path, end: str, count: int
) -> None:
    taken = converted(long_film, f'"$@"; {end}', "-t", "19.5")
    assert taken.parts == list(range(count))
    assert taken.problem


def test_what_takes_too_long_is_said_to_come(make: Callable[..., Streams], long_film: Path) -> None:
    streams = make(idle=60, wait=0.0)
    with pytest.raises(NotReady):
        watch(streams, picture(streams, long_film), 0)


def test_the_folder_is_bounded(make: Callable[..., Streams], long_film: Path) -> None:
    streams = make(budget=20_000, idle=60)
    rendition = picture(streams, long_film)
    for part in range(len(rendition.timeline)):
        watch(streams, rendition, part)
    folder = streams._cache._folder
    used = sum(it.stat().st_size for it in folder.rglob("*") if it.is_file())
    assert 0 < used == streams._cache.used <= 20_000 + 30_000
    # what was removed is made again
    assert watch(streams, rendition, 0)


def test_two_hours_leave_memory_and_disk_as_they_were(
    make: Callable[..., Streams], tmp_path: Path
) -> None:
    budget, film, process = 1 << 20, tmp_path / "film.mkv", psutil.Process()
    picture_of_noise = "color=s=64x64:r=1:d=7200,noise=alls=100:allf=t,format=yuv420p"
    codec = ("-c:v", "libx264", "-preset", "ultrafast", "-qp", "20", "-g", "2")
    ffmpeg("-f", "lavfi", "-i", picture_of_noise, *codec, str(film))
    assert film.stat().st_size > 20 * budget
    streams = make(budget=budget, idle=60)
    rendition = picture(streams, film, COPIED)
    count = len(rendition.timeline)
    assert count > 3000
    before = 0
    for part in range(count):
        assert watch(streams, rendition, part)
        assert len(rendition.conversions) <= 1
        before = before or (part > count // 6 and process.memory_info().rss)
    assert streams._cache.used <= budget
    assert process.memory_info().rss - before < film.stat().st_size // 4


PARENT = """
import sys
from zapette_webapp.streams.making import process
if sys.argv[1] == "plain":
    process._SETPRIV = None
source = ["-f", "lavfi", "-i", "testsrc=d=9999:s=64x36:r=25"]
one = process.Process(["ffmpeg", "-v", "error", *source, "-f", "rawvideo", "pipe:1"])
print(one.pid, flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("way", ["setpriv", "plain"])
def test_ffmpeg_ends_with_a_killed_server(way: str) -> None:
    """Whether the system ends it (setpriv) or it finds nobody to write to."""
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, way], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        ffmpeg = psutil.Process(int(parent.stdout.readline()))
        eventually(lambda: ffmpeg.name() == "ffmpeg", "ffmpeg runs")
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    eventually(lambda: not ffmpeg.is_running(), "ffmpeg has ended")


def test_nothing_is_left_of_a_crash(new_system: Callable[..., System], long_film: Path) -> None:
    system = new_system(ZAPETTE_MEDIA_DIR=str(long_film.parent))
    asked(system, "long.mkv/h264-none/video-0.m4s")
    folder = system.data / "streams"
    assert list(folder.rglob("*.m4s"))
    web = psutil.Process(system.pid("web"))
    (ffmpeg,) = [it for it in web.children() if "pipe:1" in command_line(it)]
    system.kill("web")
    eventually(lambda: not ffmpeg.is_running(), "ffmpeg has ended")
    eventually(system.is_up, "the web is up again", timeout=60)
    assert not list(folder.rglob("*.m4s"))


SLOW = """#!/bin/sh
case "$*" in *long.mkv*) exec sleep 100 ;; esac
exec "{ffmpeg}" "$@"
"""


def test_a_server_that_stops_waits_for_no_part(
    new_system: Callable[..., System], long_film: Path, tmp_path: Path
) -> None:
    slow = tmp_path / "bin" / "ffmpeg"
    slow.parent.mkdir()
    slow.write_text(SLOW.format(ffmpeg=shutil.which("ffmpeg")))
    slow.chmod(0o755)
    path = f"{slow.parent}:{os.environ['PATH']}"
    system = new_system(ZAPETTE_MEDIA_DIR=str(long_film.parent), PATH=path)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(system.get, "streams/long.mkv/h264-none/video-0.m4s")
        web = psutil.Process(system.pid("web"))
        waiting = eventually(
            lambda: [it for it in web.children() if "sleep" in command_line(it)], "one is made"
        )
        assert system.stop() == 0
    assert not any(it.is_running() for it in waiting)
    assert "did not stop in time" not in system.log
    assert "Traceback" not in system.log
