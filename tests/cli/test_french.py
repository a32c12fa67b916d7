"""The command in French: nothing that it says to a person is in English only."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import zapette_cli
from zapette_cli.french_help.click_texts import ERRORS, WORDS, typeset
from zapette_cli.french_help.help_texts import HELP
from zapette_cli.program import main

NEVER_SAID = {
    # of what the command does not have: prompts other than a password's, editors, pagers, dates,
    # deprecated and wrongly declared options, groups of arguments
    "Argument {name!r} takes {nargs} values.",
    "Arguments take exactly one parameter declaration, got {length}: {decls}.",
    "Boolean option {decl!r} cannot use the same flag for true/false.",
    "Choice({choices})",
    "Confirm the action without prompting.",
    "Could not determine name for option with declarations {decls!r}",
    "Could not open file {filename!r}: {message}",
    "DeprecationWarning: The command {name!r} is deprecated.{extra_message}",
    "DeprecationWarning: The {param_type} {name!r} is deprecated.{extra_message}",
    "Do you want to continue?",
    "Error: invalid input",
    "Invalid start character for option ({option})",
    "Missing parameter",
    "Missing parameter: {param_name}",
    "Missing {param_type}",
    "Name '{name}' defined twice",
    "Option {name!r} requires {nargs} arguments.",
    "Positional arguments",
    "Press any key to continue...",
    "Takes {nargs} values but 1 was given.",
    "Takes {nargs} values but {len} were given.",
    "Unknown color {colour!r}",
    "Value must be an iterable.",
    "deprecated",
    "env var: {var}",
    "unknown error",
    "{editor}: Editing failed",
    "{editor}: Editing failed: {e}",
    "{name} {filename!r} is not executable.",
    "{value!r} does not match the format {format}.",
    "{value!r} does not match the formats {formats}.",
    "{value!r} is not a valid UUID.",
    "{value!r} is not a valid boolean. Recognized values: {states}",
    "{value!r} is not {choice}.",
    (
        "No options defined but a name was passed ({name}). Did you mean to declare an argument "
        "instead? Did you mean to pass '--{name}'?"
    ),
    # the same in French
    "%(prog)s, version %(version)s",
    "(dynamic)",
    "d",
    "directory",
    "file",
    "path",
    # of other systems, and of bash before 4.4
    "Couldn't detect Bash version, shell completion is not supported.",
    "Shell completion is not supported for Bash versions older than 4.4.",
    "Unknown standard stream '{name}'",
    "Windows error: {error}",
    "{len_type} values are required, but {len_value} was given.",
    "{len_type} values are required, but {len_value} were given.",
    # click says it in the middle of a prompt
    "Error: The two entered values do not match.",
}
"""The messages of click that need no French."""

PHRASE = re.compile("[a-z]{2,} [a-z]{2,}")
SHOWN = re.compile("echo|fail|BadParameter|[A-Za-z]*Error|ClickException")
FOLDER = Path(zapette_cli.__file__).parent
WRONG = "Erreur : Valeur incorrecte pour"


def helps(command: click.Command) -> Iterator[str]:
    """Go through the help of a command, its options and its subcommands."""
    assert command.help, command.name
    yield inspect.cleandoc(command.help)
    for parameter in command.params:
        if isinstance(parameter, click.Option) and not parameter.hidden:
            assert parameter.help, (command.name, parameter.name)
            yield parameter.help
    if isinstance(command, click.Group):
        for each in command.commands.values():
            yield from helps(each)


def messages_of_click() -> Iterator[str]:
    """Go through what click translates."""
    for path in Path(click.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Name(id="_" | "ngettext"), args=args):
                    for each in args:
                        if isinstance(each, ast.Constant) and isinstance(each.value, str):
                            yield each.value


def phrases(node: ast.AST) -> Iterator[str]:
    """Go through the texts in the arguments of a call, except those of calls within it."""
    for each in ast.iter_child_nodes(node):
        if isinstance(each, ast.Constant) and isinstance(each.value, str):
            if PHRASE.search(each.value):
                yield each.value
        elif not isinstance(each, ast.Call):
            yield from phrases(each)


def english_only(source: str) -> Iterator[str]:
    """Go through what the calls that show something show in one language."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            function = node.func
            name = function.attr if isinstance(function, ast.Attribute) else ast.unparse(function)
            if SHOWN.fullmatch(name):
                yield from phrases(node)


