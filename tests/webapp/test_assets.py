"""What pages load: few answers, kept for good, and never those of two versions together."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest

from tests.system import Answer, System
from webapp.assets import STATIC, Assets

GZIP = {"Accept-Encoding": "gzip"}
REMOTE_LIMIT = 60 * 1024


def loaded(system: System, page: str) -> list[str]:
    """Return the addresses of the scripts and styles that a page names."""
    html = system.get(page).body.decode()
    return re.findall(r'<(?:script src|link rel="stylesheet" href)="([^"]+)"', html)


def scripts_allowed(answer: Answer) -> str:
    """Return from where a page may take scripts."""
    policy = answer.headers["Content-Security-Policy"].split("; ")
    return dict(each.split(" ", 1) for each in policy)["script-src"]


@pytest.mark.parametrize("page", ["", "remote"])
def test_a_page_loads_few_files_that_are_kept_for_good(system: System, page: str) -> None:
    addresses = loaded(system, page)
    assert 3 <= len(addresses) <= 5
    for address in addresses:
        answer = system.get(address)
        assert answer.status == 200, address
        assert "immutable" in answer.headers["Cache-Control"]
        assert len(answer.body) > 500


def test_the_remote_is_light(system: System) -> None:
    answers = [system.get(address, GZIP) for address in ["remote", *loaded(system, "remote")]]
    assert all(answer.status == 200 for answer in answers)
    assert sum(len(answer.body) for answer in answers) < REMOTE_LIMIT


def test_of_what_stands_in_a_page_only_the_named_script_may_run(system: System) -> None:
    answer = system.get("remote")
    (script,) = re.findall(r"<script>(.*?)</script>", answer.body.decode(), re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert scripts_allowed(answer) == f"'self' 'sha256-{digest}'"
    assert scripts_allowed(system.get("")) == "'self'"


def test_what_is_loaded_later_is_kept_too(system: System) -> None:
    bundle = next(each for each in loaded(system, "remote") if each.endswith("remote.bundle.js"))
    folder = bundle.rpartition("/")[0]
    names = re.findall(r'import\("\./([^"]+)"\)', system.get(bundle).body.decode())
    assert names
    for name in {*names, "styles/views.css"}:
        answer = system.get(f"{folder}/{name}")
        assert answer.status == 200, name
        assert "immutable" in answer.headers["Cache-Control"]


def test_another_version_has_nothing_here(system: System) -> None:
    address = loaded(system, "remote")[0]
    other = re.sub(r"v-[0-9a-f]{16}", "v-0123456789abcdef", address)
    assert other != address
    assert system.get(other).status == 404
    version = address.split("/")[1]
    for private in ("tests/rpc.test.js", "package.json", "node_modules/ws/index.js"):
        assert system.get(f"static/{version}/{private}").status == 404
    assert system.get("static/remote.bundle.js").status == 404


def test_a_file_by_its_own_address_is_asked_for_anew(system: System) -> None:
    assert system.get("static/rpc.js").headers["Cache-Control"] == "no-cache"


def test_in_development_each_file_is_served_as_it_is() -> None:
    plain = Assets(plain=True).start()
    assert plain.script("remote.js") == "static/remote.js"
    assert plain.styles("tokens", "remote") == [
        "static/styles/tokens.css",
        "static/styles/remote.css",
    ]
    assert (STATIC / "remote.js").exists()
