"""The first minute: what ``zapette`` prints, on a terminal and elsewhere, in both languages."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import shlex
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.machines.namespaces import rerun_in
from tests.programs.processes import ending, ending_with_us
from tests.programs.system import System
from tests.waiting import eventually
from zapette_cli.language import language_of
from zapette_cli.program import main
from zapette_cli.welcome import Place

LATE = re.compile(r"no connection to mqtt|does not work|works again")
"""Warnings of a part that others wait for: on a busy machine the broker may start last."""

HOME = Place("/films", "http://localhost:8000/", "http://192.168.1.5:8000/")


def test_five_lines_in_both_languages() -> None:
    english, french = HOME.lines("en"), HOME.lines("fr")
    assert len(english) == len(french) == 5
    for lines in (english, french):
        assert "/films" in lines[0]
        assert "http://192.168.1.5:8000/" in lines[1]
        assert "http://localhost:8000/" in lines[2]
    assert all(one != other for one, other in zip(english, french, strict=True))


def test_the_sample_is_named_as_such() -> None:
    alone = replace(HOME, media="")
    assert alone.lines("en")[0].endswith("only a sample clip; for your own films: zapette FOLDER")
    assert alone.lines("fr")[0].endswith("Pour vos films\u202f: zapette DOSSIER")


def test_the_name_is_shown_next_to_the_address() -> None:
    named = replace(HOME, named="http://zapette.local:8000/")
    expected = "http://192.168.1.5:8000/ (or http://zapette.local:8000/)"
    assert named.lines("en")[1] == f"On another device: {expected}"
    assert named.page in named.moved("fr")


@pytest.mark.parametrize(
    ("place", "words"),
    [
        (Place("/films", "h", "http://127.0.0.1:1/", bind="127.0.0.1"), "bind is 127.0.0.1"),
        (Place("/films", "h", "http://127.0.0.1:1/", has_network=False), "No network yet"),
        (Place("/films", "h", "", has_network=False, other_bind="::"), 'bind = "::"'),
        (Place("/films", "h", "", has_network=False, other_bind="0.0.0.0"), "only IPv4"),
    ],
)
def test_no_address_for_others_is_said(place: Place, words: str) -> None:
    assert not place.is_reachable
    assert words in place.lines("en")[1]
    assert words in place.moved("en")


def test_a_network_of_ipv6_only(request: pytest.FixtureRequest) -> None:
    if rerun_in(request, "net"):
        return
    for command in (
        "link set lo up",
        "link add home type veth peer name far",
        "link set home up",
        "link set far up",
    ):
        subprocess.run(["ip", *command.split()], check=True)
    assert "No network yet" in first_lines(bind="0.0.0.0")
    address = "address add 2001:db8::5/64 dev home nodad"
    subprocess.run(["ip", *address.split()], check=True)
    assert 'only IPv6. Set bind = "::"' in first_lines(bind="0.0.0.0")
    assert "http://[2001:db8::5]:8000/" in first_lines(bind="::")


def first_lines(**given: str) -> str:
    command = (
        "import sys; from zapette_cli.processes.welcome import Welcome;"
        "from zapette_server.settings.sources import load;"
        "Welcome(load(None, {}, {'bind': sys.argv[1], 'mdns': False})).show()"
    )
    line = [sys.executable, "-c", command, given["bind"]]
    return subprocess.run(line, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "fr_FR.UTF-8"}, "fr"),
        ({"LANG": "fr"}, "fr"),
        ({"LANG": "fry_NL.UTF-8"}, "en"),
        ({"LANG": "fr_FR.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "en_GB.UTF-8", "LC_MESSAGES": "fr_CA.UTF-8", "LC_ALL": ""}, "fr"),
    ],
)
def test_the_language_is_the_locales(environment: dict[str, str], language: str) -> None:
    assert language_of(environment) == language


@pytest.mark.parametrize("has_folder", [True, False])
def test_alone_and_with_a_folder_on_a_terminal(tmp_path: Path, has_folder: bool) -> None:
    """`zapette` and `zapette FOLDER` run everything, and print a code and five lines, no logs."""
    films = tmp_path / "Mes films"
    films.mkdir()
    opened = tmp_path / "opened"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$*" >> "{opened}"\n')
    browser.chmod(0o755)
    system = System(tmp_path, {"LC_ALL": "fr_FR.UTF-8", "BROWSER": str(browser)})
    terminal, its_end = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "zapette_cli", *([str(films)] if has_folder else [])],
        env=system.environment,
        stdin=its_end,
        stdout=its_end,
        stderr=its_end,
    )
    os.close(its_end)
    os.set_blocking(terminal, False)
    seen = bytearray()

    def read() -> str:
        # EIO: nobody has the other end any more
        with contextlib.suppress(BlockingIOError, OSError):
            seen.extend(os.read(terminal, 65536))
        return seen.decode(errors="replace")

    with ending(process):
        eventually(lambda: "Ctrl-C" in read(), "it is welcomed to the end")
        process.send_signal(signal.SIGINT)
        eventually(lambda: read() and process.poll() is not None, "it ends")
    lines = [line.strip() for line in read().splitlines() if line.strip()]
    os.close(terminal)
    code = [line for line in lines if set(line) <= set("█▀▄ \xa0")]
    said = [line for line in lines if line not in code and not LATE.search(line)]
    first = f". Dossier des médias\u202f: {films}" if has_folder else ", avec un seul extrait. Pour"
    assert said[0].startswith(f"Zapette est en marche{first}")
    assert f"http://localhost:{system.http_port}/" in said[2]
    # the network of a test may have no address for others: then there is no code either
    assert bool(code) == ("Sur un autre appareil" in said[1])
    assert len(said) == 5
    assert process.returncode == 0
    # it leaves it to the person what to open
    assert not opened.exists()


def test_plain_lines_elsewhere(system: System) -> None:
    eventually(lambda: "Ctrl-C" in system.log, "it is welcomed")
    log = system.log
    lines = log.splitlines()
    first = lines.index(next(it for it in lines if it.startswith("Zapette is running.")))
    assert lines[first + 2] == f"On this device: http://localhost:{system.http_port}/"
    assert "Ctrl-C" in lines[first + 4]
    assert "█" not in log
    # a record keeps what a terminal is spared
    assert "INFO" in log


@pytest.mark.parametrize("where", [">/dev/full", ">&-", "2>&-"])
def test_it_runs_where_it_cannot_print(tmp_path: Path, where: str) -> None:
    system = System(tmp_path)
    command = shlex.join(ending_with_us([sys.executable, "-m", "zapette_cli", "run"]))
    system.process = subprocess.Popen(
        ["sh", "-c", f"exec {command} {where}"], env=system.environment
    )
    with ending(system.process):
        eventually(system.is_up, "all is up", 30)
        # it has printed by then, and still looks after its parts
        killed = system.kill("web")
        eventually(lambda: system.is_up() and system.pid("web") != killed, "all is up again", 30)


@pytest.mark.parametrize("line", [["FOLDER/none"], ["./none"], ["--http-port", "0"], ["nonsense"]])
def test_what_is_no_command_is_refused_in_words(line: list[str], tmp_path: Path) -> None:
    with contextlib.chdir(tmp_path):
        ended = CliRunner().invoke(main, [it.replace("FOLDER", str(tmp_path)) for it in line])
    assert ended.exit_code == 2
    expected = {"nonsense": "No such command", "--http-port": "http_port"}
    assert expected.get(line[0], "does not exist") in ended.output


def test_a_command_goes_before_a_folder_of_its_name(tmp_path: Path) -> None:
    (tmp_path / "completion").mkdir()
    with contextlib.chdir(tmp_path):
        ended = CliRunner().invoke(main, ["completion", "bash"])
    assert "_ZAPETTE_COMPLETE" in ended.output
