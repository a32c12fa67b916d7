"""What the library lists: all that ffmpeg opens, by its name or by what it is."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contract.vector_files import vectors
from tests.samples.ffmpeg import ffmpeg
from zapette_webapp import problem_details
from zapette_webapp.http.refusal_counts import RefusalCounts
from zapette_webapp.library import file_names, playlists, routes
from zapette_webapp.library.folder import listing
from zapette_webapp.library.folder.media_folder import MediaFolder
from zapette_webapp.library.folder.recognition import Recognition
from zapette_webapp.library.library import Library
from zapette_webapp.library.playlists import Item
from zapette_webapp.media import media_types, type_table

MP4 = b"\0\0\0\x18ftypisom" + b"\0" * 100
STREAM = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\ngone.ts\n#EXT-X-ENDLIST\n"
OTHERS = {
    "letter.txt": b"Dear " * 100, "key.pem": MP4, "secret": b"root:x:0:0:/root\n" * 9,
    "short": b"ID3", "page.html": MP4, "archive.zip": b"PK\3\4" + MP4, "empty": b"",
    "list": b"#EXTM3U\n" + b"/etc/passwd\n" * 20, "concat": b"ffconcat version 1.0\nfile a\n" * 9,
}  # fmt: skip


def test_the_list_is_the_one_of_the_contract() -> None:
    known = vectors("media")
    ours = {it: [kind, type_table.DEMUXERS[kind]] for it, kind in type_table.MEDIA.items()}
    assert ours == known["media"]
    kinds = {it: media_types.kind(f"x{it}") for it in media_types.TYPES}
    of = {it for it in kinds if kinds[it] in {"video", "audio"}}
    assert of == {*known["media"], *known["streams"], *known["discs"]}
    assert {it for it in kinds if kinds[it] == "playlist"} == set(known["playlists"])
    assert {it for it in kinds if kinds[it] == "link"} == set(known["links"])


@pytest.fixture
def media(tmp_path: Path) -> Path:
    folder = tmp_path / "media"
    folder.mkdir()
    return folder


def listed(folder: Path) -> dict[str, str]:
    found = listing.read(MediaFolder(folder), "")
    assert found is not None
    return {it.path: it.kind for it in found.media}


def test_each_of_the_list_is_listed(media: Path) -> None:
    for number, end in enumerate(type_table.MEDIA):
        (media / f"{number}{end.upper()}").write_bytes(b"")
    assert len(listed(media)) == len(type_table.MEDIA)


def test_content_decides_without_a_known_extension(media: Path) -> None:
    for name in ("film", "Mr. Nobody", "film.mp4.1", "film.dat"):
        (media / name).write_bytes(MP4)
    (media / "song").write_bytes(b"fLaC" + b"\0" * 100)
    for name, content in OTHERS.items():
        (media / name).write_bytes(content)
    films = {"film", "Mr. Nobody", "film.mp4.1", "film.dat"}
    assert listed(media) == {**dict.fromkeys(films, "video"), "song": "audio"}
    folder = MediaFolder(media)
    for name in OTHERS:
        assert folder.find(name) is None, name
    assert folder.type_of("film", media / "film") == "video/mp4"
    # another file at the same name: looked at again
    (media / "film").write_bytes(b"no film any more " * 20)
    assert folder.find("film") is None


def test_a_link_shows_nothing_else(media: Path) -> None:
    (media / "secret").write_bytes(OTHERS["secret"])
    (media / "film.mp4").symlink_to("secret")
    (media / "film").symlink_to("secret")
    (media / "good").write_bytes(MP4)
    (media / "good.mp4").symlink_to("good")
    assert listed(media) == {"good": "video", "good.mp4": "video"}


def test_a_pipe_is_not_waited_for(media: Path) -> None:
    os.mkfifo(media / "pipe")
    assert listed(media) == {}


@pytest.mark.parametrize("ending", ["", ".mp4", ".vob", ".m3u"])
def test_names_of_any_bytes(media: Path, ending: str) -> None:
    name = b"caf\xe9 \xff\xfe" + ending.encode()
    content = b"#EXTM3U\n" if ending == ".m3u" else MP4
    Path(os.fsdecode(os.fsencode(media) + b"/" + name)).write_bytes(content)
    (path,) = listed(media)
    assert path == f"caf\uf7e9 \uf7ff\uf7fe{ending}"
    assert MediaFolder(media).find(path) is not None


@given(st.binary(max_size=600))
def test_no_content_is_a_kind_that_reads_other_files(content: bytes) -> None:
    found = media_types.recognised(content)
    assert media_types.demuxer_of(found or "") not in {"hls", "concat", "dash", "image2", "sdp"}
    real = media_types.real_type("x", content)
    assert real == (found or media_types.UNKNOWN)


def test_a_dvd_folder_shows_its_films_and_no_menus(media: Path) -> None:
    for name in ("VIDEO_TS.VOB", "VTS_01_0.VOB", "VTS_01_1.VOB", "VTS_01_2.VOB", "VTS_01_0.IFO"):
        (media / name).write_bytes(b"\0\0\x01\xba" + b"\0" * 200)
    assert list(listed(media)) == ["VTS_01_1.VOB", "VTS_01_2.VOB"]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """A library with playlists of all kinds."""
    media, data = tmp_path_factory.mktemp("media"), tmp_path_factory.mktemp("data")
    (media / "Films" / "Été").mkdir(parents=True)
    ffmpeg(
        *("-f", "lavfi", "-i", "testsrc=duration=1:size=64x36:rate=5"),
        *("-c:v", "libvpx", str(media / "Films" / "one.webm")),
    )
    one = (media / "Films" / "one.webm").read_bytes()
    for path in ("Films/two.webm", "Films/Été/three", "top.webm"):
        (media / path).write_bytes(one)
    (media / "Films" / "mixed.m3u").write_bytes(
        b"#EXTM3U\r\n#EXTINF:12,Somebody - A Title\r\none.webm\r\n"
        + "Été\\three\r\n".encode("cp1252")
        + b'#EXTINF:-1 tvg-id="x",A Channel\r\nhttp://example.org/live.m3u8?a=1\r\n'
        + b"../top.webm\r\n../../../../etc/passwd\r\nfile:///etc/passwd\r\ngone.webm\r\n"
        + b"rtsp://example.org/x\r\nconcat:a|b\r\nmixed.m3u\r\n"
        + b"D:\\Videos\\Films\\two.webm\r\nfile:///home/me/Films/two.webm\r\n"
    )
    (media / "list.m3u8").write_text("Films/two.webm\nFilms/one.webm\n", encoding="utf-8-sig")
    (media / "radio.pls").write_text(
        "[playlist]\nFile2=Films/one.webm\nTitle2=The Film\nLength2=60\n"
        "File1=https://example.org/radio.mp3\nTitle1=Radio\nLength1=-1\nNumberOfEntries=2\n"
    )
    (media / "Clip.strm").write_text("https://example.org/clip.mp4\n")
    (media / "plugin.strm").write_text("plugin://video/x\n")
    (media / "stream.m3u8").write_text(STREAM)
    made = Library.of(media, data / "library.db", data / "thumbnails", data / "subtitles")
    made.scanner.scan()
    while made.scanner.probe_one():
        pass
    yield made
    made.stop()


def sources(library: Library, **query: Any) -> list[str]:
    return [it["source"] for it in library.queries.answer(**query)["entries"]]


def test_a_playlist_is_opened_like_a_folder(home: Library) -> None:
    entries = home.queries.answer(limit=500)["entries"]
    kinds = {it["path"]: it["kind"] for it in entries}
    assert kinds == {
        "Films": "folder", "list.m3u8": "folder", "radio.pls": "folder", "Clip.strm": "video",
        "plugin.strm": "video", "stream.m3u8": "video", "top.webm": "video",
    }  # fmt: skip
    assert {it["entries"] for it in entries if it["path"] in {"list.m3u8", "radio.pls"}} == {2}
    wanted = [
        "media/Films/one.webm",
        "media/Films/Été/three",
        "http://example.org/live.m3u8?a=1",
        "media/top.webm",
        "media/Films/two.webm",
        "media/Films/two.webm",
    ]
    for order in ("name", "play"):
        assert sources(home, path="Films/mixed.m3u", order=order) == wanted
    assert sources(home, path="Films/mixed.m3u", offset=1, limit=2) == wanted[1:3]
    assert sources(home, path="list.m3u8") == ["media/Films/two.webm", "media/Films/one.webm"]


def test_what_a_playlist_says_of_an_address(home: Library) -> None:
    radio, film = home.queries.answer(path="radio.pls")["entries"]
    assert (radio["title"], radio["kind"], radio["duration"]) == ("Radio", "audio", None)
    assert radio["source"] == radio["url"] == "https://example.org/radio.mp3"
    assert film["title"] == "one"
    channel = home.queries.answer(path="Films/mixed.m3u")["entries"][2]
    assert (channel["title"], channel["type"]) == ("A Channel", "application/vnd.apple.mpegurl")
    assert channel.keys() == film.keys()


def test_a_link_plays_its_address(home: Library) -> None:
    (entry,) = home.queries.answer(path="Clip.strm")["entries"]
    assert (entry["path"], entry["source"]) == ("Clip.strm", "https://example.org/clip.mp4")
    assert (entry["title"], entry["problem"]) == ("Clip", None)
    assert home.queries.answer(path="plugin.strm")["entries"][0]["problem"] == "unreadable"


@pytest.mark.parametrize(
    ("content", "address"),
    [
        ("https://example.org/é.mp4\r\n".encode("utf-16"), "https://example.org/é.mp4"),
        ("\ufeffhttps://example.org/映.mp4".encode("utf-16-be"), "https://example.org/映.mp4"),
        (b"# a note\n\n  https://example.org/a b.mp4  \n", "https://example.org/a%20b.mp4"),
        (b"https://example.org/a.mp4|User-Agent=x y&b", "https://example.org/a.mp4"),
        (b"https://example.org/a.mp4 |Referer=x|y", "https://example.org/a.mp4"),
        (b"https://example.org/a.mp4| !verify=0", "https://example.org/a.mp4"),
        (b"https://example.org/a|b.mp4?x=1|2|X-Y=z", "https://example.org/a|b.mp4?x=1|2"),
    ],
)
def test_how_links_are_written(content: bytes, address: str) -> None:
    assert [it.address for it in playlists.read("a.strm", content)] == [address]


def test_a_folder_plays_films_and_links_but_no_lists(home: Library) -> None:
    assert sources(home, path="Films", order="play") == [
        "media/Films/one.webm",
        "media/Films/two.webm",
        "media/Films/Été/three",
    ]
    assert "https://example.org/clip.mp4" in sources(home, order="play")


def test_pictures_and_sounds_decide_what_it_is(home: Library) -> None:
    folder = home.media_folder.folder / "Wrong"
    folder.mkdir()
    tone = ("-f", "lavfi", "-i", "sine=duration=1")
    ffmpeg(*tone, "-metadata", "title=A Tone", str(folder / "tone.m4a"))
    (folder / "tone.m4a").rename(folder / "tone.mp4")
    (folder / "film.mp3").write_bytes((home.media_folder.folder / "top.webm").read_bytes())
    home.queries.answer(path="Wrong")
    while home.scanner.probe_one():
        pass

    def kinds() -> list[tuple[str, str]]:
        return [(it["kind"], it["title"]) for it in home.queries.answer(path="Wrong")["entries"]]

    assert kinds() == [("video", "film"), ("audio", "A Tone")]
    # another file next to it changes nothing
    (folder / "film.fr.srt").write_text("1\n00:00:00,000 --> 00:00:01,000\nOui\n")
    home.scanner.scan()
    assert kinds() == [("video", "film"), ("audio", "A Tone")]


@settings(max_examples=3, deadline=None)
@given(
    st.sets(
        st.binary(min_size=1, max_size=60).filter(
            lambda it: not {0, 47} & set(it) and not it.startswith(b".")
        ),
        min_size=100,
        max_size=100,
    )
)
def test_a_hundred_odd_names_are_found_again(names: set[bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        top = os.fsencode(folder)
        for name in names:
            Path(os.fsdecode(top + b"/" + name + b".vob")).touch()
        paths = listed(Path(folder))
        media = MediaFolder(Path(folder))
        assert len(paths) == len(names)
        found = {media.find(path) for path in paths}
        assert {os.fsencode(it.name) for it in found if it} == {it + b".vob" for it in names}
        for path in paths:
            assert file_names.from_path(path).text.strip()
            path.encode()


def test_a_medium_without_an_extension_is_known(home: Library) -> None:
    (entry,) = home.queries.answer(path="Films/Été/three")["entries"]
    assert entry["type"].startswith("video/webm")
    assert [it["name"] for it in entry["tracks"]] == ["VP8"]


@given(st.sampled_from(["a.m3u", "a.m3u8", "a.pls", "a.strm"]), st.binary(max_size=400))
def test_any_playlist_is_read(name: str, content: bytes) -> None:
    for item in playlists.read(name, content):
        assert (item.address is None) == (item.file != b"")
        for path in playlists.candidates(f"Films/{name}", item):
            assert not path.startswith("/")
            assert not {"", ".", ".."} & set(path.split("/"))


def test_a_playlist_is_bounded() -> None:
    assert len(playlists.read("a.m3u", b"http://example.org/a\n" * 6000)) == playlists.MOST
    assert playlists.candidates("a.m3u", Item(None, b"/" * 4096)) == []


def test_one_entry_that_cannot_be_looked_at_hides_no_other(media: Path) -> None:
    (media / "film.mp4").write_bytes(MP4)
    for name in ("self", "self.mp4", "self.srt", "self.jpg", "self.m3u", "film.fr.srt", "subs"):
        (media / name).symlink_to(name)
    # a name that is too long for the system
    (media / "far").symlink_to("/".join(["x" * 300] * 3))
    assert listed(media) == {"film.mp4": "video"}


def test_a_file_that_goes_while_its_folder_is_read(
    media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a download does that is renamed once it is complete."""
    for name in ("one.mp4", "going.mp4", "two.mp4"):
        (media / name).write_bytes(MP4)
    kind = Recognition.kind

    def going(self: Recognition, file: Path, path: str) -> str | None:
        found = kind(self, file, path)
        (media / "going.mp4").unlink(missing_ok=True)
        return found

    monkeypatch.setattr(Recognition, "kind", going)
    assert {"one.mp4", "two.mp4"} <= set(listed(media))


