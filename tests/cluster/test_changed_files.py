"""What ``zapette cluster add``, ``remove`` and ``renew`` do with the files; no node runs."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from zapette_cli.program import main
from zapette_server.errors import ClusterFileError
from zapette_server.nats import claims
from zapette_server.nats.cluster import node_files
from zapette_server.nats.cluster.cluster_folder import ClusterFolder
from zapette_server.nats.cluster.cluster_keys import ClusterKeys
from zapette_server.nats.cluster.node_files import Ports
from zapette_server.settings.sources import load


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "cluster"
    node_files.write(path, node_files.nodes(["127.0.0.1"], Ports()))
    return path


def text(folder: Path, number: int) -> str:
    return (folder / f"node-{number}.conf").read_text()


def test_a_node_is_added_and_removed(folder: Path) -> None:
    before = {number: text(folder, number) for number in (1, 2, 3)}
    settings = (folder / "zapette.toml").read_text()
    # what an owner has added stays
    mine = before[1].replace('# tls { cert_file: "cert.pem"', 'tls { cert_file: "own.pem"')
    assert mine != before[1]
    (folder / "node-1.conf").write_text(mine)
    node = ClusterFolder(folder).add("127.0.0.1", streams=False)
    assert (node.name, node.ports) == ("node-4", Ports(1886, 8086, 4225, 6225))
    new = text(folder, 4)
    assert "own.pem" in new
    assert "node-1" not in new
    assert "jetstream" not in new
    assert [f":{port}" in new for port in range(6222, 6226)] == [True] * 4
    assert all(":6225" in text(folder, number) for number in (1, 2, 3))
    assert stat.S_IMODE((folder / "node-4.conf").stat().st_mode) == 0o600
    broker = load(folder / "zapette.toml", {}).broker
    assert [it.port for it in broker.programs("")] == [1883, 1884, 1885, 1886]
    assert broker.page_urls.endswith("ws://127.0.0.1:8086/mqtt")
    files = ClusterFolder(folder)
    files.remove(files.removable("node-4"))
    assert not (folder / "node-4.conf").exists()
    assert (text(folder, 1), text(folder, 2), text(folder, 3)) == (mine, before[2], before[3])
    assert (folder / "zapette.toml").read_text() == settings


def test_a_node_on_another_machine_has_the_ports_of_the_first(folder: Path) -> None:
    node = ClusterFolder(folder).add("2001:db8::4", streams=True)
    assert node.ports == Ports()
    assert ClusterFolder(folder).nodes[-1] == node
    assert 'listen: "[2001:db8::4]:1883"' in text(folder, 4)
    assert "@[2001:db8::4]:6222" in text(folder, 1)


def test_three_nodes_keep_messages(folder: Path) -> None:
    ClusterFolder(folder).add("127.0.0.1", streams=False)
    files = ClusterFolder(folder)
    with pytest.raises(ClusterFileError, match="add another first"):
        files.removable("node-1")
    with pytest.raises(ClusterFileError, match="no such node"):
        files.removable("node-9")


def test_files_that_were_rewritten_stay(folder: Path) -> None:
    (folder / "node-2.conf").write_text("server_name: node-2\n")
    with pytest.raises(ClusterFileError, match="listen: it is not as"):
        ClusterFolder(folder).add("127.0.0.1", streams=True)
    assert ":6225" not in text(folder, 1)
    with pytest.raises(ClusterFileError, match="did not make this folder"):
        ClusterFolder(folder / "operator")


def test_keys_are_renewed_in_three_steps(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "fr_FR.UTF-8")
    keys = folder / "keys"

    def renew(*options: str) -> tuple[int, str]:
        done = CliRunner().invoke(main, ["cluster", "renew", str(folder), *options])
        return done.exit_code, done.output

    old = ClusterKeys.load(keys)
    assert renew("--finish")[0] == 2
    assert "1 sur 3" in renew()[1]
    during = ClusterKeys.load(keys)
    assert (during.signing, during.system_token) == (old.signing, old.system_token)
    assert renew("--finish")[0] == 2
    assert "2 sur 3" in renew()[1]
    used = ClusterKeys.load(keys)
    assert {used.signing.public, old.signing.public} == set(used.account.signing)
    assert set(during.account.signing) == set(used.account.signing)
    # a token by either is read, and an account signed by either is believed
    for key in (old.operator, used.operator):
        assert claims.read(claims.sign(key, {}), *used.operators)
    assert "--finish supprime" in renew()[1]
    assert "3 sur 3" in renew("--finish")[1]
    left = ClusterKeys.load(keys)
    assert left.account.signing == (left.signing.public,) == (used.signing.public,)
    secrets = [old.signing.seed, old.operator.seed, old.system_user.seed]
    for file in (it for it in folder.rglob("*") if it.is_file()):
        assert not any(it in file.read_text() for it in secrets)
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    (operator,) = {
        line for it in (1, 2, 3) for line in text(folder, it).splitlines() if "operator: " in line
    }
    assert claims.unchecked(operator.split()[1])["nats"]["signing_keys"] == [left.operator.public]


class Killed(BaseException):
    """A kill, which no code handles."""


class CutOff:
    """Ends the program before one of its changes of names; counts from 0."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._left = -1
        for name in ("replace", "rename", "mkdir", "unlink", "rmdir"):
            monkeypatch.setattr(os, name, partial(self._change, getattr(os, name)))

    def at(self, change: int, act: Callable[[], object]) -> bool:
        """Return whether it was cut off; false if it has fewer changes."""
        self._left = change
        try:
            act()
        except Killed:
            return True
        finally:
            self._left = -1
        return False

    def _change(self, real: Callable[..., object], *arguments: Any, **named: Any) -> object:
        if self._left == 0:
            raise Killed
        self._left -= 1
        return real(*arguments, **named)


