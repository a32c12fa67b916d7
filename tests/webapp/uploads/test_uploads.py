"""Files from phones: who may send them, in parts, what is refused, and when they are deleted."""

from __future__ import annotations

import errno
import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import quote

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.programs.system import Answer, System
from tests.samples.ffmpeg import ffmpeg
from tests.sharing import sharing
from tests.waiting import eventually
from tests.webapp import films
from tests.webapp.access.test_library_rights import session_cookie
from tests.webapp.uploads.uploading import RAW, Phone, link_of
from zapette.mqtt.subscriptions import Message
from zapette_broker.storage.store_errors import StoreFull
from zapette_webapp.errors import NoRoom, NotFound, NotReady, UploadTooLarge
from zapette_webapp.library.folder.media_folder import MediaFolder
from zapette_webapp.library.index.index import Index
from zapette_webapp.uploads import names
from zapette_webapp.uploads.budget import RESERVE, Budget
from zapette_webapp.uploads.retention import Retention
from zapette_webapp.uploads.upload import Upload
from zapette_webapp.uploads.uploads import Uploads

ME = frozenset({"remote a", "address 10.0.0.1"})
OTHER = frozenset({"remote b", "address 10.0.0.2"})


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    media = tmp_path_factory.mktemp("media")
    settings = {"ZAPETTE_MEDIA_DIR": str(media), "ZAPETTE_UPLOADS_MAX": "64"}
    with sharing(System(tmp_path_factory.mktemp("system"), settings)) as running:
        yield running


@pytest.fixture(scope="module")
def phone(system: System) -> Phone:
    return Phone(system, link_of(system, "remote"))


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return films.short(tmp_path_factory.mktemp("film")).read_bytes()


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    file = tmp_path_factory.mktemp("photo") / "a.jpg"
    ffmpeg("-f", "lavfi", "-i", "testsrc=size=64x48", "-frames:v", "1", str(file))
    return file.read_bytes()


