"""Bad input to the command: words and an exit code, never a traceback."""

from __future__ import annotations

import itertools
import logging
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from logging import Logger
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from tests.programs.system import System
from zapette_cli.program import main
from zapette_server.settings.settings import Settings
from zapette_server.settings.sources import load, to_environment, variable

# root without what lets it open every folder
AS_OTHERS = (
    ("setpriv", "--bounding-set", "-dac_override,-dac_read_search", "--inh-caps", "-all")
    if os.geteuid() == 0
    else ()
)
GOOD_CODES = {0, 1, 2, 3, 4}
BAD = [
    "", " ", "-1", "0", "nan", "inf", "1e400", "9" * 5000, "x" * 5000, "\udcff", "é\n", "None",
    "{", "[1", "mqtt://", "mqtt://[::1", "mqtt://h:99999", "mqtt://a b/", "mqtt://%00@h", "--",
    "http://h", "/dev/null", "/", "/none/here", "a/b/c", "services/", "services/A B", "players/x",
    "+/#", "0000",
]  # fmt: skip


def commands(
    command: click.Command = main, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    if path:
        yield path, command
    if isinstance(command, click.Group):
        for name, below in command.commands.items():
            yield from commands(below, (*path, name))


def lines(path: tuple[str, ...], command: click.Command) -> Iterator[tuple[str, ...]]:
    """Return the command with each bad value for each of its parameters, the others left out."""
    # what would work is not to begin: no process is started, no broker is there
    names = {option for each in command.params for option in each.opts}
    stop = ("--mqtt-port", "0") if path[-1] in {"run", "broker", "web", "bridge"} else ()
    # no service is installed on the machine of the tests
    shown = ("--print",) if "--print" in names else ()
    away = ("--url", "mqtt://127.0.0.1:1") if "--url" in names else ()
    # a password is asked for
    asked = ("--password", "x") if "--password" in names else ()
    for value, parameter in itertools.product(BAD, command.params):
        if isinstance(parameter, click.Argument):
            yield (*path, *away, *asked, *stop, *shown, "--", value)
            yield (*path, *away, *asked, *stop, *shown, "--", value, value, value)
        elif isinstance(parameter, click.Option) and not parameter.is_flag:
            others = (*away, *asked, *stop, *shown)
            yield (
                *path,
                *(() if parameter.opts[-1] in others else others),
                parameter.opts[-1],
                value,
            )


@pytest.fixture
def kept_logging() -> Iterator[None]:
    """Undo what a command does to the logging of its process, which here is that of all tests."""
    root = logging.getLogger()
    levels = {it: it.level for it in _loggers(root)}
    handlers, disabled = root.handlers[:], root.manager.disable
    yield
    root.handlers[:] = handlers
    logging.disable(disabled)
    for logger in _loggers(root):
        logger.setLevel(levels.get(logger, logging.NOTSET))


def _loggers(root: Logger) -> list[Logger]:
    return [root, *(it for it in root.manager.loggerDict.values() if isinstance(it, Logger))]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept_logging: None) -> CliRunner:  # noqa: ARG001
    monkeypatch.chdir(tmp_path)
    for name, value in to_environment(Settings(data_dir=tmp_path / "data")).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("ZAPETTE_URL", raising=False)
    return CliRunner()


def assert_in_words(ended: Result, line: object) -> None:
    trouble = ended.exception
    assert trouble is None or isinstance(trouble, SystemExit), f"{line}: {trouble!r}"
    assert ended.exit_code in GOOD_CODES, line
    assert "Traceback" not in ended.output
    if ended.stderr.startswith("zapette:"):
        assert ended.stderr.count("\n") == 1, ended.stderr


@pytest.mark.parametrize("path", ["-".join(path) for path, _ in commands()])
def test_bad_values(run: CliRunner, path: str) -> None:
    (command,) = [each for where, each in commands() if "-".join(where) == path]
    for line in lines(tuple(path.split("-")), command):
        assert_in_words(run.invoke(main, line), line)