def test_a_renewal_that_is_cut_off_is_completed(folder: Path, cut: CutOff) -> None:
    def run(copy: Path, *options: str) -> str:
        done = CliRunner().invoke(main, ["cluster", "renew", str(copy), *options])
        assert done.exit_code == 0, done.output
        ClusterKeys.load(copy / "keys")
        return done.output

    steps = [(), (), ("--finish",)]
    for step, options in enumerate(steps):
        for change in count():
            copy = folder.with_name(f"cut-{step}-{change}")
            shutil.copytree(folder, copy)
            if not cut.at(change, partial(run, copy, *options)):
                break
            assert run(copy, *options).startswith(f"Step {step + 1} of 3"), change
            for later in steps[step + 1 :]:
                run(copy, *later)
        assert change > 4
        run(folder, *options)


def test_a_node_whose_addition_or_removal_is_cut_off(folder: Path, cut: CutOff) -> None:
    def add(copy: Path) -> None:
        ClusterFolder(copy).add("127.0.0.1", streams=True)

    def remove(copy: Path) -> None:
        files = ClusterFolder(copy)
        files.remove(files.removable("node-4"))

    for act in (add, remove):
        whole = folder.with_name(act.__name__)
        shutil.copytree(folder, whole)
        act(whole)
        for change in count():
            copy = folder.with_name(f"{act.__name__}-{change}")
            shutil.copytree(folder, copy)
            if not cut.at(change, partial(act, copy)):
                break
            act(copy)
            assert texts(copy) == texts(whole), change
        assert change > 3
        act(folder)


def test_a_new_cluster_that_is_cut_off(tmp_path: Path, cut: CutOff) -> None:
    for change in count():
        folder = tmp_path / f"{change}" / "cluster"
        of = node_files.nodes(["127.0.0.1"], Ports())
        if not cut.at(change, partial(node_files.write, folder, of)):
            break
        node_files.write(folder, of)
        assert ClusterFolder(folder).nodes == of
        assert [it.name for it in folder.parent.iterdir()] == ["cluster"]
    assert change > 8


def texts(folder: Path) -> dict[str, str]:
    files = [*folder.glob("*.conf"), folder / "zapette.toml"]
    return {it.name: it.read_text() for it in files}


@pytest.fixture
def cut(monkeypatch: pytest.MonkeyPatch) -> CutOff:
    return CutOff(monkeypatch)


def test_without_the_operator_s_key(folder: Path) -> None:
    (folder / "operator" / "operator.seed").unlink()
    done = CliRunner().invoke(main, ["cluster", "renew", str(folder)])
    assert done.exit_code == 2
    assert "operator.seed" in done.output
    assert not (folder / "keys" / "next").exists()
