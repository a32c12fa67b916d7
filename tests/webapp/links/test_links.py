"""Addresses of pages with films in them: what they mean, who may ask, and what is never reached."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.clients import proof
from tests.clients.plain_player import PlainPlayer
from tests.contract.vector_files import vectors
from tests.programs.system import Answer, System
from tests.webapp.links.film_site import FilmSite, film_site
from zapette_webapp.errors import LinksMissing, NoFilm, PrivateAddress
from zapette_webapp.links.guard import is_public
from zapette_webapp.links.resolver import Resolver
from zapette_webapp.links.typed_addresses import read_address

GUARDED = """
import sys
from zapette_webapp.links.guard import Guard
Guard(private=False).start()
try:
    {}
except PermissionError as error:
    sys.exit(str(error))
"""


@pytest.fixture(scope="module")
def site() -> Iterator[FilmSite]:
    with film_site() as running:
        yield running


@pytest.mark.parametrize(("text", "address"), vectors("addresses")["addresses"])
def test_what_people_type_for_an_address(text: str, address: str | None) -> None:
    assert read_address(text) == address


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_none(text: str) -> None:
    found = read_address(text)
    assert found is None or found.lower().startswith(("http://", "https://"))


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "10.1.2.3", "192.168.0.1", "172.16.0.1", "169.254.169.254", "0.0.0.0", "::1",
     "fe80::1%eth0", "fd00::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::", "100.64.0.1",
     "fec0::1", "64:ff9b:1::a00:1", "::7f00:1", "::ffff:0:7f00:1", "4000::1", "224.0.0.1",
     "localhost", ""],
)  # fmt: skip
def test_what_is_not_public(host: str) -> None:
    assert not is_public(host)


def test_what_is_public() -> None:
    assert all(map(is_public, ["93.184.216.34", "2606:2800:220:1::1", "64:ff9b::5db8:d822"]))


def find(resolver: Resolver, address: str) -> dict[str, Any]:
    try:
        return resolver.find(address)
    finally:
        resolver.stop()


def test_a_film_in_a_page(site: FilmSite) -> None:
    found = find(Resolver(private=True), f"{site.url}/about")
    assert (found["source"], found["duration"]) == (f"{site.url}/film.mp4", 65)
    # in one line, without signs that turn it round
    assert found["title"] == "Une <page> drôle"
    found = find(Resolver(private=True), f"{site.url}/to?/page")
    assert (found["source"], found["title"]) == (f"{site.url}/film.mp4", "A Page")


@pytest.mark.parametrize("path", ["nothing", "gone", "elsewhere"])
def test_a_page_without_a_film(site: FilmSite, path: str) -> None:
    with pytest.raises(NoFilm):
        find(Resolver(private=True), f"{site.url}/{path}")


@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.1:{}/page", "http://localhost:{}/page", "http://[::1]:{}/page",
     "http://[::ffff:127.0.0.1]:{}/page", "http://127.1:{}/page", "http://0x7f000001:{}/page",
     "http://nas.local:{}/page", "http://2130706433:{}/page"],
)  # fmt: skip
def test_private_addresses_are_refused(site: FilmSite, address: str) -> None:
    before = list(site.asked)
    with pytest.raises((PrivateAddress, NoFilm)):
        find(Resolver(private=False), address.format(site.port))
    assert site.asked == before


def run(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_a_redirect_to_a_private_address_is_refused(site: FilmSite) -> None:
    code = (
        "import sys\n"
        "from zapette_webapp.links import guard, __main__\n"
        "guard.is_public = lambda host: host == '127.0.0.1'\n"
        "sys.exit(__main__.main(sys.argv[1:]))\n"
    )
    assert json.loads(run(code, f"{site.url}/page").stdout)["url"] == f"{site.url}/film.mp4"
    site.asked.clear()
    finished = run(code, f"{site.url}/to?http://127.0.0.2:{site.port}/film.mp4")
    assert json.loads(finished.stdout)["private"] is True
    assert "/film.mp4" not in site.asked


@pytest.mark.parametrize(
    ("act", "says"),
    [
        ("open('/etc/passwd')", "not read"),
        ("open('/tmp/x', 'w')", "nothing is written"),
        ("__import__('os').open('/tmp/x', 0o101)", "nothing is written"),
        ("__import__('subprocess').run(['true'])", "no program"),
        ("__import__('os').system('true')", "no program"),
        ("__import__('socket').create_connection(('127.0.0.1', 1))", "not public"),
        ("__import__('socket').socket(1, 1).connect('/run/x')", "only internet addresses"),
        ("__import__('socket').socket(2, 2).sendto(b'', ('127.0.0.1', 1))", "not allowed"),
    ],
)
def test_the_process_does_nothing_else(act: str, says: str) -> None:
    assert says in run(GUARDED.format(act)).stderr


def test_without_yt_dlp_it_says_so(site: FilmSite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Resolver, "present", property(lambda _: False))
    with pytest.raises(LinksMissing, match=r"zapette\[links\]"):
        find(Resolver(private=True), f"{site.url}/page")


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    folder = tmp_path_factory.mktemp("links")
    with System(folder, {"ZAPETTE_LINKS_PRIVATE": "true"}) as running:
        yield running


def ask(system: System, body: Any, headers: dict[str, str]) -> Answer:
    return system.post("api/links", body, headers=headers)


def test_remotes_and_the_household_may_ask(system: System, site: FilmSite) -> None:
    body = {"address": f"{site.url}/page"}
    answer = ask(system, body, proof.household(system.data))
    assert (answer.status, answer.json["title"]) == (200, "A Page")
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_film_in_a_page_is_thrown(system: System, site: FilmSite) -> None:
    player = PlainPlayer(system.household()).start()
    try:
        arguments = ("--to", player.id, "--timeout", "20")
        done = system.zapette("throw", f"{site.url}/page", *arguments)
        assert (done.returncode, done.stderr) == (0, "")
        assert player.heard == [("load", f"{site.url}/film.mp4")]
        assert player.state["title"] == "A Page"
    finally:
        player.stop()


def tokens(system: System) -> dict[str, str]:
    """Return a token of each role of a new player."""
    made = system.get("api/id").json
    player = system.post("api/credentials", made).json
    found = {"player": player["password"]}
    for role in ("remote", "guest"):
        key = player["links"][role]["url"].partition(".")[2].rpartition(".")[2]
        answer = system.post("api/credentials", {"id": made["id"], "key": key})
        found[role] = answer.json["password"]
    return found


def test_no_other_may_ask(system: System, site: FilmSite) -> None:
    known = tokens(system)
    body = {"address": f"{site.url}/page"}
    answers = {
        role: ask(system, body, {"Authorization": f"Bearer {token}"})
        for role, token in known.items()
    }
    statuses = {role: it.status for role, it in answers.items()}
    assert statuses == {"player": 401, "remote": 200, "guest": 403}
    assert answers["guest"].json["code"] == "not_for_guests"
    assert ask(system, body, {"Authorization": ""}).status == 401
    assert system.get("api/links", headers=system.proof).status == 405


@pytest.mark.parametrize("address", ["", "film.mp4", "file:///etc/passwd", 4, None, "x" * 3000])
def test_what_is_no_address_is_refused(system: System, address: object) -> None:
    answer = ask(system, {"address": address}, system.proof)
    assert (answer.status, answer.json["code"]) == (400, "invalid_request")
    assert answer.json["detail"].startswith("address: ")


def test_what_is_not_found_is_said(system: System, site: FilmSite) -> None:
    answer = ask(system, {"address": f"{site.url}/nothing"}, system.proof)
    assert (answer.status, answer.json["code"]) == (422, "media_error")
    assert (
        'zapette_tool_runs_total{tool="links",outcome="done"}'
        in system.get("metrics").body.decode()
    )