def french_texts(source: str) -> Iterator[str]:
    """Go through the French of each `Text`."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Name(id="Text"), args=[_, ast.Constant(value=str(french))]):
                yield french


def test_french_is_typeset() -> None:
    """No sign begins a line, and apostrophes are curved."""
    wrong = re.compile(r"[ \u00a0][:;!?»%]|« |«(?!\u202f)|\w'\w")
    texts = [it for path in FOLDER.rglob("*.py") for it in french_texts(path.read_text("utf-8"))]
    assert len(texts) > 200
    assert [it for it in texts if wrong.search(it)] == []
    assert list(french_texts("Text('a', 'b\u202f: c')")) == ["b\u202f: c"]
    for it in ("Quoi ?", "« a »", "40 %", "l'un"):
        assert wrong.search(it)


def test_every_help_has_french() -> None:
    found = set(helps(main))
    assert found - HELP.keys() <= WORDS.keys()
    assert HELP.keys() <= found


def test_every_message_of_click_has_french() -> None:
    """An update of click brings the new ones here."""
    found = set(messages_of_click())
    assert len(found) > 50
    known = WORDS.keys() | ERRORS.keys()
    assert found - known == NEVER_SAID & found
    # click takes it from a word of its own
    assert known - found <= {"required", "Password"}
    assert not known & NEVER_SAID


def test_no_message_has_only_english() -> None:
    # the processes log, in English
    paths = [it for it in FOLDER.rglob("*.py") if "processes" not in it.parts]
    assert len(paths) > 40
    found = {it.name: said for it in paths if (said := list(english_only(it.read_text("utf-8"))))}
    assert not found


def test_a_message_that_has_only_english_is_found() -> None:
    assert list(english_only('click.echo(f"left out: {name}")')) == ["left out: "]
    assert list(english_only("raise UnitError('no such unit')")) == ["no such unit"]
    assert not list(english_only("click.echo(said(_LEFT_OUT, name='some name'))"))


@pytest.mark.parametrize(
    ("command", "code", "line"),
    [
        ("--help", 0, "Utilisation : zapette [OPTIONS] COMMANDE [ARGUMENTS]..."),
        ("--help", 0, "  broker       Lance le broker seul."),
        ("watch --help", 0, "  --count INTEGER RANGE  S'arrête après ce nombre de lignes.  [x>=1]"),
        ("credentials --help", 0, "                        défaut : 30; 1<=x<=366]"),
        ("store", 2, "Commandes :"),
        ("watch --nothing", 2, "Erreur : L'option '--nothing' n'existe pas."),
        ("watch --count", 2, "Erreur : L'option '--count' exige une valeur."),
        ("watch --count 0", 2, "Aide : « zapette watch --help »."),
        ("watch --count 0", 2, f"{WRONG} '--count' : 0 n'est pas dans l'intervalle x>=1."),
        ("watch --timeout nan", 2, f"{WRONG} '--timeout' : 'nan' n'est pas un nombre de secondes."),
        ("restore /no/file", 2, f"{WRONG} 'FILE' : '/no/file' n'existe pas."),
        ("dock", 2, "Erreur : La commande 'dock' n'existe pas. Vouliez-vous dire 'doctor' ?"),
        ("move Den", 2, "Erreur : Il manque l'argument 'TO'."),
        ("completion", 2, "Erreur : Il manque l'argument '{bash|zsh|fish}'. Au choix :"),
    ],
)
def test_in_french(command: str, code: int, line: str) -> None:
    given = CliRunner(env={"LC_ALL": "fr_FR.UTF-8"})
    ended = given.invoke(main, command.split(), prog_name="zapette")
    assert ended.exit_code == code, ended.exception
    assert typeset(line) in ended.output.splitlines(), ended.output


def test_english_stays() -> None:
    """The French help is a copy."""
    for language, heading in (("fr_FR.UTF-8", "Commandes\u202f:"), ("C", "Commands:")):
        given = CliRunner(env={"LC_ALL": language})
        ended = given.invoke(main, ["--help"], prog_name="zapette")
        assert heading in ended.output.splitlines()


def test_a_password_is_asked_for_in_french(tmp_path: Path) -> None:
    given = CliRunner(env={"LC_ALL": "fr_FR.UTF-8"})
    arguments = ["credentials", "--data", str(tmp_path), "add", "anna"]
    ended = given.invoke(main, arguments, input="secret\nsecret\n")
    assert ended.exit_code == 0, ended.output
    assert [it.partition(":")[0] for it in ended.output.splitlines()] == [
        "Mot de passe",
        "Encore une fois, pour confirmer",
    ]
    ended = given.invoke(main, arguments, input="")
    assert ended.exit_code == 1
    assert "Interrompu." in ended.output
