"""``zapette throw``: files and addresses of this machine, played on a player."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from click.testing import CliRunner

from tests.broker.certificates import make_certificate
from tests.clients.plain_player import PlainPlayer
from tests.programs import fronts
from tests.programs.fronts import Nginx
from tests.programs.system import System
from tests.samples.pictures import png
from tests.waiting import eventually
from zapette_cli.errors import UploadError
from zapette_cli.language import Text
from zapette_cli.program import main
from zapette_cli.upload import Server, send
from zapette_server.paths import ROOT

TIMEOUT = ("--timeout", "20")


@pytest.fixture(scope="module")
def player(system: System) -> Iterator[PlainPlayer]:
    made = PlainPlayer(system.household(), "Attic").start()
    yield made
    made.stop()


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    file = tmp_path / "At the sea.png"
    file.write_bytes(png())
    return file


def home(system: System) -> Server:
    account = base64.b64encode(f"home:{system.home_password()}".encode()).decode()
    return Server(system.url.rstrip("/") + "/", f"Basic {account}")


def test_a_photo_is_sent_and_played(system: System, player: PlainPlayer, photo: Path) -> None:
    done = system.zapette("throw", str(photo), "--to", "Attic", *TIMEOUT)
    assert done.returncode == 0, done.stderr
    state = player.state
    assert state["title"] == "At the sea"
    assert state["source"].startswith("media/.uploads/")
    assert state["source"].endswith("/At the sea.png")


def test_an_address(system: System, player: PlainPlayer) -> None:
    address = "https://example.org/film.mp4"
    assert system.zapette("throw", address, "--to", "Attic", *TIMEOUT).returncode == 0
    assert player.heard[-1] == ("load", address)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en_GB.UTF-8", "zapette: guests cannot send files here\n"),
        ("fr_FR.UTF-8", "zapette: les invités ne peuvent pas envoyer de fichiers ici\n"),
    ],
)
def test_a_guest_has_the_rights_of_a_guest(
    system: System, photo: Path, language: str, words: str
) -> None:
    made = system.get("api/id").json
    link = system.post("api/credentials", made).json["links"]["guest"]["url"]
    here = f"{system.url.rstrip('/')}/remote#{link.partition('#')[2]}"
    speaking = replace(system, settings={**system.settings, "LC_ALL": language})
    player = PlainPlayer(system.household(), player_id=made["id"]).start()
    try:
        done = speaking.zapette("throw", str(photo), "--to", here, *TIMEOUT)
    finally:
        player.stop()
    assert done.returncode == 1
    assert done.stderr.endswith(words)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "absent.mp4: there is no such file"),
        ("fr", "absent.mp4\u202f: ce fichier n\u2019existe pas"),
        ("en", "ftp://tv/a.mp4: an address begins with http:// or https://"),
        ("fr", "ftp://tv/a.mp4\u202f: une adresse commence par http:// ou https://"),
        ("en", "/: it is a folder; name a file in it"),
        ("fr", "/\u202f: c\u2019est un dossier\u202f; nommez un fichier qu\u2019il contient"),
    ],
)
def test_there_is_no_such_file(language: str, words: str) -> None:
    what = re.split(r"\u202f?: ", words)[0]
    done = CliRunner(env={"LC_ALL": language}).invoke(main, ["throw", what])
    assert (done.exit_code, done.output) == (2, f"zapette: {words}\n")


def test_an_address_that_the_server_does_not_look_into(system: System, player: PlainPlayer) -> None:
    """As on a phone, it is played unchanged, with a message."""
    address = "http://127.0.0.1:9/page"
    done = system.zapette("throw", address, "--to", "Attic", *TIMEOUT)
    assert done.returncode == 0, done.stderr
    assert player.heard[-1] == ("load", address)
    assert "opens no pages of a private network" in done.stderr


def test_nothing_is_sent_to_a_player_that_is_not_there(system: System, photo: Path) -> None:
    done = system.zapette("throw", str(photo), "--to", "0" * 32, "--timeout", "1")
    assert done.returncode == 3
    assert photo.name not in done.stderr


def test_a_file_that_becomes_shorter(system: System) -> None:
    content = png()
    with pytest.raises(UploadError, match="shorter"):
        send(home(system), io.BytesIO(content), "a.png", len(content) + 1, lambda *_: None)


def test_a_server_of_this_machine_is_known_by_its_certificate(tmp_path: Path, photo: Path) -> None:
    """Its names are those by which others reach it, and its authority may be the home's own."""
    system = System(tmp_path)
    system.front = fronts.Tls(system.http_port)
    with system:
        player = PlainPlayer(system.household(), "Attic").start()
        done = system.zapette("throw", str(photo), "--to", "Attic", *TIMEOUT)
        assert done.returncode == 0, done.stderr
        assert player.state["title"] == "At the sea"
        player.stop()
        another, _ = make_certificate(tmp_path)
        with pytest.raises(UploadError, match="no answer from https"):
            Server(f"https://127.0.0.1:{system.http_port}/", shown=another).ask("GET", "api/ip")


