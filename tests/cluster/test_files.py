"""The keys, tokens and files of a cluster; no node runs."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.programs.nats_cluster import NatsCluster
from zapette.errors import SettingsError, Unavailable
from zapette.protocol.topics import Topics
from zapette_server.access.credentials import Keyring
from zapette_server.access.rights import Role, rights
from zapette_server.engine.create import create_tokens
from zapette_server.errors import CredentialsError, KeyFileError
from zapette_server.nats import claims
from zapette_server.nats.cluster.cluster_keys import ClusterKeys
from zapette_server.nats.connections import mqtt_clients
from zapette_server.nats.nkeys import ACCOUNT, KeyPair
from zapette_server.nats.revocations import EVERYBODY, MOST, bounded, void_until
from zapette_server.nats.subjects import permissions, subjects
from zapette_server.settings.settings import Settings
from zapette_server.settings.sources import load

PLAYER = "a" * 32


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> NatsCluster:
    return NatsCluster(tmp_path_factory.mktemp("files") / "cluster")


@pytest.mark.parametrize(
    ("topic_filter", "wanted"),
    [
        ("zapette/server/availability", ("zapette.server.availability",)),
        ("zapette/players/+/state", ("zapette.players.*.state",)),
        ("zapette/#", ("zapette", "zapette.>")),
        ("a/+/b/#", ("a.*.b", "a.*.b.>")),
        ("#", (">",)),
    ],
)
def test_subjects(topic_filter: str, wanted: tuple[str, ...]) -> None:
    assert subjects(topic_filter) == wanted


def test_a_guest_may_what_the_table_says_and_nothing_else() -> None:
    acl = rights(Role.GUEST, Topics(), "guest-1", PLAYER)
    root = f"zapette.players.{PLAYER}"
    allowed = permissions(acl)
    assert allowed["pub"]["allow"] == [
        f"{root}.request.guest-1.*.{it}" for it in ("status", "queue.add", "queue.play_next")
    ]
    assert [it for it in allowed["sub"]["allow"] if not it.startswith("$")] == [
        f"{root}.state",
        f"{root}.availability",
        f"{root}.response.guest-1",
        f"{root}.response.guest-1.>",
        "zapette.server.availability",
    ]


def test_a_key_is_read_back_and_a_wrong_letter_is_noticed() -> None:
    key = KeyPair.new(ACCOUNT)
    assert KeyPair.from_seed(key.seed).public == key.public
    assert key.public[0] == "A"
    assert key.seed[:2] == "SA"
    assert key.seed not in repr(key)
    other = "B" if key.seed[20] == "A" else "A"
    for wrong in ("", "x", key.public, key.seed[:20] + other + key.seed[21:]):
        with pytest.raises(KeyFileError):
            KeyPair.from_seed(wrong)


def test_a_token_of_another_cluster_or_a_changed_one_is_refused(cluster: NatsCluster) -> None:
    keyring = Keyring(b"k" * 32, Topics())
    tokens = create_tokens(load(cluster.settings_file, {}), keyring)
    token, expires_at = tokens.issue(Role.REMOTE, "remote-1", PLAYER, "0" * 16, lifetime=60)
    read = tokens.read(token)
    assert (read.role, read.client_id, read.player_id, read.generation, read.expires_at) == (
        Role.REMOTE, "remote-1", PLAYER, "0" * 16, expires_at,
    )  # fmt: skip
    head, body, signature = token.split(".")
    other = claims.sign(
        KeyPair.new(ACCOUNT), {"exp": expires_at, "zapette": ["server", "", "", ""]}
    )
    expired, _ = tokens.issue(Role.SERVER, "s", lifetime=-1)
    for wrong in ("", "a.b.c", f"{head}.{body}.{signature[::-1]}", other, expired, "é"):
        with pytest.raises(CredentialsError):
            tokens.read(wrong)


def test_each_revocation_reaches_further_than_tokens_given_after_the_one_before() -> None:
    assert void_until([]) == 0
    assert void_until([10.2]) == 10
    assert void_until([10.2, 10.9]) == 11
    assert void_until([10.9, 10.2, 50.0]) == 50
    few = {str(number): number for number in range(MOST)}
    assert bounded(few) == few
    assert bounded(few | {"more": 7}) == {EVERYBODY: MOST - 1}


def test_a_node_that_does_not_list_its_connections() -> None:
    listed = {"data": {"connections": [{"mqtt_client": "remote-1"}, {"cid": 7}]}}
    assert mqtt_clients([listed, {"data": {"connections": None}}]) == {"remote-1"}
    refused = {"server": {}, "data": None, "error": {"code": 400, "description": "no such account"}}
    with pytest.raises(Unavailable, match="no such account"):
        mqtt_clients([listed, refused])


def test_the_household_s_token_ends_after_the_days_that_are_asked_for(
    cluster: NatsCluster, tmp_path: Path
) -> None:
    environment = {"ZAPETTE_DATA_DIR": str(tmp_path), "ZAPETTE_CONFIG": str(cluster.settings_file)}
    tokens = create_tokens(load(cluster.settings_file, {}), Keyring(b"k" * 32, Topics()))
    for language, options, days, wanted in (
        ("C", (), 30, "valid until"),
        ("fr_FR.UTF-8", ("--days", "2"), 2, "valable jusqu"),
    ):
        shown = subprocess.run(
            [sys.executable, "-m", "zapette_cli", "credentials", *options],
            env={**os.environ, **environment, "LC_ALL": language},
            capture_output=True,
            text=True,
            timeout=60,
        )
        name, password = shown.stdout.split()
        left = tokens.read(password).expires_at - time.time()
        assert (name, round(left / 86400)) == ("home", days)
        assert wanted in shown.stderr


def test_only_the_owner_can_read_the_files(cluster: NatsCluster) -> None:
    found = [it for it in cluster.folder.rglob("*") if it.is_file()]
    assert {it.name for it in found} >= {"node-1.conf", "zapette.toml", "operator.seed"}
    assert {stat.S_IMODE(it.stat().st_mode) for it in found} == {0o600}
    root = (cluster.folder / "operator" / "operator.seed").read_text().strip()
    assert all(root not in it.read_text() for it in found if it.name != "operator.seed")


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    keys = NatsCluster(tmp_path / "open").folder / "keys"
    ClusterKeys.load(keys)
    (keys / "account-signing.seed").chmod(0o640)
    with pytest.raises(KeyFileError, match=r"account-signing\.seed: others can read it"):
        ClusterKeys.load(keys)
    (keys / "account-signing.seed").unlink()
    with pytest.raises(KeyFileError, match="No such file"):
        ClusterKeys.load(keys)


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (["--host", "1.2.3.4", "--host", "1.2.3.5"], "1 or 3 addresses"),
        (["--host", "somewhere"], "'somewhere' is not an IP address"),
        (["--mqtt-port", "0"], "not in the range"),
        (["--mqtt-port", "4224"], "port 4224 of 127.0.0.1 would be used twice"),
        (["--host", "1.2.3.4"] * 3, "of 1.2.3.4 would be used twice"),
        (["--host", "0.0.0.0"], "not an address by which"),
        (["--host", "::"], "not an address by which"),
        (["--host", "fe80::1%eth0"], "not an address by which"),
    ],
)
def test_wrong_options_of_init(tmp_path: Path, arguments: list[str], wanted: str) -> None:
    made = _init(tmp_path / "new", *arguments)
    assert made.returncode == 2
    assert wanted in made.stderr
    assert not (tmp_path / "new").exists()


def test_init_keeps_what_is_there(cluster: NatsCluster) -> None:
    before = (cluster.folder / "node-1.conf").read_text()
    made = _init(cluster.folder)
    assert made.returncode == 2
    assert "File exists" in made.stderr
    assert (cluster.folder / "node-1.conf").read_text() == before


def test_nodes_on_three_machines(tmp_path: Path) -> None:
    hosts = ("192.0.2.1", "192.0.2.2", "2001:db8::3")
    made = _init(tmp_path / "new", *(text for host in hosts for text in ("--host", host)))
    assert made.returncode == 0, made.stderr
    settings = load(tmp_path / "new" / "zapette.toml", {}).broker
    assert [(it.host, it.port) for it in settings.programs("x")] == [(it, 1883) for it in hosts]


@pytest.mark.parametrize(
    ("changed", "key"),
    [
        ({"ZAPETTE_BROKER_KIND": "emqx"}, "broker.kind"),
        ({"ZAPETTE_BROKER_KIND": "nats"}, "broker.urls"),
        ({"ZAPETTE_BROKER_URLS": "http://x"}, "broker.urls"),
        ({"ZAPETTE_BROKER_PAGE_URLS": "ws://x/mqtt, x"}, "broker.page_urls"),
        ({"ZAPETTE_BROKER_SYSTEM_URLS": "nats://me@x"}, "broker.system_urls"),
        ({"ZAPETTE_BROKER_KEYS": "nowhere"}, "broker.keys"),
    ],
)
def test_wrong_settings(changed: dict[str, str], key: str) -> None:
    with pytest.raises(SettingsError) as error:
        load(None, changed)
    assert error.value.key == key


def test_the_embedded_broker_is_the_default() -> None:
    assert not Settings().broker.is_nats


def _init(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "zapette_cli", "cluster", "init", str(folder), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
    )