def test_a_medium_without_extension_is_there_again_with_its_disk(
    media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (media / "film").write_bytes(MP4)
    recognition = Recognition()
    with monkeypatch.context() as patched:
        patched.setattr(os, "read", failing)
        assert recognition.kind(media / "film", "film") is None
    assert recognition.kind(media / "film", "film") == "video"


def failing(*_: object) -> bytes:
    """Do what a disk does that fails."""
    raise OSError(errno.EIO, os.strerror(errno.EIO))


@pytest.fixture
def client(media: Path, tmp_path: Path) -> Iterator[FlaskClient]:
    """Return a client of the routes of the library."""
    data = tmp_path / "data"
    data.mkdir()
    made = Library.of(media, data / "library.db", data / "thumbnails", data / "subtitles")
    app = Flask("test")
    app.register_blueprint(routes.blueprint(made))
    problem_details.register(app, RefusalCounts())
    yield app.test_client()
    made.stop()


@pytest.mark.parametrize("address", ["media", "thumbnails", "previews", "subtitles"])
def test_a_medium_that_goes_during_a_request(
    media: Path, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    name = "going.srt" if address == "subtitles" else "going.mp4"
    (media / name).write_bytes(MP4)
    get = MediaFolder.get

    def going(self: MediaFolder, path: str) -> Path:
        found = get(self, path)
        found.unlink()
        return found

    monkeypatch.setattr(MediaFolder, "get", going)
    answer = client.get(f"/{address}/{name}")
    assert (answer.status_code, answer.get_json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("number", [errno.EACCES, errno.EIO, errno.ENOTCONN, errno.ESTALE])
def test_a_medium_that_the_system_does_not_give_out(
    media: Path, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    # root may read everything, and no disk fails when asked to
    (media / "locked.mp4").write_bytes(MP4)

    def refused(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number), str(media / "locked.mp4"))

    monkeypatch.setattr(routes, "send_file", refused)
    answer = client.get("/media/locked.mp4")
    said = answer.get_json()
    assert (answer.status_code, said["code"]) == (415, "unreadable")
    assert os.strerror(number) in said["detail"]
    assert str(media) not in said["detail"]


def test_a_file_that_grows_is_read_again(home: Library) -> None:
    (before,) = home.queries.answer(path="Films/two.webm")["entries"]
    with home.media_folder.get("Films/two.webm").open("ab") as growing:
        growing.write(b"\0" * 100)
    (now,) = home.queries.answer(path="Films/two.webm")["entries"]
    assert (now["size"], now["duration"]) == (before["size"] + 100, before["duration"])
    assert home.scanner.probe_one()