def test_a_certificate_with_a_remark(tmp_path: Path) -> None:
    file, _ = make_certificate(tmp_path)
    file.write_text(f"# la télé\n{file.read_text()}", encoding="utf-8")
    assert Server("https://localhost/", shown=file)._trusting().cert_store_stats()["x509"] == 1


def test_an_authority_that_is_none(photo: Path) -> None:
    with pytest.raises(UploadError, match="no answer from https"):
        Server("https://127.0.0.1:9/", ca_file=photo).ask("GET", "api/ip")


@dataclass(frozen=True)
class Cut(Server):
    """Loses the answers to the first two parts."""

    asked: list[str] = field(default_factory=list)

    def ask(self, method: str, path: str, body: bytes | dict[str, Any] | None = None) -> Any:
        answer = super().ask(method, path, body)
        self.asked.append(method)
        if method == "PUT" and self.asked.count("PUT") <= 2:
            raise UploadError(Text("cut", "coupé"))
        return answer


def test_it_continues_after_a_cut(system: System) -> None:
    content = png()
    known = home(system)
    server = Cut(known.address, known.proof)
    heard: list[tuple[int, bool]] = []
    source = send(
        server,
        io.BytesIO(content),
        "a.png",
        len(content),
        lambda *it: heard.append(it),
        pause=lambda _: None,
    )
    assert source.endswith("/a.png")
    assert server.asked[:3] == ["POST", "PUT", "GET"]
    assert heard[0] == (0, True)


class Narrow(Nginx):
    """nginx that takes only bodies of 200 kB."""

    def documented(self) -> str:
        return super().documented().replace("client_max_body_size 8m", "client_max_body_size 200k")


def is_up(url: str) -> bool:
    try:
        return bool(urlopen(f"{url}healthz").status == 200)
    except URLError:
        return False


def test_a_proxy_that_takes_only_small_bodies(
    system: System, player: PlainPlayer, tmp_path: Path
) -> None:
    film = ROOT / "samples" / "zapette.webm"
    proxy = Narrow(system.http_port)
    proxy.start(tmp_path)
    try:
        eventually(lambda: is_up(proxy.url), "nginx runs")
        done = system.zapette("throw", str(film), "--server", proxy.url, "--to", "Attic", *TIMEOUT)
    finally:
        proxy.stop()
    assert done.returncode == 0, done.stderr
    assert player.state["title"] == "zapette"


def test_interrupted_it_leaves_nothing(system: System) -> None:
    server = home(system)
    begun: list[str] = []

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    @dataclass(frozen=True)
    class Noted(Server):
        def ask(self, method: str, path: str, body: bytes | dict[str, Any] | None = None) -> Any:
            begun.append(path)
            return super().ask(method, path, body)

    content = png()
    noted = Noted(server.address, server.proof)
    with pytest.raises(KeyboardInterrupt):
        send(noted, io.BytesIO(content), "a.png", len(content), interrupt)
    with pytest.raises(UploadError) as caught:
        server.ask("GET", begun[-1])
    assert caught.value.code == "not_found"


def test_no_server() -> None:
    with pytest.raises(UploadError, match="no answer from http"):
        Server("http://127.0.0.1:9/").ask("GET", "api/ip")


@pytest.mark.parametrize(
    "link", ["http://[#a.b", "tv#a.b", "#", "ftp://tv/#a.b", "http://tv:99999/remote#a.secret"]
)
def test_a_link_that_is_none(link: str) -> None:
    done = CliRunner().invoke(main, ["throw", "http://films/a.mp4", "--to", link])
    assert done.exit_code
    assert isinstance(done.exception, SystemExit)
    assert "is not the address of a server" in done.output
    assert "secret" not in done.output
