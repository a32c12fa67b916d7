"""The media folder over HTTP: ranges, types, and no way out of it."""

from __future__ import annotations

import http.client
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.programs.system import System
from tests.sharing import sharing
from tests.waiting import HANG_TIMEOUT

CONTENT = bytes(range(256)) * 40


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    outside = tmp_path_factory.mktemp("outside")
    (outside / "secret.webm").write_bytes(b"secret")
    folder = tmp_path_factory.mktemp("media")
    (folder / "été").mkdir()
    (folder / "été" / "film 1.webm").write_bytes(CONTENT)
    (folder / "a.ts").write_bytes(b"ts")
    (folder / "a.srt").write_bytes(b"srt")
    (folder / "notes.txt").write_bytes(b"private")
    (folder / ".hidden.webm").write_bytes(b"hidden")
    (folder / ".git").mkdir()
    (folder / ".git" / "x.webm").write_bytes(b"hidden")
    (folder / "link.webm").symlink_to(outside / "secret.webm")
    (folder / "out").symlink_to(outside)
    (folder / "loop.webm").symlink_to(folder / "loop.webm")
    (folder / "inside.webm").symlink_to(folder / "été" / "film 1.webm")
    return folder


@pytest.fixture(scope="module")
def media(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> object:
    with sharing(
        System(tmp_path_factory.mktemp("system"), {"ZAPETTE_MEDIA_DIR": str(folder)})
    ) as running:
        yield running


def raw_get(system: System, path: str) -> int:
    """Return the status for a path that no client has tidied up."""
    connection = http.client.HTTPConnection("127.0.0.1", system.http_port, timeout=HANG_TIMEOUT)
    connection.request("GET", path, headers=system.proof)
    status = connection.getresponse().status
    connection.close()
    return status


def test_whole_and_ranges(media: System) -> None:
    path = "media/%C3%A9t%C3%A9/film%201.webm"
    whole = media.get(path)
    assert (whole.status, whole.body, whole.headers["Content-Type"]) == (200, CONTENT, "video/webm")
    assert whole.headers["Accept-Ranges"] == "bytes"
    part = media.get(path, {"Range": "bytes=10-19"})
    assert (part.status, part.body) == (206, CONTENT[10:20])
    assert part.headers["Content-Range"] == f"bytes 10-19/{len(CONTENT)}"
    assert media.get(path, {"Range": "bytes=-5"}).body == CONTENT[-5:]
    beyond = media.get(path, {"Range": "bytes=99999999-"})
    assert beyond.status == 416
    assert beyond.headers["Content-Range"] == f"bytes */{len(CONTENT)}"
    tag = whole.headers["Etag"]
    assert media.get(path, {"If-None-Match": tag}).status == 304
    assert media.get(path, {"Range": "bytes=0-0", "If-Range": tag}).status == 206
    assert media.get(path, {"Range": "bytes=0-0", "If-Range": '"old"'}).status == 200


@pytest.mark.parametrize(
    ("name", "kind"), [("a.ts", "video/mp2t"), ("a.srt", "application/x-subrip")]
)
def test_types(media: System, name: str, kind: str) -> None:
    assert media.get(f"media/{name}").headers["Content-Type"] == kind


def test_a_link_within_the_folder_is_followed(media: System) -> None:
    assert media.get("media/inside.webm").body == CONTENT


@pytest.mark.parametrize(
    "path",
    [
        "/media/",
        "/media/none.webm",
        "/media/%C3%A9t%C3%A9",
        "/media/notes.txt",
        "/media/.hidden.webm",
        "/media/.git/x.webm",
        "/media/link.webm",
        "/media/inside.webm/",
        "/media/%C3%A9t%C3%A9//film%201.webm",
        "/media/./inside.webm",
        "/media/%C3%A9t%C3%A9/../inside.webm",
        "/media/out/secret.webm",
        "/media/loop.webm",
        "/media/../outside/secret.webm",
        "/media/%2e%2e/outside/secret.webm",
        "/media/..%2foutside%2fsecret.webm",
        "/media/%252e%252e%252foutside",
        "/media/..%5coutside%5csecret.webm",
        "/media//etc/passwd",
        "/media/%2fetc%2fpasswd",
        "/media/x%00.webm",
        "/media/a.ts%00",
        "/media/%ff%fe.webm",
        "/media/" + "a" * 5000 + ".webm",
        "/static/../pyproject.toml",
        "/static/package.json",
        "/static/node_modules/ws/package.json",
        "/static/node_modules/ws/index.js",
        "/static/tests/connection/rpc.test.js",
        "/static/%2e%2e/config/zapette.toml",
    ],
)
def test_no_way_out(media: System, path: str) -> None:
    assert raw_get(media, path) in {400, 404}


def test_an_empty_library_still_has_pages(
    new_system: Callable[..., System], tmp_path: Path
) -> None:
    assert new_system(ZAPETTE_MEDIA_DIR=str(tmp_path / "none")).get("").status == 200
