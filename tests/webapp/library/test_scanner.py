# ruff: noqa: RUF001 - quotation marks and dashes that look alike are among the names
"""The index of the library: true to the folder, whatever happens to either."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.samples.ffmpeg import ffmpeg
from tests.waiting import eventually
from tests.webapp.films import SUBTITLES
from zapette.errors import InvalidArgument
from zapette_broker.storage import sqlite, sqlite_connection
from zapette_broker.storage.store_errors import StoreError, StoreFull
from zapette_webapp.errors import NotInLibrary
from zapette_webapp.library.library import Library


@pytest.fixture
def media(tmp_path: Path) -> Path:
    folder = tmp_path / "media"
    (folder / "a" / "b").mkdir(parents=True)
    (folder / "a" / "b" / "film.mp4").write_bytes(b"one")
    (folder / "top.webm").write_bytes(b"two")
    return folder


@pytest.fixture
def library(media: Path, tmp_path: Path) -> Iterator[Library]:
    """A library that was not started: the tests have it walk when they want."""
    made = new(media, tmp_path)
    yield made
    made.stop()


def new(media: Path, tmp_path: Path) -> Library:
    return Library.of(
        media, tmp_path / "library.db", tmp_path / "thumbnails", tmp_path / "subtitles"
    )


def paths(library: Library, path: str = "", **options: Any) -> list[str]:
    return [it["path"] for it in library.queries.answer(path, **options)["entries"]]


def everything(library: Library) -> list[str]:
    return sorted(paths(library, order="added"))


def test_what_comes_and_goes(library: Library, media: Path) -> None:
    library.scanner.scan()
    assert everything(library) == ["a/b/film.mp4", "top.webm"]
    (media / "a" / "b" / "film.mp4").rename(media / "a" / "moved.mp4")
    (media / "c").mkdir()
    (media / "c" / "new.mp3").write_bytes(b"three")
    library.scanner.scan()
    assert everything(library) == ["a/moved.mp4", "c/new.mp3", "top.webm"]
    assert paths(library) == ["a", "c", "top.webm"]
    assert paths(library, "a") == ["a/moved.mp4"]
    # what came after the first walk is newer than all that was there before
    assert set(paths(library, order="added")[:2]) == {"a/moved.mp4", "c/new.mp3"}


def test_a_media_folder_whose_name_is_not_utf_8(media: Path, tmp_path: Path) -> None:
    """As on a disk that was written in Latin-1."""
    named = media.rename(tmp_path / os.fsdecode(b"vid\xe9os"))
    first = new(named, tmp_path)
    first.scanner.scan()
    first.stop()
    again = new(named, tmp_path)
    # the index of before, since nothing was scanned
    assert everything(again) == ["a/b/film.mp4", "top.webm"]
    again.stop()


def test_a_folder_that_is_looked_at_is_brought_up_to_date(library: Library, media: Path) -> None:
    assert paths(library, "a/b") == ["a/b/film.mp4"]
    library.scanner.scan()
    (media / "a" / "b" / "second.mp4").write_bytes(b"x")
    assert paths(library, "a/b") == ["a/b/film.mp4", "a/b/second.mp4"]
    assert library.queries.answer("a/b/second.mp4")["total"] == 1


def test_the_walker_notices_by_itself(media: Path, tmp_path: Path) -> None:
    running = new(media, tmp_path)
    running.start()
    try:
        eventually(lambda: running.index.is_complete, "the first walk ends")
        (media / "a" / "late.mp4").write_bytes(b"x")
        assert "a/late.mp4" in paths(running, "a")
        (media / "d" / "e").mkdir(parents=True)
        (media / "d" / "e" / "deep.mp4").write_bytes(b"x")
        # somebody looks at the top, which was touched, so that all is walked again
        eventually(lambda: "d" in paths(running), "the new folder is there", timeout=20)
        eventually(
            lambda: running.queries.answer()["index"]["state"] == "ready",
            "what is no film is looked into as well",
            timeout=30,
        )
    finally:
        running.stop()


def test_a_changed_file_is_looked_into_again(library: Library, media: Path) -> None:
    library.scanner.scan()
    while library.scanner.probe_one():
        pass
    film = media / "top.webm"
    assert library.queries.answer("top.webm")["entries"][0]["problem"] == "unreadable"
    ffmpeg("-f", "lavfi", "-i", "sine=duration=1", "-c:a", "libopus", str(film))
    library.scanner.scan()
    assert library.scanner.probe_one()
    entry = library.queries.answer("top.webm")["entries"][0]
    assert entry["problem"] is None
    assert entry["duration"] == pytest.approx(1, abs=0.1)


def test_a_disk_that_goes_while_it_is_read_damages_no_film(
    library: Library, media: Path, tmp_path: Path
) -> None:
    ffmpeg("-f", "lavfi", "-i", "sine=duration=1", "-c:a", "libopus", str(media / "top.webm"))
    library.scanner.scan()
    media.rename(tmp_path / "unplugged")
    while library.scanner.probe_one():
        pass
    (tmp_path / "unplugged").rename(media)
    assert library.queries.answer("top.webm")["entries"][0]["problem"] == "unreadable"
    library.scanner.scan()
    while library.scanner.probe_one():
        pass
    entry = library.queries.answer("top.webm")["entries"][0]
    assert entry["problem"] is None
    assert entry["duration"] == pytest.approx(1, abs=0.1)


def test_a_machine_that_starts_no_program_damages_no_film(
    library: Library, caplog: pytest.LogCaptureFixture
) -> None:
    library.prober.stop()
    library.scanner.start()
    eventually(lambda: library.prober.tool.outcomes()["failed"], "it cannot be probed")
    library.scanner.stop()
    assert library.index.counts() == (2, 0)
    # as when all is stopped
    assert "could not be scanned" not in caplog.text


def test_all_that_is_in_a_film_is_told(library: Library, media: Path, rich_film: Path) -> None:
    (media / "rich.mkv").write_bytes(rich_film.read_bytes())
    (media / "rich.fr.srt").write_text(SUBTITLES)
    library.scanner.scan()
    library.queries.answer("rich.mkv")
    assert library.scanner.probe_one()
    (entry,) = library.queries.answer("rich.mkv")["entries"]
    assert entry["flaw"] is None
    assert entry["chapters"] == [{"title": "Départ", "start": 0.0}, {"title": "", "start": 0.9}]
    assert entry["fonts"] == [{"number": 0, "name": "Some Font.TTF"}]
    assert entry["bitrate"] > 0
    assert [(it["channels"], it["default"]) for it in entry["tracks"][1:]] == [
        (6, True),
        (1, False),
    ]
    assert entry["tracks"][0]["bit_depth"] == 10
    external, text, styled = entry["subtitles"]
    assert (external["id"], external["kind"]) == ("fr", "text")
    assert text == {
        "id": "inside-0",
        "label": "Français (forced)",
        "language": "fr",
        "kind": "text",
        "forced": True,
        "default": False,
        "url": "subtitles/rich.mkv?track=0",
    }
    assert (styled["id"], styled["kind"], styled["default"]) == ("inside-1", "ass", True)
    # the answer about many is short
    listed = library.queries.answer("", search="rich")["entries"][0]
    assert listed == {key: entry[key] for key in entry if key not in {"chapters", "fonts"}}


def test_an_index_of_before_keeps_when_a_film_came(media: Path, tmp_path: Path) -> None:
    before = new(media, tmp_path)
    before.scanner.scan()
    before.index.complete()
    (media / "late.webm").write_bytes(b"late")
    before.scanner.scan()
    while before.scanner.probe_one():
        pass
    newest = before.queries.answer(order="added")["entries"][0]
    before.stop()
    added = ("flaw", "bitrate", "demuxer", "start", "inside", "fonts", "chapters")
    with closing(sqlite3.connect(tmp_path / "library.db")) as file:
        for column in added:
            file.execute(f"ALTER TABLE entries DROP COLUMN {column}")
        file.execute("PRAGMA user_version = 3")
        file.commit()
    library = new(media, tmp_path)
    try:
        after = library.queries.answer(order="added")["entries"][0]
        assert (after["path"], after["added_at"]) == ("late.webm", newest["added_at"])
        assert after["flaw"] is None
        assert library.index.counts() == (3, 0)
        while library.scanner.probe_one():
            pass
        assert library.queries.answer("late.webm")["entries"][0]["flaw"] == "text"
    finally:
        library.stop()


@pytest.mark.parametrize("is_probed", [True, False])
def test_an_index_of_before_gets_the_titles_of_today(
    is_probed: bool, media: Path, tmp_path: Path
) -> None:
    episode = "Kaamelott - Saison 1 - Épisode 2.mkv"
    (media / "Été").mkdir()
    (media / "Été" / episode).write_bytes(b"x")
    ffmpeg("-f", "lavfi", "-i", "sine=duration=1", "-metadata", "title=A Song",
           "-metadata", "artist=A Singer", str(media / "Été" / "01.mp3"))  # fmt: skip
    before = new(media, tmp_path)
    before.scanner.scan()
    while before.scanner.probe_one():
        pass
    before.stop()
    with closing(sqlite3.connect(tmp_path / "library.db")) as file:
        file.execute(
            "UPDATE entries SET title = 'old', search = 'old', series = NULL, season = NULL, "
            "episode = NULL, sort = '' WHERE title != 'A Song'"
        )
        # an older one has its songs probed once more
        file.execute("UPDATE entries SET probed = ? WHERE kind = 'audio'", (is_probed,))
        file.execute("PRAGMA user_version = 4")
        file.commit()
    library = new(media, tmp_path)
    try:
        library.scanner.scan()
        song, film = library.queries.answer("Été")["entries"]
        assert (film["title"], film["series"]) == ("Kaamelott S01E02", "Kaamelott")
        assert (film["season"], film["episode"]) == (1, 2)
        assert song["title"] == "A Song"
        assert paths(library, search="s01e02") == [f"Été/{episode}"]
        assert [it["title"] for it in library.queries.answer()["entries"]] == ["a", "Été", "top"]
        # the files are the same
        assert library.index.counts() == (4, 3 + is_probed)
    finally:
        library.stop()


def test_what_is_looked_at_is_looked_into_first(library: Library) -> None:
    library.scanner.scan()
    library.queries.answer("top.webm")
    assert library.scanner.probe_one()
    assert library.queries.answer("top.webm")["entries"][0]["problem"] == "unreadable"
    assert library.queries.answer("a/b/film.mp4")["entries"][0]["problem"] is None


def test_a_disk_that_is_away_is_not_forgotten(
    library: Library, media: Path, tmp_path: Path
) -> None:
    library.scanner.scan()
    while library.scanner.probe_one():
        pass
    media.rename(tmp_path / "unplugged")
    library.scanner.scan()
    answer = library.queries.answer()
    assert answer["index"]["state"] == "unavailable"
    assert answer["total"] == 2
    # an empty mount point, and the disk back in it
    media.mkdir()
    library.scanner.scan()
    assert library.queries.answer()["total"] == 0
    media.rmdir()
    (tmp_path / "unplugged").rename(media)
    library.scanner.scan()
    assert everything(library) == ["a/b/film.mp4", "top.webm"]
    assert not library.scanner.probe_one()


def test_links_lead_nowhere_else(library: Library, media: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.mp4").write_bytes(b"secret")
    (media / "out").symlink_to(outside)
    (media / "secret.mp4").symlink_to(outside / "secret.mp4")
    (media / "a" / "up").symlink_to(media)
    (media / "a" / "self").symlink_to(media / "a")
    (media / "a" / "x").symlink_to(media / "c")
    (media / "c").mkdir()
    (media / "c" / "y").symlink_to(media / "a")
    (media / ".hidden").mkdir()
    (media / ".hidden" / "h.mp4").write_bytes(b"h")
    (media / "h.mp4").symlink_to(media / ".hidden" / "h.mp4")
    (media / "notes.txt").write_bytes(b"private")
    (media / "notes.mp4").symlink_to(media / "notes.txt")
    (media / "favourite.mp4").symlink_to(media / "a" / "b" / "film.mp4")
    os.mkfifo(media / "pipe.mp4")
    library.scanner.scan()
    found = everything(library)
    assert set(found) == {"a/b/film.mp4", "c/y/b/film.mp4", "favourite.mp4", "top.webm"}
    for path in ("notes.mp4", "h.mp4", "secret.mp4", "pipe.mp4", "out/secret.mp4"):
        assert library.media_folder.find(path) is None
    with pytest.raises(NotInLibrary):
        library.queries.answer("out")


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("L’œuvre.mp4", "l'oeuvre"), ("L’œuvre.mp4", "loeuvre"), ("Les Sœurs.mp4", "les soeurs"),
        ("Łódź.mp4", "lodz"), ("Ørsted.mp4", "orsted"), ("Ørsted.mp4", "Oersted"),
        ("æther.mp4", "AETHER"), ("aether.mp4", "Æther"), ("Straße.mp4", "strasse"),
        ("Strasse.mp4", "straße"), ("Die Vögel.mp4", "voegel"), ("Spider–Man.mp4", "spider-man"),
    ],
)  # fmt: skip
def test_any_keyboard_finds_it(library: Library, media: Path, name: str, typed: str) -> None:
    (media / name).write_bytes(b"x")
    library.scanner.scan()
    assert paths(library, search=typed) == [name]


def test_the_order_to_play_a_folder(library: Library, media: Path) -> None:
    names = [
        "Show/special.mkv", "Show/Season 1/show.s01e01.mkv", "Show/Season 1/Show - 1x02.mkv",
        "Show/Season 1/show.s01e10.mkv", "Show/Season 2/show.s02e01.mkv",
        "Show/Season 10/show.s10e01.mkv",
    ]  # fmt: skip
    for name in reversed(names):
        (media / name).parent.mkdir(parents=True, exist_ok=True)
        (media / name).write_bytes(b"x")
    library.scanner.scan()
    assert paths(library, "Show", order="play") == names
    assert paths(library, "Show", order="play", offset=2, limit=2) == names[2:4]
    assert paths(library, order="play") == ["top.webm", "a/b/film.mp4", *names]
    assert paths(library, "Show/Season 1") == names[1:4]


def test_names_that_are_no_text(library: Library, media: Path) -> None:
    (media / os.fsdecode(b"bad\xff.mp4")).write_bytes(b"x")
    strange = ["-i x.mp4", "new\nline.mp4", "per%20cent.mp4", "q?a#b.mp4", "quo\"te'.mp4"]
    for name in strange:
        (media / name).write_bytes(b"x")
    library.scanner.scan()
    assert set(strange) < set(everything(library))
    assert "bad\uf7ff.mp4" in everything(library)
    for path, search in (("\udcff", ""), ("", "\udcff")):
        with pytest.raises(InvalidArgument):
            library.queries.answer(path, search)
    while library.scanner.probe_one():
        pass


@pytest.mark.parametrize("damage", ["rubbish", "newer", "other folder"])
def test_an_index_that_is_no_good_is_made_anew(media: Path, tmp_path: Path, damage: str) -> None:
    first = new(media, tmp_path)
    first.scanner.scan()
    first.stop()
    file = tmp_path / "library.db"
    if damage == "rubbish":
        file.write_bytes(b"rubbish" * 1000)
    elif damage == "newer":
        database = sqlite3.connect(file)
        database.execute("PRAGMA user_version = 99")
        database.close()
    else:
        media = tmp_path / "elsewhere"
        media.mkdir()
        (media / "other.mp4").write_bytes(b"x")
    again = new(media, tmp_path)
    again.scanner.scan()
    expected = ["other.mp4"] if damage == "other folder" else ["a/b/film.mp4", "top.webm"]
    assert everything(again) == expected
    assert file.stat().st_mode & 0o777 == 0o600
    again.stop()


def test_an_index_is_kept_over_a_restart(media: Path, tmp_path: Path) -> None:
    first = new(media, tmp_path)
    first.scanner.scan()
    first.stop()
    again = new(media, tmp_path)
    assert everything(again) == ["a/b/film.mp4", "top.webm"]
    again.stop()


@pytest.mark.parametrize("error", [StoreFull("library.db: its disk is full"), OSError("away")])
def test_why_it_does_not_walk_is_said_in_words(
    library: Library,
    error: Exception,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr(library.scanner, "probe_one", fail)
    library.start()
    eventually(lambda: f"could not be scanned: {error}" in caplog.text, "it is said")
    assert "Traceback" not in caplog.text


def test_nothing_there(tmp_path: Path) -> None:
    nobody = new(tmp_path / "none", tmp_path)
    nobody.scanner.scan()
    answer = nobody.queries.answer()
    assert (answer["entries"], answer["index"]["state"]) == ([], "unavailable")
    nobody.stop()


def test_a_new_index_counts_as_intact_once_it_can_be_read(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    further = sqlite.further

    def checked(*arguments: Any, **options: Any) -> Any:
        with pytest.raises(StoreError):
            library.index.check()
        return further(*arguments, **options)

    monkeypatch.setattr(sqlite, "further", checked)
    library.index.renew()
    library.index.check()
    everything(library)


def test_damage_that_only_a_check_finds_is_mended_at_once(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_connection, "WHOLE_INTERVAL", 0)
    library.scanner.start()
    eventually(lambda: library.scanner.progress().state == "ready", "all is looked into")

    def is_whole() -> bool:
        try:
            library.index.check()
        except StoreError:
            return False
        return True

    eventually(is_whole, "the index is checked once, so that the next check is due")
    file = tmp_path / "library.db"
    with closing(sqlite3.connect(file, timeout=20)) as other:
        # what the log still holds is not damaged
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with file.open("r+b") as stream:
        stream.write(os.urandom(file.stat().st_size))
    assert not is_whole()
    # the next walk is a minute off
    eventually(is_whole, "a new index is made", timeout=20)
    eventually(lambda: len(everything(library)) == 2, "it holds what the folder does")
