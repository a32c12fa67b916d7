"""A name on the disk, its path, its address, and back: over all names that the disk takes."""

from __future__ import annotations

import http.client
import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.contract.vector_files import vectors
from tests.programs.system import System
from tests.waiting import HANG_TIMEOUT, eventually
from zapette.protocol.ranges import LONGEST_TITLE
from zapette_webapp.library.folder import paths
from zapette_webapp.library.folder.media_folder import MediaFolder
from zapette_webapp.library.library import Library

VECTORS = vectors("paths")["paths"]
LONGEST = 255

# what a level of a path may be on Linux: any bytes but "/" and NUL; hidden ones are left out
names = (
    st.binary(min_size=1, max_size=60)
    | st.text(min_size=1, max_size=60).map(lambda it: it.encode("utf-8", "surrogatepass"))
).filter(lambda it: b"/" not in it and b"\0" not in it and not it.startswith(b"."))


@pytest.mark.parametrize("vector", VECTORS, ids=lambda it: ascii(it["path"]))
def test_vectors(vector: dict[str, str]) -> None:
    assert paths.address("media", vector["path"]) == vector["address"]


@given(st.lists(names, min_size=1, max_size=4).map(b"/".join))
def test_there_and_back(name: bytes) -> None:
    path = paths.from_disk(os.fsdecode(name))
    assert path.encode().decode() == path
    assert os.fsencode(paths.to_disk(path) or "") == name


@given(names, names)
def test_no_two_names_have_one_path(one: bytes, other: bytes) -> None:
    same = paths.from_disk(os.fsdecode(one)) == paths.from_disk(os.fsdecode(other))
    assert same == (one == other)


@given(st.text())
def test_no_two_paths_have_one_name(path: str) -> None:
    name = paths.to_disk(path)
    assert name is None or paths.from_disk(name) == path


@given(st.text(st.characters(min_codepoint=0xF700, max_codepoint=0xF8FF, categories=["Co"])))
def test_private_characters_are_no_way_to_say_other_bytes(path: str) -> None:
    name = paths.to_disk(path)
    assert name is None or paths.from_disk(name) == path


@settings(suppress_health_check=list(HealthCheck), max_examples=60)
@given(st.lists(names, min_size=1, max_size=2))
def test_what_is_listed_is_found(tmp_path: Path, levels: list[bytes]) -> None:
    *folders, stem = levels
    folder = os.path.join(os.fsencode(tmp_path), *folders)  # noqa: PTH118 - bytes
    os.makedirs(folder, exist_ok=True)  # noqa: PTH103 - bytes
    file = os.path.join(folder, stem + b".mp4")  # noqa: PTH118 - bytes
    with open(file, "wb") as stream:  # noqa: PTH123 - bytes
        stream.write(stem)
    path = paths.from_disk(os.fsdecode(os.path.relpath(file, os.fsencode(tmp_path))))
    found = MediaFolder(tmp_path).find(path)
    assert found is not None
    assert os.fsencode(found) == file
    os.unlink(file)  # noqa: PTH108 - bytes


NAMES = [
    *(os.fsencode(it["path"]) for it in VECTORS if "/" not in it["path"]),
    b"caf\xe9.mp4", b"\xff\xfe\x80.mp4", b"\xed\xa0\x80.mp4", "\uf7ff\uf780.mp4".encode(),
    b"a" * (LONGEST - 4) + b".mp4", b"\xe9" * (LONGEST - 4) + b".mp4", b"%2e%2e%2fx.mp4",
    b"~.mp4", b" .mp4", b"\n.mp4", b"\x7f\x01.mp4", b"a..mp4", b"con.mp4", b"x:y.mp4",
]  # fmt: skip


FOLDERS = [b"\xe9 \\\n%41#?", b"b" * LONGEST]


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A system whose media have odd names, at the top and in a folder of an odd name."""
    media = os.fsencode(tmp_path_factory.mktemp("media"))
    folders = (media, *(os.path.join(media, it) for it in FOLDERS))  # noqa: PTH118 - bytes
    for folder in folders:
        os.makedirs(folder, exist_ok=True)  # noqa: PTH103 - bytes
        for name in NAMES:
            with open(os.path.join(folder, name), "wb") as stream:  # noqa: PTH118, PTH123 - bytes
                stream.write(name)
    settings = {"ZAPETTE_MEDIA_DIR": os.fsdecode(media)}
    running = System(tmp_path_factory.mktemp("system"), settings).start()
    try:
        eventually(
            lambda: (
                running.get("api/library?order=added").json["total"] == len(folders) * len(NAMES)
            ),
            "all are listed",
            timeout=30,
        )
        yield running
    finally:
        running.stop()


def test_what_is_listed_is_served(odd: System) -> None:
    entries = odd.get("api/library?order=added&limit=500").json["entries"]
    connection = http.client.HTTPConnection("127.0.0.1", odd.http_port, timeout=HANG_TIMEOUT)
    served = []
    for it in entries:
        assert it["source"] == f"media/{it['path']}"
        connection.request("GET", f"/{it['url']}", headers=odd.proof)
        answer = connection.getresponse()
        served.append((answer.status, answer.read()))
        (alone,) = odd.get(f"api/library?path={quote(it['path'])}").json["entries"]
        assert (alone["path"], alone["url"]) == (it["path"], it["url"])
    connection.close()
    wanted = [(200, name) for name in NAMES * (1 + len(FOLDERS))]
    assert sorted(set(served) - set(wanted)) == []
    assert sorted(served) == sorted(wanted)


def test_titles_are_text_that_can_be_shown(odd: System) -> None:
    for it in odd.get("api/library?order=added&limit=500").json["entries"]:
        assert not any(0xF780 <= ord(one) <= 0xF7FF for one in it["title"])
        assert "\n" not in it["title"]


def test_titles_can_be_given_to_a_player(odd: System) -> None:
    entries = odd.get("api/library?order=added&limit=500").json["entries"]
    folders = [it for it in odd.get("api/library").json["entries"] if it["kind"] == "folder"]
    assert len(folders) == 2
    for it in [*entries, *folders]:
        assert 1 <= len(it["title"].strip()) <= LONGEST_TITLE, it["title"]


def test_one_that_is_no_text_is_looked_into(tmp_path: Path) -> None:
    media = tmp_path / "media"
    media.mkdir()
    (media / os.fsdecode(b"caf\xe9.mp4")).write_bytes(b"no film")
    library = Library.of(
        media, tmp_path / "library.db", tmp_path / "thumbnails", tmp_path / "subtitles"
    )
    try:
        library.scanner.scan()
        assert library.scanner.probe_one()
        (entry,) = library.queries.answer()["entries"]
        assert (entry["title"], entry["problem"]) == ("caf\ufffd", "unreadable")
    finally:
        library.stop()
