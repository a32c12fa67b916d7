"""What pages load: few answers, kept for good, and never those of two versions together."""

from __future__ import annotations

import base64
import hashlib
import json
import posixpath
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.programs.system import Answer, System
from zapette_webapp.errors import AssetsError
from zapette_webapp.pages.assets import STATIC, Assets

GZIP = {"Accept-Encoding": "gzip"}
REMOTE_LIMIT = 60 * 1024
HLS = "node_modules/hls.js/dist/hls.min.mjs"


def loaded(system: System, page: str) -> list[str]:
    """Return the addresses of the scripts and styles that a page names."""
    html = system.get(page).body.decode()
    return re.findall(r'<(?:script src|link rel="stylesheet" href)="([^"]+)"', html)


def inline(answer: Answer, tag: str) -> list[str]:
    """Return the texts of a page's inline elements with this tag."""
    return re.findall(rf"<{tag}>(.*?)</{tag}>", answer.body.decode(), re.DOTALL)


def allowed(answer: Answer, kind: str) -> str:
    """Return the sources that a page's policy allows for ``script-src`` or ``style-src``."""
    policy = answer.headers["Content-Security-Policy"].split("; ")
    return dict(each.split(" ", 1) for each in policy)[kind]


def source_of(text: str) -> str:
    """Return the policy source for exactly this inline text."""
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"


@pytest.mark.parametrize("page", ["", "remote"])
def test_a_page_loads_few_files_that_are_kept_for_good(system: System, page: str) -> None:
    addresses = loaded(system, page)
    assert 1 <= len(addresses) <= 3
    for address in addresses:
        answer = system.get(address)
        assert answer.status == 200, address
        assert "immutable" in answer.headers["Cache-Control"]
        assert len(answer.body) > 500


def test_the_remote_is_light(system: System) -> None:
    answers = [system.get(address, GZIP) for address in ["remote", *loaded(system, "remote")]]
    assert all(answer.status == 200 for answer in answers)
    assert sum(len(answer.body) for answer in answers) < REMOTE_LIMIT


@pytest.mark.parametrize(("page", "scripts"), [("", 1), ("remote", 2)])
def test_only_the_inline_elements_of_the_page_itself_are_allowed(
    system: System, page: str, scripts: int
) -> None:
    answer = system.get(page)
    for kind, tag, count in (("script-src", "script", scripts), ("style-src", "style", 1)):
        texts = inline(answer, tag)
        assert len(texts) == count
        assert allowed(answer, kind) == " ".join(["'self'", *map(source_of, texts)])


@pytest.mark.parametrize("page", ["", "remote"])
def test_a_page_is_sent_again_only_if_it_has_changed(system: System, page: str) -> None:
    first = system.get(page, GZIP)
    tag = first.headers["Etag"]
    again = system.get(page, GZIP | {"If-None-Match": tag})
    assert (again.status, again.body) == (304, b"")
    # the browser replaces those of the page in its cache by them
    for name in ("Cache-Control", "Content-Security-Policy"):
        assert again.headers[name] == first.headers[name]
    # the broker's address is in the page and in its policy
    elsewhere = {"If-None-Match": tag, "Host": f"[::1]:{system.http_port}"}
    assert system.get(page, GZIP | elsewhere).status == 200


def test_what_is_loaded_later_is_kept_too(system: System) -> None:
    bundle = next(each for each in loaded(system, "remote") if each.endswith("/remote.js"))
    folder = bundle.rpartition("/")[0]
    names = re.findall(r'import\("\./([^"]+)"\)', system.get(bundle).body.decode())
    assert set(names) == {"late-views.js", "sending/shared-files.js"}
    for name in {*names, "../styles/views.css"}:
        answer = system.get(posixpath.normpath(f"{folder}/{name}"))
        assert answer.status == 200, name
        assert "immutable" in answer.headers["Cache-Control"]


def test_another_version_has_nothing_here(system: System) -> None:
    address = loaded(system, "remote")[0]
    other = re.sub(r"v-[0-9a-f]{16}", "v-0123456789abcdef", address)
    assert other != address
    assert system.get(other).status == 404
    version = address.split("/")[1]
    for private in (
        "tests/vectors.js",
        "package.json",
        "manifest.json",
        "node_modules/ws/index.js",
    ):
        assert system.get(f"static/{version}/{private}").status == 404
    assert system.get("static/dist/remote/remote.js").status == 404


def test_a_page_that_stays_open_over_an_upgrade_plays_streams(system: System) -> None:
    answer = system.get(f"static/v-0123456789abcdef/{HLS}")
    assert answer.body == (STATIC / HLS).read_bytes()
    # a web side of that version may have another one
    assert answer.headers["Cache-Control"] == "no-cache"
    assert "0123456789abcdef" not in answer.headers["Etag"]


def test_a_file_by_its_own_address_is_asked_for_anew(system: System) -> None:
    assert system.get("static/connection/rpc.js").headers["Cache-Control"] == "no-cache"