@pytest.mark.parametrize(
    "line",
    [
        ("call", "--", "BAD"),
        ("call", "--", "BAD", "play"),
        ("call", "--", "server", "BAD"),
        ("call", "--", "server", "ip", "BAD"),
        ("call", "-p", "BAD", "server", "ip"),
        ("call", "-p", "x=BAD", "server", "ip"),
        ("command", "--", "BAD", "BAD", "BAD"),
        ("watch", "--count", "1", "--", "BAD"),
    ],
    ids=" ".join,
)
def test_bad_values_beyond_the_connection(
    run: CliRunner, system: System, line: tuple[str, ...]
) -> None:
    home = system.household()
    url = f"mqtt://home:{home.password}@{home.host}:{home.port}"
    name, *rest = line
    for value in BAD:
        given = [each.replace("BAD", value) for each in rest]
        if name != "watch" or value.strip():
            ended = run.invoke(main, [name, "--url", url, "--timeout", "5", *given])
            assert_in_words(ended, (name, *given))
            assert ended.exit_code, (name, *given)


@pytest.mark.parametrize("key", [variable(key) for key in ("data_dir", "media_dir", "http_port")])
@pytest.mark.parametrize("value", ["nan", "9" * 5000, "x" * 5000, "/dev/null/x", "/dev/null"])
def test_bad_settings_in_the_environment(
    run: CliRunner, monkeypatch: pytest.MonkeyPatch, key: str, value: str
) -> None:
    monkeypatch.setenv(key, value)
    for line in (["credentials"], ["players", "--timeout", "1"], ["players", "forget", "0000"]):
        assert_in_words(run.invoke(main, line), (key, value, line))


@pytest.mark.parametrize(
    ("line", "variables"),
    [
        ("credentials", ("ZAPETTE_TLS_CERT", "ZAPETTE_TLS_KEY")),
        ("credentials", ("ZAPETTE_BRIDGE_CA_FILE",)),
        ("credentials", ("ZAPETTE_BROKER_KEYS",)),
        ("backup saved.zip", ("ZAPETTE_DATA_DIR",)),
        ("store copy closed/there postgresql://localhost/x", ()),
    ],
)
def test_a_folder_that_is_closed_to_us(
    tmp_path: Path, line: str, variables: tuple[str, ...]
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0)
    given = {"ZAPETTE_DATA_DIR": str(tmp_path / "data")}
    given |= dict.fromkeys(variables, str(closed / "there"))
    ended = subprocess.run(
        [*AS_OTHERS, sys.executable, "-m", "zapette_cli", *line.split()],
        env=os.environ | given, cwd=tmp_path, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert ended.returncode == 2, ended.stderr
    assert re.fullmatch(r"zapette: .*there.*: Permission denied\n", ended.stderr)


@pytest.mark.parametrize("key", ["data_dir", "media_dir", "ca_file"])
def test_a_link_that_leads_to_itself(run: CliRunner, tmp_path: Path, key: str) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    ended = run.invoke(main, ["credentials"], env={variable(key): str(loop)})
    assert_in_words(ended, key)
    assert ended.exit_code == 2


def test_an_empty_setting_is_not_set(tmp_path: Path) -> None:
    """As it stands in a compose file or an .env file that leaves it open."""
    file = tmp_path / "zapette.toml"
    file.write_text('http_port = 81\nmedia_dir = "films"\n')
    everything = dict.fromkeys((*to_environment(Settings()), "ZAPETTE_URL", "ZAPETTE_CONFIG"), "")
    assert load(None, everything) == Settings()
    settings = load(file, everything, {"data_dir": "", "bind": ""})
    assert (settings.http_port, settings.media_dir) == (81, tmp_path / "films")


def test_an_empty_data_folder(run: CliRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZAPETTE_DATA_DIR", "")
    file = Path("zapette.toml")
    file.write_text('data_dir = "here"\n')
    ended = run.invoke(main, ["credentials", "--config", str(file)])
    assert ended.exit_code == 0, ended.output
    assert ended.output.startswith("home ")
    assert Path("here", "secret").exists()
    file.write_text('data_dir = ""\n')
    ended = run.invoke(main, ["credentials", "--config", str(file)])
    said = "zapette: setting data_dir in zapette.toml: it is empty\n"
    assert (ended.exit_code, ended.stderr) == (2, said)


@pytest.mark.parametrize("what", [("add", "home", "--password", "X"), ("remove", "home")])
def test_the_account_of_the_data_folder_is_not_changed(
    run: CliRunner, what: tuple[str, ...]
) -> None:
    before = run.invoke(main, ["credentials"]).output
    ended = run.invoke(main, ["credentials", *what])
    assert ended.exit_code == 2
    assert "cannot be set or removed" in ended.stderr
    assert run.invoke(main, ["credentials"]).output == before
    assert run.invoke(main, ["credentials", "list"]).output == "home\n"