@pytest.fixture(scope="module")
def avif(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    file = tmp_path_factory.mktemp("avif") / "a.avif"
    how = ("-frames:v", "1", "-c:v", "libaom-av1", "-still-picture", "1", "-cpu-used", "8")
    ffmpeg("-f", "lavfi", "-i", "color=red:s=64x48", *how, str(file))
    return file.read_bytes()


def refused(answer: Answer) -> tuple[int, str]:
    assert answer.headers["Content-Type"] == "application/problem+json"
    return answer.status, answer.json["code"]


def entry(system: System, source: str) -> dict[str, Any]:
    path = source.removeprefix("media/")
    (found,) = system.get(f"api/library?path={quote(path)}").json["entries"]
    assert isinstance(found, dict)
    return found


def test_a_film_is_played_as_one_of_the_library(system: System, phone: Phone, film: bytes) -> None:
    answer = phone.send("My Film (2020).mp4", film)
    assert answer.status == 200
    source = answer.json["source"]
    known = entry(system, source)
    assert (known["source"], known["title"], known["year"]) == (source, "My Film", 2020)
    assert (known["kind"], known["width"], known["duration"]) == ("video", 160, 1.0)
    assert system.get(known["url"]).body == film
    playlist = quote(source.replace("media/", "streams/")) + "/copy-none/master.m3u8"
    assert b"video.m3u8" in system.get(playlist).body
    # nobody else sees it, and the person's media folder has nothing new
    assert system.get("api/library?search=my+film").json["entries"] == []
    assert system.get("api/library?path=.uploads").status == 404
    assert system.get(f"api/library?path=.uploads/{answer.json['id']}").status == 404
    assert system.get(known["url"], {"Authorization": ""}).status == 401
    assert not list(Path(system.settings["ZAPETTE_MEDIA_DIR"]).iterdir())


def test_it_continues_where_the_network_was_cut(system: System, phone: Phone, film: bytes) -> None:
    upload = phone.begin("cut.mp4", len(film)).json["id"]
    assert phone.put(upload, 0, film[:1000]).json["received"] == 1000
    again = phone.put(upload, 0, film[:1000])
    assert (again.status, again.json["code"], again.json["received"]) == (409, "conflict", 1000)
    system.kill("web")
    eventually(system.is_up, "the web side is back")
    assert phone.get(upload).json["received"] == 1000
    assert phone.put(upload, 1000, film[1000:]).json["source"].endswith("/cut.mp4")
    # the answer was lost: the same again
    assert phone.put(upload, len(film), b"").json["source"].endswith("/cut.mp4")


def test_a_part_is_larger_than_other_bodies(phone: Phone) -> None:
    begun = phone.begin("large.mp4", 5 << 20).json
    upload, part = begun["id"], begun["part"]
    assert refused(phone.put(upload, 0, bytes(part + 1))) == (413, "invalid_request")
    assert phone.put(upload, 0, bytes(part)).json["received"] == part == 4 << 20
    # of what is missing, and only of an upload that there is
    assert refused(phone.put(upload, part, bytes((1 << 20) + 1))) == (413, "invalid_request")
    assert refused(phone.put("x" * 22, 0, bytes(65 << 10))) == (413, "invalid_request")
    assert phone.system.ask("DELETE", f"api/uploads/{upload}", None, phone.proof).status == 204
    assert refused(phone.get(upload)) == (404, "not_found")


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "empty"), (b"#!/bin/sh\necho hello, this is a text\n" * 20, "text"),
     (bytes(range(256)) * 40, "unknown_format"), (b"\xff\xd8\xff" + bytes(500), "unreadable"),
     (b"#EXTM3U\nhttp://192.168.1.1/a.mp4\n" * 20, "text")],
)  # fmt: skip
def test_what_is_no_medium(system: System, phone: Phone, content: bytes, code: str) -> None:
    for name in ("a.mp4", "../../a.mkv"):
        assert refused(phone.send(name, content)) == (415, code)
    # a list may name what it likes: it is none
    assert refused(phone.send("a.m3u8", content))[0] == 415
    folder = system.data / "uploads"
    kept = [it for it in folder.iterdir() if it.is_dir() and not (it / ".about.json").exists()]
    assert kept == []


def test_its_contents_say_what_it_is(system: System, phone: Phone, film: bytes) -> None:
    source = phone.send("holiday.txt", film).json["source"]
    assert entry(system, source)["kind"] == "video"


def test_a_photo(system: System, phone: Phone, photo: bytes) -> None:
    source = phone.send("My Photo.png", photo).json["source"]
    known = entry(system, source)
    assert source.endswith("/My Photo.jpg")
    assert (known["kind"], known["title"], known["type"]) == ("image", "My Photo", "image/jpeg")
    answer = system.get(known["url"])
    assert (answer.body, answer.headers["Content-Type"]) == (photo, "image/jpeg")


def test_a_photo_in_avif(system: System, phone: Phone, avif: bytes) -> None:
    source = phone.send("Sunset.avif", avif).json["source"]
    assert source.endswith("/Sunset.jpg")
    with av.open(BytesIO(system.get(entry(system, source)["url"]).body), "r") as picture:
        frame = next(picture.decode(video=0))
        red, green, blue = bytes(frame.reformat(1, 1, "rgb24").planes[0])[:3]
    assert (frame.width, frame.height) == (64, 48)
    assert red > 200 > 50 > max(green, blue)


@pytest.mark.parametrize("role", ["player", "guest"])
def test_who_may_not(system: System, role: str, film: bytes) -> None:
    code = {"player": (401, "unauthorized"), "guest": (403, "not_for_guests")}
    assert refused(Phone(system, link_of(system, role)).send("a.mp4", film)) == code[role]