def test_in_development_each_file_is_served_as_it_is() -> None:
    plain = Assets(plain=True).start()
    assert plain.address("remote/remote.js") == "static/remote/remote.js"
    assert plain.address("styles/remote.css") == "static/styles/remote.css"
    assert plain.built("remote/remote.js") is None
    assert plain.inline("remote/early.js") == (STATIC / "remote/early.js").read_text().strip()


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """Return a copy of the sources of the pages, of which nothing is built."""
    copy = tmp_path / "static"
    shutil.copytree(STATIC, copy, ignore=shutil.ignore_patterns("node_modules", "dist", "tests"))
    (copy / "node_modules").symlink_to((STATIC / "node_modules").resolve())
    return copy


def test_pages_are_built_where_they_are_missing_or_old(sources: Path) -> None:
    first = Assets(plain=False, folder=sources).start()
    manifest = sources / "dist" / "manifest.json"
    built_at = manifest.stat().st_mtime_ns
    assert Assets(plain=False, folder=sources).start().version == first.version
    assert manifest.stat().st_mtime_ns == built_at, "nothing has changed"
    style = sources / "styles" / "tokens.css"
    style.write_text(style.read_text() + ".mark { color: red }")
    second = Assets(plain=False, folder=sources).start()
    assert second.version != first.version
    mark = b".mark{color:red}"
    for page in ("player", "remote"):
        assert mark in (second.built(f"styles/{page}.css") or b"")
        assert mark not in (first.built(f"styles/{page}.css") or b""), "still the old version"


def test_pages_that_are_built_need_no_sources(sources: Path, tmp_path: Path) -> None:
    built = Assets(plain=False, folder=sources).start()
    shutil.move(sources / "dist", tmp_path / "installed" / "dist")
    alone = Assets(plain=False, folder=tmp_path / "installed").start()
    assert alone.version == built.version
    assert alone.built("player/player.js") == built.built("player/player.js")
    with pytest.raises(AssetsError, match="dist is not there"):
        Assets(plain=False, folder=tmp_path / "empty").start()


@pytest.mark.parametrize(
    ("file", "text", "why"),
    [
        ("remote/rights.js", "export const = 1;", r"remote/rights\.js"),
        ("events/signal.js", 'import "./nowhere.js";', "nowhere"),
        # a name twice among what pages give to what is loaded later
        ("elements/view-element.js", "export function build() {}", "ambiguous"),
    ],
)
def test_sources_with_a_mistake_are_refused(sources: Path, file: str, text: str, why: str) -> None:
    path = sources / file
    path.write_text(f"{path.read_text()}\n{text}\n")
    with pytest.raises(AssetsError, match=why):
        Assets(plain=False, folder=sources).start()


@pytest.mark.parametrize("entry", ["player/player.js", "remote/remote.js"])
def test_a_page_is_one_file(entry: str) -> None:
    assets = Assets(plain=False).start()
    manifest = json.loads((STATIC / "dist" / "manifest.json").read_text())
    assert len([name for name in manifest["sources"] if name.endswith(".js")]) > 80
    text = (assets.built(entry) or b"").decode()
    assert len(text) > 40_000
    assert "/**" not in text
    # only at the beginning does Chromium heed it
    assert text.startswith("//# allFunctionsCalledOnLoad\n")
    assert not re.search(r'(^|[;\n])import[{ *"]', text)


def test_no_file_has_syntax_that_a_television_of_2021_cannot_read() -> None:
    assets = Assets(plain=False).start()
    manifest = json.loads((STATIC / "dist" / "manifest.json").read_text())
    scripts = [name for name in manifest["files"] if name.endswith(".js")]
    own = [name for name in scripts if "node_modules" not in name]
    assert len(own) >= 7
    for name in own:
        text = assets.built(name) or b""
        assert written(text, "es2019") == written(text, "esnext"), f"{name}: newer than ES2019"
    newer = b"export class A { #b = 1; c = () => this.#b?.d ?? 1 }"
    assert written(newer, "es2019") != written(newer, "esnext")


def written(script: bytes, language: str) -> bytes:
    """Return a script as the compiler writes it in a version of the language."""
    compiler = STATIC / "node_modules" / ".bin" / "esbuild"
    command = [str(compiler), "--format=esm", f"--target={language}"]
    # newer than ES2019, and in every browser that the pages support
    command += [f"--supported:{each}=true" for each in ("dynamic-import", "import-meta")]
    return subprocess.run(command, input=script, check=True, capture_output=True).stdout


def test_a_build_that_was_cut_off_is_made_again(sources: Path) -> None:
    first = Assets(plain=False, folder=sources).start()
    (sources / "dist" / "manifest.json").write_text('{"version": "')
    assert Assets(plain=False, folder=sources).start().version == first.version
    (sources / "dist" / "player" / "player.js").unlink()
    with pytest.raises(AssetsError, match=r"player\.js: No such file .*build the pages again"):
        Assets(plain=False, folder=sources).start()
