"""The published rules of hassfest and HACS, as far as they can be checked offline."""

import json
import re
import struct
from pathlib import Path

import pytest
import yaml
from homeassistant.components.mqtt.const import SUPPORTED_COMPONENTS
from homeassistant.helpers.entity import Entity
from homeassistant.loader import Manifest
from homeassistant.util import yaml as ha_yaml

from custom_components.zapette import PLATFORMS, button, errors, select

ROOT = Path(__file__).resolve().parents[3]
INTEGRATION = ROOT / "custom_components" / "zapette"
MANIFEST = json.loads((INTEGRATION / "manifest.json").read_text())
ICONS = json.loads((INTEGRATION / "icons.json").read_text())
TRANSLATIONS = {
    file.stem: json.loads(file.read_text()) for file in (INTEGRATION / "translations").iterdir()
}


def paths(value: object, above: str = "") -> dict[str, str]:
    """Return the texts in a tree, by their path."""
    if isinstance(value, dict):
        found: dict[str, str] = {}
        for key, below in value.items():
            found |= paths(below, f"{above}/{key}")
        return found
    return {above: str(value)}


def test_manifest() -> None:
    known = set(Manifest.__annotations__) | {"version", "issue_tracker"}
    assert set(MANIFEST) <= known
    # what HACS and hassfest want of a custom integration
    for key in ("domain", "name", "codeowners", "documentation", "issue_tracker", "version"):
        assert key in MANIFEST
    keys = list(MANIFEST)
    assert keys == ["domain", "name", *sorted(keys[2:])]
    assert MANIFEST["domain"] == INTEGRATION.name
    assert re.fullmatch(r"\d+\.\d+\.\d+", MANIFEST["version"])
    assert MANIFEST["iot_class"] == "local_push"
    assert MANIFEST["integration_type"] == "device"
    assert MANIFEST["mqtt"] == ["zapette/discovery/#"]
    assert MANIFEST["zeroconf"] == ["_zapette._tcp.local."]
    assert MANIFEST["documentation"].startswith("https://")
    assert "home-assistant.io" not in MANIFEST["documentation"]


def test_hacs() -> None:
    hacs = json.loads((ROOT / "hacs.json").read_text())
    assert set(hacs) <= {"name", "homeassistant", "hacs", "render_readme", "country", "zip_release",
                         "filename", "content_in_root", "hide_default_branch",
                         "persistent_directory"}  # fmt: skip
    assert hacs["name"]
    assert re.fullmatch(r"\d{4}\.\d+\.\d+", hacs["homeassistant"])
    # one integration a repository
    assert list((ROOT / "custom_components").glob("*/manifest.json")) == [
        INTEGRATION / "manifest.json"
    ]


@pytest.mark.parametrize(("name", "size"), [("icon.png", 256), ("icon@2x.png", 512)])
def test_brand(name: str, size: int) -> None:
    data = (INTEGRATION / "brand" / name).read_bytes()
    assert data.startswith(b"\x89PNG")
    assert struct.unpack(">II", data[16:24]) == (size, size)


def test_both_languages_are_complete() -> None:
    english, french = paths(TRANSLATIONS["en"]), paths(TRANSLATIONS["fr"])
    assert set(TRANSLATIONS) == {"en", "fr"}
    assert english.keys() == french.keys()
    holes = re.compile(r"{(\w+)}")
    for path, text in english.items():
        assert text.strip() == text != "", path
        assert set(holes.findall(text)) == set(holes.findall(french[path])), path


def test_every_word_has_its_use() -> None:
    english = TRANSLATIONS["en"]
    source = "\n".join(file.read_text() for file in INTEGRATION.glob("*.py"))
    for key in english["exceptions"]:
        assert f'"{key}"' in source, key
    for key in re.findall(r'translation_key="(\w+)"', source):
        assert key in english["exceptions"] or key in english["issues"], key
    assert set(errors.CODES) <= english["exceptions"].keys()
    for key in re.findall(r'reason="(\w+)"', source):
        assert key in english["config"]["abort"], key
    entity = english["entity"]
    assert {it.key for it in button.BUTTONS} == set(entity["button"])
    assert {it.key for it in select.SELECTS} == set(entity["select"])


def test_actions() -> None:
    actions = ha_yaml.load_yaml_dict(str(INTEGRATION / "services.yaml"))
    assert set(actions) == {"move"}
    assert set(ICONS["services"]) == set(actions)
    for words in TRANSLATIONS.values():
        described = {name: set(it["fields"]) for name, it in words["services"].items()}
        assert described == {name: set(it["fields"]) for name, it in actions.items()}


def test_icons() -> None:
    icons = ICONS["entity"]
    for domain, entities in TRANSLATIONS["en"]["entity"].items():
        assert set(entities) <= set(icons[domain])
    for path, icon in paths(ICONS).items():
        assert re.fullmatch(r"mdi:[a-z0-9-]+", icon), path


def test_quality_scale() -> None:
    rules = yaml.safe_load((INTEGRATION / "quality_scale.yaml").read_text())["rules"]
    core = Path(Entity.__module__ and __import__("homeassistant").__file__).parent
    published = yaml.safe_load((core / "components/mqtt/quality_scale.yaml").read_text())["rules"]
    assert rules.keys() == published.keys()
    for rule, state in rules.items():
        status = state if isinstance(state, str) else state["status"]
        assert status in {"done", "exempt"}, rule
        if status == "exempt":
            assert state["comment"].strip(), rule


def test_no_second_source_of_words() -> None:
    assert not (INTEGRATION / "strings.json").exists()


def test_blueprints_are_valid() -> None:
    from homeassistant.components.automation.config import AUTOMATION_BLUEPRINT_SCHEMA
    from homeassistant.components.blueprint.models import Blueprint

    for file in (ROOT / "blueprints").rglob("*.yaml"):
        Blueprint(
            ha_yaml.load_yaml_dict(str(file)),
            expected_domain="automation",
            path=file.name,
            schema=AUTOMATION_BLUEPRINT_SCHEMA,
        )


def test_platforms() -> None:
    for platform in PLATFORMS:
        assert (INTEGRATION / f"{platform}.py").exists()
    assert "media_player" not in SUPPORTED_COMPONENTS
