"""Who may read the library: every role, route and way to prove it, valid and ended."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.clients.proof import basic
from tests.programs.system import Answer, System
from tests.sharing import sharing
from tests.waiting import eventually
from tests.webapp.test_api import problem
from zapette.protocol.topics import Topics
from zapette_server.access.credentials import Keyring
from zapette_server.access.rights import Role
from zapette_webapp.access.sessions.sessions import Session, Sessions
from zapette_webapp.access.sessions.signatures import PERIOD, Signatures, scope

ROUTES = {
    "the list": "api/library",
    "one medium": "api/library?path=film.webm",
    "below the list": "api/library/film.webm",
    "a medium": "media/film.webm",
    "a poster": "media/film.jpg",
    "a missing medium": "media/none.webm",
    "a thumbnail": "thumbnails/film.jpg?v=1",
    "pictures to seek with": "previews/film.webm",
    "subtitles": "subtitles/film.srt",
    "subtitles inside": "subtitles/film.webm?track=0",
    "a playlist": "streams/film.webm/copy-copy/master.m3u8",
    "a part": "streams/film.webm/copy-copy/video-0.m4s",
    "the folder": "media",
}
PAGES = ("player", "remote", "guest")
WAYS = [*itertools.product(PAGES, ("cookie", "bearer")), ("household", "basic"),
        ("server", "bearer")]  # fmt: skip
ENDINGS = {
    # what happens, and whom it leaves in
    "live": {"player", "remote", "guest", "household", "server"},
    "revoked": {"player", "guest", "household", "server"},
    "new code": {"player", "household", "server"},
    "forgotten": {"household", "server"},
    "expired": {"household"},
    "forged": set(),
}
BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0.0.0"


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    media = tmp_path_factory.mktemp("media")
    (media / "film.webm").write_bytes(bytes(1000))
    (media / "film.srt").write_text("1\n00:00:01,000 --> 00:00:02,000\nHello\n")
    (media / "film.jpg").write_bytes(bytes(1000))
    settings = {"ZAPETTE_MEDIA_DIR": str(media)}
    with sharing(System(tmp_path_factory.mktemp("system"), settings)) as running:
        yield running


@dataclass
class Member:
    """A player, or a remote or guest of it, with what its credentials brought."""

    role: str
    given: dict[str, Any]
    cookie: str

    @property
    def proofs(self) -> dict[str, dict[str, str]]:
        return {"cookie": {"Cookie": self.cookie},
                "bearer": {"Authorization": f"Bearer {self.given['password']}"}}  # fmt: skip


@dataclass
class Home:
    """One player, a remote and a guest."""

    system: System
    id: str
    owner_key: str
    members: dict[str, Member]

    @classmethod
    def of(cls, system: System) -> Home:
        made = system.get("api/id").json
        player = enter(system, "player", made)
        members = {"player": player}
        for role in ("remote", "guest"):
            key = player.given["links"][role]["url"].split(".")[-1]
            members[role] = enter(system, role, {"id": made["id"], "key": key})
        return cls(system, made["id"], made["owner_key"], members)

    def end(self, how: str) -> None:
        body = {"owner_key": self.owner_key}
        client_id = self.members["remote"].given["client_id"]
        if how == "revoked":
            path = f"api/players/{self.id}/visitors/{client_id}/end"
            assert self.system.post(path, body).status == 204
        elif how == "new code":
            assert self.system.post(f"api/players/{self.id}/code", body).status == 200
        elif how == "forgotten":
            kind = {"Content-Type": "application/json"}
            answer = self.system.ask(
                "DELETE", f"api/players/{self.id}", json.dumps(body).encode(), kind
            )
            assert answer.status == 204

    def proof(self, role: str, way: str, how: str) -> dict[str, str]:
        """Return headers that prove a role, outdated or forged if `how` says so."""
        keyring = keyring_of(self.system)
        if role == "household":
            if how == "forged":
                return basic("home", "wrong")
            return self.system.proof
        if role == "server":
            lifetime = -1 if how == "expired" else 60
            token, _ = keyring.issue(Role.SERVER, "someone", lifetime=lifetime)
            return {"Authorization": f"Bearer {forged(token) if how == 'forged' else token}"}
        member = self.members[role]
        if how == "forged":
            return {name: forged(value) for name, value in member.proofs[way].items()}
        if how == "expired":
            read = Session.of(keyring.read(member.given["password"]))
            token, ended = keyring.issue(
                Role(role), read.client_id, read.player_id, read.generation, lifetime=-1
            )
            sessions = Sessions(keyring, keyring)
            value = sessions.value(replace(read, expires_at=ended))
            return ({"Cookie": f"{sessions.name(read)}={value}"} if way == "cookie"
                    else {"Authorization": f"Bearer {token}"})  # fmt: skip
        return member.proofs[way]


def enter(system: System, role: str, proof: dict[str, str], **headers: str) -> Member:
    answer = system.post("api/credentials", proof, headers)
    assert answer.status == 200, answer.body
    return Member(role, answer.json, session_cookie(answer))


def session_cookie(answer: Answer) -> str:
    return "; ".join(f"{it.key}={it.value}" for it in cookies(answer))


def cookies(answer: Answer) -> list[Any]:
    found = SimpleCookie(", ".join(answer.all("Set-Cookie")))
    return [it for name, it in found.items() if name.startswith("zapette_session_")]


def keyring_of(system: System) -> Keyring:
    return Keyring(bytes.fromhex((system.data / "secret").read_text().strip()), Topics())


def forged(text: str) -> str:
    """Return `text` with another last letter."""
    return text[:-1] + ("B" if text[-1] == "A" else "A")


@pytest.mark.parametrize("how", ENDINGS)
def test_every_role_and_route(system: System, how: str) -> None:
    home = Home.of(system)
    home.end(how)
    for (role, way), (what, path) in itertools.product(WAYS, ROUTES.items()):
        if how == "forged" and role == "household" and what != "the list":
            # guesses are limited, which has a test of its own
            continue
        answer = system.get(path, home.proof(role, way, how))
        is_in = role in ENDINGS[how]
        assert (answer.status != 401) is is_in, (role, way, what, answer.status)
        if not is_in:
            assert problem(answer, 401, "unauthorized")["detail"]
            assert answer.headers["Www-Authenticate"].startswith("Bearer ")
            assert answer.headers["Cache-Control"].startswith("no-store")


@pytest.mark.parametrize("path", ROUTES.values(), ids=ROUTES)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "OPTIONS", "BREW"])
def test_nobody_else(system: System, method: str, path: str) -> None:
    """Nothing shows whether there is such a medium, or such a route."""
    answer = system.ask(method, path, b"" if method in ("POST", "PUT") else None,
                        {"Authorization": ""})  # fmt: skip
    assert answer.status == 401
    assert "Bearer" in answer.headers["Www-Authenticate"]
    if method != "HEAD":
        assert "let in" in problem(answer, 401, "unauthorized")["detail"]


@pytest.mark.parametrize(
    "given", ["Basic \xe9", "Basic", "Basic =", "Basic 4pi6", "Bearer \xe9", "\xe9", "Digest a"]
)
def test_a_header_that_is_no_proof(system: System, given: str) -> None:
    asked = {"Authorization": given}
    assert problem(system.get("api/library", asked), 401, "unauthorized")["detail"]
    cookie = Home.of(system).members["guest"].proofs["cookie"]
    assert system.get("api/library", asked | cookie).status == 200


def test_what_is_answered_once_let_in(system: System) -> None:
    guest = Home.of(system).members["guest"]
    for path in ("api/library", "media/film.webm", "media/film.jpg", "subtitles/film.srt"):
        answer = system.get(path, guest.proofs["cookie"])
        assert answer.status == 200
        assert "private" in answer.headers["Cache-Control"]
        assert "public" not in answer.headers["Cache-Control"]


def test_a_browser_is_not_asked_for_a_password(system: System) -> None:
    """It would ask the person, who has none."""
    asked = {"Authorization": "", "User-Agent": BROWSER}
    assert "Basic" not in system.get("media/film.webm", asked).headers["Www-Authenticate"]
    asked = {"Authorization": "", "User-Agent": "Lavf/62.3.100"}
    assert "Basic" in system.get("media/film.webm", asked).headers["Www-Authenticate"]


def test_the_cookie(system: System) -> None:
    home = Home.of(system)
    answer = system.post("api/credentials", {"id": home.id, "owner_key": home.owner_key})
    (cookie,) = cookies(answer)
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Strict", "/")
    assert not cookie["secure"]
    assert 0 < int(cookie["max-age"]) <= answer.json["expires_in"] == 12 * 3600
    # it opens the library, and nothing on the broker
    assert answer.json["password"] not in cookie.value
    with pytest.raises(Exception, match="not valid"):
        keyring_of(system).read(cookie.value)
    # each player and role of a browser has one, and a new session takes the old one's place
    names = {member.cookie.partition("=")[0] for member in home.members.values()}
    assert len(names) == 3
    assert cookie.key in names


def test_the_cookie_of_a_page_that_came_by_https(new_system: Callable[..., System]) -> None:
    system = new_system(
        ZAPETTE_PUBLIC_URL="https://home.example/zap/", ZAPETTE_TRUSTED_PROXY="127.0.0.1"
    )
    made = system.get("api/id").json

    def given(**headers: str) -> tuple[bool, str]:
        (cookie,) = cookies(
            system.post(
                "api/credentials", made, {k.replace("_", "-"): v for k, v in headers.items()}
            )
        )
        return bool(cookie["secure"]), cookie["path"]

    assert given(Host="home.example", Origin="https://home.example") == (True, "/zap/")
    assert given(Host="home.example", X_Forwarded_Proto="https") == (True, "/zap/")
    assert given(Host="home.example:443", Origin="https://home.example") == (True, "/zap/")
    # the same server, past the proxy
    assert given() == (False, "/")
    assert given(Host="home.example:8000", Origin="http://home.example:8000") == (False, "/")


def test_several_players_in_one_browser(system: System) -> None:
    """Any of them lets the browser in, until the last one has ended."""
    homes = [Home.of(system) for _ in range(2)]
    both = {"Cookie": "; ".join(it.members["guest"].cookie for it in homes)}
    for home, status in zip(homes, (200, 401), strict=True):
        home.end("new code")
        assert system.get("media/film.webm", both).status == status


def test_cookies_do_not_pile_up(system: System) -> None:
    home = Home.of(system)
    keyring = keyring_of(system)
    sessions = Sessions(keyring, keyring)
    read = Session.of(keyring.read(home.members["player"].given["password"]))
    ends = [int(time.time()) + 100 + number for number in range(10)]
    jar = {f"{sessions.prefix}{end}": sessions.value(replace(read, expires_at=end)) for end in ends}
    jar |= {f"{sessions.prefix}over": "x", "zapette_session_00000000_1": "another server's"}
    sent = {"Cookie": "; ".join(f"{name}={value}" for name, value in jar.items())}
    answer = system.post("api/credentials", {"id": home.id, "owner_key": home.owner_key}, sent)
    changed = {it.key: it["max-age"] for it in cookies(answer)}
    dropped = {name for name, age in changed.items() if age == "0"}
    # seven of the others stay, those that last longest
    assert dropped == {f"{sessions.prefix}over", *(f"{sessions.prefix}{it}" for it in ends[:3])}
    assert len(changed) == len(dropped) + 1


def test_one_good_proof_is_enough(system: System) -> None:
    """A proxy may ask for a password of its own, and old addresses have old signatures."""
    guest = Home.of(system).members["guest"]
    proxy = basic("proxy", "secret")
    for _ in range(30):
        assert system.get("media/film.webm", proxy | guest.proofs["cookie"]).status == 200
    old = "media/film.webm?expires=1&signature=x"
    assert system.get(old, guest.proofs["cookie"]).status == 200
    assert system.get(old, system.proof).status == 200


def test_a_token_ends_by_itself(system: System) -> None:
    def fresh() -> dict[str, str] | None:
        """Return a proof that let us in; None if it ended before a busy machine looked at it."""
        token, _ = keyring_of(system).issue(Role.SERVER, "someone", lifetime=2)
        proof = {"Authorization": f"Bearer {token}"}
        return proof if system.get("api/library", proof).status == 200 else None

    proof = eventually(fresh, "a token lets in")
    eventually(lambda: system.get("api/library", proof).status == 401, "it has expired", 10)


def test_an_account_that_a_person_added(new_system: Callable[..., System]) -> None:
    system = new_system()

    def ask(password: str) -> int:
        return system.get("api/library", basic("anna", password)).status

    assert ask("sésame") == 401
    assert system.zapette("credentials", "add", "anna", "--password", "sésame").returncode == 0
    assert ask("sésame") == 200
    assert ask("other") == 401
    assert system.zapette("credentials", "remove", "anna").returncode == 0
    assert ask("sésame") == 401


def test_guessing_passwords_is_slowed_down(new_system: Callable[..., System]) -> None:
    system = new_system()
    guess = basic("home", "guess")
    assert [system.get("api/library", guess).status for _ in range(10)] == [401] * 10
    # one more guess comes every five seconds
    answers = (system.get("api/library", guess) for _ in range(100))
    assert problem(next(it for it in answers if it.status != 401), 429, "too_many_requests")
    # the right one still works
    assert system.get("api/library").status == 200


def test_signed_addresses(system: System) -> None:
    entry = system.get("api/library?path=film.webm").json["entries"][0]
    nobody = {"Authorization": ""}
    picture = entry["picture"]
    assert picture.startswith(entry["poster"] + "?expires=")
    answer = system.get(picture, nobody)
    assert (answer.status, answer.body) == (200, bytes(1000))
    assert system.ask("HEAD", picture, None, nobody).status == 200
    query = picture.partition("?")[2]
    for wrong in (
        forged(picture),
        f"media/film.webm?{query}",
        f"media/film.jpg/../film.webm?{query}",
        f"api/library?{query}",
        picture.replace("expires=", "expires=1"),
        picture.partition("&")[0],
    ):
        assert system.get(wrong, nobody).status == 401, wrong
    assert "expired" in system.get(forged(picture), nobody).json["detail"]
    assert system.ask("POST", picture, b"", nobody).status == 401
    # the plain addresses still need a proof
    assert system.get(entry["poster"], nobody).status == 401
    assert system.get(entry["url"], nobody).status == 401


def test_a_signature_ends() -> None:
    now = 10.0 * PERIOD + 5
    keyring = Keyring(b"k" * 32, Topics())
    signatures = Signatures(keyring, lambda: now)
    signed = signatures.signed("media/a%20b.jpg?v=1")
    assert signed.startswith("media/a%20b.jpg?v=1&expires=")
    given = dict(it.split("=") for it in signed.partition("?")[2].split("&"))
    # the same for a while, so that browsers can keep what is there
    now += PERIOD - 10
    assert signatures.signed("media/a%20b.jpg?v=1") == signed
    assert signatures.admits("/media/a b.jpg", given["expires"], given["signature"])
    assert not signatures.admits("/media/a.jpg", given["expires"], given["signature"])
    later = str(int(given["expires"]) + 1)
    assert not signatures.admits("/media/a b.jpg", later, given["signature"])
    other = Signatures(Keyring(b"o" * 32, Topics()), lambda: now)
    assert not other.admits("/media/a b.jpg", given["expires"], given["signature"])
    now += PERIOD + 10
    assert not signatures.admits("/media/a b.jpg", given["expires"], given["signature"])


@pytest.mark.parametrize(
    ("path", "bound_to"),
    [
        ("/media/Films/a.mkv", "/media/Films/a.mkv"),
        ("/streams/Films/a.mkv/copy-aac/master.m3u8", "/streams/Films/a.mkv"),
        ("/streams/Films/a.mkv/h264.720-none/video-12.m4s", "/streams/Films/a.mkv"),
        ("/streams/Films/b.mkv/copy-aac/master.m3u8", "/streams/Films/b.mkv"),
    ],
)
def test_what_a_signature_is_bound_to(path: str, bound_to: str) -> None:
    assert scope(path) == bound_to


def test_an_open_library(new_system: Callable[..., System], tmp_path: Path) -> None:
    (tmp_path / "film.webm").write_bytes(bytes(10))
    system = new_system(ZAPETTE_LIBRARY="open", ZAPETTE_MEDIA_DIR=str(tmp_path))
    for path in ("api/library", "media/film.webm"):
        assert system.get(path, {"Authorization": ""}).status == 200


def test_refusals_are_counted(system: System) -> None:
    system.get("api/library", {"Authorization": ""})
    line = b'zapette_http_refused_total{reason="library"} '
    (count,) = [it for it in system.get("metrics").body.splitlines() if it.startswith(line)]
    assert int(count.rpartition(b" ")[2]) > 0


@pytest.mark.parametrize(
    ("options", "where"),
    [
        ((), "media/film.webm"),
        (("--picture",), "thumbnails/film.webm"),
        (("--stream", "h264-aac"), "streams/film.webm/h264-aac/master.m3u8"),
    ],
)
def test_an_address_for_a_renderer(system: System, options: tuple[str, ...], where: str) -> None:
    ended = system.zapette("sign", "media/film.webm", "--json", *options)
    signed = json.loads(ended.stdout)
    assert PERIOD <= signed["expires_in"] <= 2 * PERIOD
    path = urlsplit(signed["address"])
    assert path.path == f"/{where}"
    nobody = {"Authorization": ""}
    # a picture is being made at first
    eventually(lambda: system.get(where).status != 503, "it is known what the medium is")
    allowed = system.get(f"{where}?{path.query}", nobody).status
    assert allowed == system.get(where).status != 401
    assert system.get(where, nobody).status == 401
    assert system.zapette("sign", "film.webm", *options).stdout.strip() == signed["address"]


def test_nothing_is_signed_that_is_not_there(system: System) -> None:
    missing = system.zapette("sign", "../etc/passwd")
    assert (missing.returncode, missing.stdout) == (1, "")
    assert "the library has no medium '../etc/passwd'" in missing.stderr
    plan = system.zapette("sign", "film.webm", "--stream", "nothing")
    assert (plan.returncode, plan.stdout) == (2, "")
    assert "--stream: plan: <video>-<audio> is needed" in plan.stderr