def test_guests_may_if_the_household_lets_them(
    tmp_path_factory: pytest.TempPathFactory, film: bytes
) -> None:
    media = tmp_path_factory.mktemp("media")
    settings = {"ZAPETTE_MEDIA_DIR": str(media), "ZAPETTE_GUEST_UPLOADS": "true"}
    with System(tmp_path_factory.mktemp("system"), settings) as open_house:
        guest = Phone(open_house, link_of(open_house, "guest"))
        source = guest.send("a.mp4", film).json["source"]
        assert open_house.get(source, guest.proof).body == film
        # a player has no more rights than before
        player = Phone(open_house, link_of(open_house, "player"))
        assert refused(player.send("a.mp4", film)) == (401, "unauthorized")


def test_a_phone_with_two_links_loses_one(system: System, film: bytes) -> None:
    links = []
    for _ in range(2):
        made = system.get("api/id").json
        key = system.post("api/credentials", made).json["links"]["remote"]["url"].rpartition(".")[2]
        given = system.post("api/credentials", {"id": made["id"], "key": key})
        links.append((made, session_cookie(given)))
    (lost, _), _ = links
    both = Phone(system, {"Cookie": "; ".join(cookie for _, cookie in links)})
    upload = both.begin("a.mp4", len(film)).json["id"]
    new_code = system.post(f"api/players/{lost['id']}/code", {"owner_key": lost["owner_key"]})
    assert new_code.status == 200
    assert both.put(upload, 0, film).json["source"]


def test_nobody_and_other_sites_may_not(system: System, phone: Phone, film: bytes) -> None:
    nobody = Phone(system, {"Authorization": ""})
    assert refused(nobody.begin("a.mp4", 10)) == (401, "unauthorized")
    evil = Phone(system, phone.proof | {"Origin": "http://evil.example"})
    assert refused(evil.begin("a.mp4", 10)) == (421, "misdirected_request")
    upload = phone.begin("a.mp4", len(film)).json["id"]
    assert refused(evil.put(upload, 0, film)) == (421, "misdirected_request")
    other = Phone(system, link_of(system, "remote"))
    assert refused(other.put(upload, 0, film)) == (404, "not_found")
    form = RAW | {"Content-Type": "text/plain"} | phone.proof
    answer = system.ask("PUT", f"api/uploads/{upload}?offset=0", film, form)
    assert refused(answer) == (400, "invalid_request")


@pytest.mark.parametrize(
    "body",
    [{"name": "a"}, {"name": "", "size": 1}, {"name": "a", "size": -1}, {"name": "a", "size": True},
     {"name": 1, "size": 1}, {"name": "a", "size": 1, "path": "/etc"}],
)  # fmt: skip
def test_malformed(system: System, phone: Phone, body: object) -> None:
    assert refused(system.post("api/uploads", body, phone.proof)) == (400, "invalid_request")


def test_too_large(phone: Phone) -> None:
    assert refused(phone.begin("a.mp4", (32 << 20) + 1)) == (413, "too_large")
    first = phone.begin("a.mp4", 20 << 20)
    assert refused(phone.begin("b.mp4", 20 << 20)) == (507, "no_room")
    phone.system.ask("DELETE", f"api/uploads/{first.json['id']}", None, phone.proof)


@given(st.text(max_size=300))
def test_any_name_becomes_harmless(name: str) -> None:
    found = names.harmless(name)
    assert not set(found) & set('/\\<>:"|?*\0\n\r\u202e')
    assert not found.startswith(".")
    assert 1 <= len(found.encode()) <= names.LONGEST


@pytest.mark.parametrize(
    ("name", "harmless"),
    [("../../etc/passwd", "passwd"), ("C:\\films\\a.mkv", "a.mkv"), (".htaccess", "htaccess"),
     ("a\u202e4pm.mkv", "a4pm.mkv"), ("", "upload"), ("e\u0301té.mp4", "été.mp4"),
     ("x" * 300 + ".mp4", "x" * 116 + ".mp4")],
)  # fmt: skip
def test_names(name: str, harmless: str) -> None:
    assert names.harmless(name) == harmless


class Small:
    """What takes room."""

    def __init__(self, size: int, owners: frozenset[str], missing: int = 0) -> None:
        self.size, self.owners, self.missing = size, owners, missing


