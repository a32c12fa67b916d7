"""The sources of the settings: a file, the environment and options."""

from __future__ import annotations

import difflib
import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any, Final

from zapette.errors import SettingsError
from zapette_server.settings.settings import Settings

_PREFIX: Final = "ZAPETTE_"
_NEEDED: Final = frozenset({"data_dir", "media_dir"})
_INLINE: Final = frozenset({"limits"})
"""Tables of the file that are one variable in the environment."""

_NOT_SETTINGS: Final = frozenset({"ZAPETTE_URL", "ZAPETTE_CONFIG"})


def load(
    file: Path | None,
    environment: Mapping[str, str],
    options: Mapping[str, Any] | None = None,
) -> Settings:
    """Return the settings: options override the environment, which overrides the file.

    Relative paths in the file start from its folder, others from the current one; ``~`` is the home
    folder.

    Raises:
        SettingsError: a key is unknown, or a value has the wrong type or is out of range.
    """
    given = {key: value for key, value in (options or {}).items() if value not in {None, ""}}
    sources = [
        ("the options", given),
        ("the environment", _from_environment(environment)),
        (str(file), {} if file is None else _from_file(file)),
    ]
    values = {key: value for _, found in reversed(sources) for key, value in found.items()}
    try:
        return _built(values)
    except SettingsError as error:
        place = next((place for place, found in sources if error.key in found), "")
        raise SettingsError(error.key, error.reason, place) from None


def _built(values: Mapping[str, Any]) -> Settings:
    """Return the settings with these values; the others have their defaults."""
    flat: dict[str, Any] = {}
    tables: dict[str, dict[str, Any]] = {}
    for key, value in values.items():
        table, _, name = key.rpartition(".")
        (tables.setdefault(table, {}) if table else flat)[name] = _typed(key, value)
    settings = Settings()
    flat |= {table: replace(getattr(settings, table), **tables[table]) for table in tables}
    return replace(settings, **flat)


def to_environment(settings: Settings) -> dict[str, str]:
    """Return the environment variables for these settings."""
    values = {}
    for key in _KINDS:
        value: Any = settings
        for name in key.split("."):
            value = getattr(value, name)
        values[variable(key)] = "" if value is None else str(value)
    return values


def variable(key: str) -> str:
    """Return the environment's name of a setting: ``ZAPETTE_BRIDGE_URL`` for ``bridge.url``."""
    return _PREFIX + key.replace(".", "_").upper()


def _kinds(settings: Any, table: str = "") -> dict[str, type]:
    """Return the type of each setting by its key, with a dot between table and name."""
    kinds: dict[str, type] = {}
    for each in fields(settings):
        value = getattr(settings, each.name)
        if is_dataclass(value):
            kinds |= _kinds(value, f"{each.name}.")
        else:
            is_path = value is None or isinstance(value, Path)
            kinds[f"{table}{each.name}"] = Path if is_path else type(value)
    return kinds


def _from_file(file: Path) -> dict[str, Any]:
    try:
        with file.open("rb") as stream:
            read = tomllib.load(stream)
    except OSError as error:
        raise SettingsError(str(file), f"cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(str(file), f"is not TOML: {error}") from error
    values: dict[str, Any] = {}
    for name, value in read.items():
        if isinstance(value, dict) and name in _INLINE:
            values[name] = _inline(value)
        elif isinstance(value, dict):
            values |= {f"{name}.{below}": each for below, each in value.items()}
        else:
            values[name] = value
    for key, value in values.items():
        if _kind(key, f"{key} in {file.name}") is Path and isinstance(value, str) and value:
            values[key] = file.parent.absolute() / _expanded(key, value, str(file))
    return values


def _inline(table: Mapping[str, Any]) -> str:
    """Return a table in one line, as in the environment: ``max_packet = 65536, …``."""
    return ", ".join(
        f"{json.dumps(key)} = {json.dumps(each, ensure_ascii=False, default=str)}"
        for key, each in table.items()
    )


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    keys = {variable(key): key for key in _KINDS}
    values: dict[str, Any] = {}
    for name, text in environment.items():
        # An empty variable, as in an .env or compose file, counts as not set.
        if not text or not name.startswith(_PREFIX) or name in _NOT_SETTINGS:
            continue
        key = keys.get(name, name.removeprefix(_PREFIX).lower())
        values[key] = _parsed(name, _kind(key, name), text)
    return values


def _parsed(name: str, kind: type, text: str) -> Any:
    if kind is int:
        try:
            return int(text)
        except ValueError:
            raise SettingsError(name, f"{text!r} is not a whole number") from None
    if kind is bool:
        if text.lower() not in {"true", "false", "1", "0"}:
            raise SettingsError(name, f"{text!r} is neither true nor false")
        return text.lower() in {"true", "1"}
    return text


def _typed(key: str, value: Any) -> Any:
    kind = _kind(key, key)
    if kind is Path and isinstance(value, str | Path):
        return _path(key, str(value))
    if type(value) is not kind:
        shown = "the value" if key.endswith("password") else repr(value)
        raise SettingsError(key, f"{shown} is not {_IN_WORDS[kind]}")
    return value


def _path(key: str, text: str) -> Path | None:
    """Return a path; None for an empty one, which only some settings allow."""
    if text:
        try:
            return Path(_expanded(key, text)).resolve()
        except (OSError, RuntimeError) as error:
            # a link that leads to itself, or a current folder that is gone
            raise SettingsError(key, str(error)) from None
    if key in _NEEDED:
        raise SettingsError(key, "it is empty")
    return None


def _expanded(key: str, text: str, place: str = "") -> str:
    """Return a path with the home folder in the place of ``~``, which no shell has replaced."""
    if "\0" in text:
        raise SettingsError(key, "it contains a character that no path can have", place)
    # a Path would forget the "./" of a name that begins with "~"
    found = os.path.expanduser(text)  # noqa: PTH111
    if found.startswith("~"):
        reason = f"there is no home folder for {text}; if it is a name, write ./{text}"
        raise SettingsError(key, reason, place)
    return found


def _kind(key: str, shown: str) -> type:
    if key not in _KINDS:
        close = difflib.get_close_matches(key, _KINDS, 1)
        known = f"did you mean {close[0]}?" if close else f"there are {', '.join(_KINDS)}"
        raise SettingsError(shown, f"there is no such setting; {known}")
    return _KINDS[key]


_KINDS: Final = _kinds(Settings())
_IN_WORDS: Final[dict[type, str]] = {
    bool: "true or false",
    int: "a whole number",
    str: "a text in quotation marks",
    Path: "a path in quotation marks",
}