def test_the_budget() -> None:
    budget = Budget(1000)
    budget.check(500, ME, [Small(500, OTHER)], RESERVE + 500)
    with pytest.raises(UploadTooLarge):
        budget.check(501, ME, [], 1 << 40)
    with pytest.raises(NoRoom, match="too many uploads"):
        budget.check(301, ME, [Small(400, OTHER), Small(300, OTHER)], 1 << 40)
    # of its link, and of its address
    for owner in ME:
        with pytest.raises(NoRoom, match="uploaded too much"):
            budget.check(301, ME, [Small(200, frozenset({owner, "x"}))], 1 << 40)
    with pytest.raises(NoRoom, match="almost full"):
        budget.check(100, ME, [Small(300, OTHER, missing=1)], RESERVE + 100)


@pytest.fixture
def now() -> list[float]:
    return [1000.0]


@pytest.fixture
def store(tmp_path: Path, now: list[float]) -> Iterator[Uploads]:
    folder = tmp_path / "uploads"
    folder.mkdir()
    media = MediaFolder(tmp_path, folder)
    made = Uploads(
        media, Index(folder / ".index.db", folder), Budget(1 << 20),
        Retention(longest=1000, unfinished=100, unused=50, left=10),
        free=lambda _: 1 << 40, clock=lambda: now[0],
    )  # fmt: skip
    yield made
    made.stop()


def sent(store: Uploads, photo: bytes) -> str:
    upload = store.begin("a.jpg", len(photo), ME)["id"]
    assert store.add(upload, ME, 0, BytesIO(photo).read)["source"]
    return str(upload)


def names_in(store: Uploads) -> set[str]:
    return {it.name for it in store.folder.iterdir() if it.is_dir()}


def state(*sources: str, source: str | None = None) -> bytes:
    items = [{"id": "1", "source": f"media/.uploads/{it}/a.jpg"} for it in sources]
    loaded = source and f"media/.uploads/{source}/a.jpg"
    return json.dumps({"source": loaded, "queue": {"items": items}}).encode()


def test_it_stays_while_a_player_has_it(store: Uploads, now: list[float], photo: bytes) -> None:
    upload = sent(store, photo)

    def after(seconds: float, payload: bytes | None = None) -> bool:
        now[0] += seconds
        if payload is not None:
            store.holders.on_state(Message("zapette/players/p/state", payload, retained=False))
        store.sweep()
        return (store.folder / upload / "a.jpg").exists()

    assert after(49)
    assert after(0, state("other", upload))
    assert after(500)
    assert after(0, state(source=upload))
    assert after(200)
    assert after(0, b"")
    assert after(9)
    assert not after(2)
    with pytest.raises(NotFound):
        store.get(upload, ME)


def test_it_goes_if_nobody_wants_it_and_after_the_longest_time(
    store: Uploads, now: list[float], photo: bytes
) -> None:
    sent(store, photo)
    wanted = sent(store, photo)
    begun = store.begin("b.jpg", 100, ME)["id"]
    store.holders.on_state(Message("zapette/players/p/state", state(wanted), retained=True))
    now[0] += 51
    store.sweep()
    assert names_in(store) == {wanted, begun}
    now[0] += 50
    store.sweep()
    assert names_in(store) == {wanted}
    now[0] += 900
    store.sweep()
    assert names_in(store) == set()


def test_nobody_waits_for_a_file_that_is_being_read(
    store: Uploads, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, over, accept = threading.Event(), threading.Event(), store.photos.accept

    def slow(file: Path) -> str | None:
        begun.set()
        assert over.wait(20)
        return accept(file)

    monkeypatch.setattr(store.photos, "accept", slow)
    upload = store.begin("a.jpg", len(photo), ME)["id"]
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(store.add, upload, ME, 0, BytesIO(photo).read)
        try:
            assert begun.wait(20)
            again = pool.submit(store.add, upload, ME, len(photo), BytesIO().read)
            assert isinstance(again.exception(10), NotReady)
            # given up meanwhile: nothing is left, and the first is told so
            store.remove(upload, ME)
        finally:
            over.set()
        assert isinstance(first.exception(20), NotFound)
    assert names_in(store) == set()


def test_the_start_removes_what_is_not_whole(store: Uploads, photo: bytes) -> None:
    kept = sent(store, photo)
    (store.folder / "rest").mkdir()
    (store.folder / "rest" / ".part").write_bytes(b"x")
    store._uploads.clear()
    store.start()
    assert names_in(store) == {kept}
    assert store.get(kept, ME)["source"]


@pytest.mark.parametrize("what", ["keep", "put_media"])
def test_what_cannot_be_written_down_is_not_ready(
    store: Uploads, film: bytes, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    upload = store.begin("a.mp4", len(film), ME)["id"]
    with monkeypatch.context() as full:
        if what == "keep":
            full.setattr(Upload, what, failing(OSError(errno.ENOSPC, "full")))
        else:
            full.setattr(Index, what, failing(StoreFull("full")))
        with pytest.raises((OSError, StoreFull), match="full"):
            store.add(upload, ME, 0, BytesIO(film).read)
    assert store.get(upload, ME)["source"] is None
    # an empty part tries again, and a restart then finds it
    assert store.add(upload, ME, len(film), BytesIO().read)["source"]
    store._uploads.clear()
    store.start()
    assert store.get(upload, ME)["source"]
    assert store._index.entry(f".uploads/{upload}/a.mp4") is not None


@pytest.mark.parametrize("where", ["picture", "about"])
def test_a_photo_is_converted_although_the_disk_was_full(
    store: Uploads, avif: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    picture = tmp_path / "a.jpg"
    picture.write_bytes(avif)
    assert store.photos.accept(picture) == ".jpg"
    upload = store.begin("a.avif", len(avif), ME)["id"]

    def full(file: Path, *_: object) -> None:
        file.open("wb").close()
        raise OSError(errno.ENOSPC, "full")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes" if where == "picture" else "write_text", full)
        with pytest.raises(OSError, match="full"):
            store.add(upload, ME, 0, BytesIO(avif).read)
    assert store.add(upload, ME, len(avif), BytesIO().read)["source"]
    assert (store.folder / upload / "a.jpg").read_bytes() == picture.read_bytes()


def failing(error: Exception) -> Callable[..., None]:
    def fail(*_: object) -> None:
        raise error

    return fail


def by_the_time_of_day(store: Uploads) -> Uploads:
    """Return another run of a store, by the clock of a server."""
    return Uploads(
        store._media_folder, store._index, store._budget, store._retention, lambda _: 1 << 40
    )


@contextmanager
def started(store: Uploads) -> Iterator[None]:
    """Start a store, and end its thread."""
    store.start()
    try:
        yield
    finally:
        store.supervisor.stop()
        store._stopping.set()
        store.supervisor.stop(2)


def test_a_clock_that_is_set_deletes_nothing(
    store: Uploads, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    again = by_the_time_of_day(store)
    ready, begun = sent(again, photo), again.begin("b.jpg", 10, ME)["id"]
    real = time.time
    for jump in (-(10**9), 10**9):
        monkeypatch.setattr(time, "time", lambda jump=jump: real() + jump)
        again.sweep()
        assert names_in(again) == {ready, begun}
    # neither is one from the future kept for ever
    monkeypatch.setattr(time, "time", lambda: real() - 10**9)
    later = by_the_time_of_day(store)
    with started(later):
        assert all(it.began <= later._clock() for it in later._uploads.values())


def test_a_clock_that_was_late_at_the_start_deletes_nothing_after_the_next(
    store: Uploads, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = time.time
    with monkeypatch.context() as late:
        late.setattr(time, "time", lambda: real() - 3 * 86400)
        first = by_the_time_of_day(store)
    upload = sent(first, photo)
    later = by_the_time_of_day(store)
    with started(later):
        later.sweep()
    assert names_in(later) == {upload}
