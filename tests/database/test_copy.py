"""`zapette store copy`: all that web sides share, from either kind of database to the other."""

from __future__ import annotations

import sqlite3
import subprocess
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner, Result

from tests.database.test_grants import ONE
from tests.programs.ports import free_port
from tests.programs.postgresql import PostgresqlServer, program
from zapette_broker.storage.store_errors import StoreDamaged
from zapette_cli.failures import TRY_AGAIN
from zapette_cli.program import main
from zapette_server.postgresql.database import Database
from zapette_server.storage.backups import restore
from zapette_server.storage.data_folder import RESTORING, DataFolder
from zapette_server.storage.stores import WEB, Stores, prepare

pytestmark = pytest.mark.slow

IDS = [f"{number:032x}" for number in range(5)]


def copied(*places: object, language: str = "en") -> Result:
    command = ["store", "copy", *map(str, places)]
    return CliRunner().invoke(main, command, env={"LC_ALL": f"{language}_FR.UTF-8"})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder with players, a grant, and a revoked one."""
    stores = Stores.open(tmp_path / "from", WEB)
    stores.registry.endings()
    for player_id in IDS:
        stores.registry.claim(player_id, "a client")
    stores.registry.renew(IDS[0])
    stores.grants.note(ONE)
    stores.grants.revoke(replace(ONE, client_id="remote-2", device=""))
    stores.close()
    return stores.folder.path


def content(path: Path, database: str = "sqlite") -> tuple[object, ...]:
    stores = Stores.open(path, WEB, database)
    try:
        return (
            stores.registry.everybody(100),
            stores.registry.endings().since(0),
            stores.grants.of(ONE.player_id),
            stores.grants.revocations(),
            stores.folder.secret,
            stores.folder.home_password,
        )
    finally:
        stores.close()


def test_there_and_back(folder: Path, database_url: str, tmp_path: Path) -> None:
    before = content(folder)
    result = copied(folder, database_url)
    assert result.exit_code == 0, result.output
    assert "5 players and 2 remotes were copied" in result.output
    # a new folder on that database gets the secrets from it
    assert content(tmp_path / "web", database_url) == before
    assert copied(database_url, tmp_path / "back", language="fr").output.startswith("5 lecteurs")
    assert content(tmp_path / "back") == before == content(folder)


def backed_up(web: Path, file: Path, database: str, language: str = "en") -> str:
    """Run `zapette backup`; return its warnings."""
    given = {"ZAPETTE_DATA_DIR": str(web), "LC_ALL": f"{language}_FR.UTF-8"}
    command = ["backup", str(file)]
    result = CliRunner().invoke(main, command, env=given | {"ZAPETTE_DATABASE": database})
    assert result.exit_code == 0, result.output
    return result.stderr


def test_a_backup_leaves_out_the_database(database_url: str, folder: Path, tmp_path: Path) -> None:
    assert backed_up(folder, tmp_path / "alone.zip", "sqlite") == ""
    said = backed_up(folder, tmp_path / "a.zip", database_url)
    assert said.startswith("left out: the players and their remotes, which are in PostgreSQL;")
    assert "laissés de côté" in backed_up(folder, tmp_path / "b.zip", database_url, "fr")


def test_a_backup_and_a_dump_are_everything(
    server: PostgresqlServer, folder: Path, database_url: str, tmp_path: Path
) -> None:
    """As docs/scaling.md says."""
    assert copied(folder, database_url).exit_code == 0
    before = content(tmp_path / "web", database_url)
    backed_up(tmp_path / "web", tmp_path / "saved.zip", database_url)
    dump = tmp_path / "zapette.dump"
    command = [program("pg_dump"), "--format=custom", f"--file={dump}", database_url]
    subprocess.run(command, check=True)
    restore.restore(tmp_path / "saved.zip", tmp_path / "there")
    with server.empty_database() as url:
        subprocess.run([program("pg_restore"), f"--dbname={url}", str(dump)], check=True)
        assert content(tmp_path / "there", url) == before
        stores = Stores.open(tmp_path / "there", WEB, url)
        ended = stores.registry.endings().since(0)
        # a trigger records this
        assert stores.registry.renew(IDS[1])
        assert len(stores.registry.endings().since(0)) == len(ended) + 1
        stores.close()


def test_nothing_is_written_over(folder: Path, database_url: str, tmp_path: Path) -> None:
    assert copied(folder, database_url).exit_code == 0
    again = copied(folder, database_url)
    assert (again.exit_code, again.output.count("not empty")) == (2, 1)
    assert "pas vide" in copied(database_url, folder, language="fr").output
    assert "nothing of Zapette" in copied(tmp_path / "missing", database_url).output
    assert not (tmp_path / "missing").exists()


@pytest.mark.parametrize("scheme", ["postgres", "mysql"])
def test_a_database_of_another_kind(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    """It was taken for a folder of this name, with the secrets in it."""
    monkeypatch.chdir(tmp_path)
    url = f"{scheme}://tv:secret@db.example/tv"
    for places in ((folder, url), (url, tmp_path / "to")):
        refused = copied(*places)
        assert (refused.exit_code, "secret" in refused.output) == (2, False)
        assert "begins with postgresql://" in refused.output
    assert [it.name for it in tmp_path.iterdir()] == ["from"]


@pytest.mark.parametrize(
    "theirs",
    [
        "CREATE TABLE players (name TEXT)",
        "CREATE TABLE household (people INTEGER)",
        "CREATE VIEW leases AS SELECT 1",
        "CREATE TABLE zapette_schema (version BIGINT)",
        "CREATE FUNCTION zapette_player_ends() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END'",
    ],
)
def test_a_database_of_another_program(server: PostgresqlServer, folder: Path, theirs: str) -> None:
    with server.empty_database() as url, psycopg.connect(url, autocommit=True) as database:
        database.execute(theirs)

        def found() -> list[tuple[str]]:
            listed = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            return database.execute(listed).fetchall()

        before = found()
        refused = copied(folder, url)
        assert (refused.exit_code, "another program uses it" in refused.output) == (2, True)
        assert found() == before


def test_an_empty_source_stays_empty(server: PostgresqlServer, tmp_path: Path) -> None:
    with server.empty_database() as url, psycopg.connect(url, autocommit=True) as database:
        refused = copied(url, tmp_path / "to")
        assert (refused.exit_code, "nothing of Zapette" in refused.output) == (2, True)
        listed = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        assert database.execute(listed).fetchall() == []
    assert not (tmp_path / "to").exists()


def test_what_is_no_place_for_a_copy(
    folder: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder.parent)
    assert "not empty" in copied(folder, folder / "secret").output
    assert "begins with postgresql://" in copied(folder, "postgresql:/zapette").output
    refused = copied(folder, f"{database_url}&user=p%zzw")
    assert (refused.exit_code, "p%zzw" in refused.output) == (2, False)
    assert "database: invalid percent-encoded token" in refused.output
    assert [it.name for it in folder.parent.iterdir()] == ["from"]
    assert copied(folder, database_url).exit_code == 0
    # the same database, whose source would have it locked
    assert "not empty" in copied(database_url, database_url).output


def test_a_running_or_newer_source_is_refused(
    folder: Path, database_url: str, tmp_path: Path
) -> None:
    stores = Stores.open(folder, WEB)
    assert "already runs on it" in copied(folder, database_url).output
    stores.close()
    with sqlite3.connect(folder / "visitors.db") as database:
        database.execute("PRAGMA user_version = 99")
    database.close()
    refused = copied(folder, database_url)
    assert refused.exit_code == 2
    assert "newer version" in refused.output
    assert "plus récente" in copied(folder, database_url, language="fr").output
    # and nothing was left of the attempts
    empty = Database(database_url)
    assert empty.read("SELECT 1 FROM players") == empty.read("SELECT 1 FROM household") == []
    empty.write("UPDATE zapette_schema SET version = 99")
    empty.close()
    assert "newer version" in copied(database_url, tmp_path / "new").output
    assert not (tmp_path / "new").exists()


def test_a_folder_of_another_household(folder: Path, database_url: str, tmp_path: Path) -> None:
    assert copied(folder, database_url).exit_code == 0
    other = Stores.open(tmp_path / "other", WEB)
    other.close()
    with pytest.raises(Exception, match="differs from that of the database"):
        Stores.open(tmp_path / "other", WEB, database_url)


def test_a_database_that_cannot_be_reached_is_reported_once(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    result = copied(folder, f"postgresql://zapette@127.0.0.1:{free_port()}/zapette")
    assert result.exit_code == TRY_AGAIN
    assert result.output.startswith("zapette: PostgreSQL: it cannot be reached (connection to ")
    assert result.output.endswith("refused)\n")
    assert "cannot be reached" not in caplog.text


@pytest.mark.parametrize("command", [["tls"], ["sign", "zapette.webm"], ["credentials"]])
def test_a_command_before_the_first_start_of_a_further_web_side(
    command: list[str], database_url: str, tmp_path: Path
) -> None:
    """It makes no secrets of its own, with which the web side could never start."""
    prepare(tmp_path / "first", database=database_url)
    further = tmp_path / "further"
    settings = {"ZAPETTE_DATABASE": database_url, "ZAPETTE_DATA_DIR": str(further)}
    ended = CliRunner().invoke(main, command, env=settings)
    assert ended.exit_code == 0, ended.output
    prepare(further, database=database_url)
    assert DataFolder.open(further).secret == DataFolder.open(tmp_path / "first").secret


def test_a_folder_in_which_a_restore_was_cut_off(tmp_path: Path, database_url: str) -> None:
    (tmp_path / RESTORING).mkdir()
    with pytest.raises(StoreDamaged, match="repeat `zapette restore`"):
        prepare(tmp_path, database=database_url)
    assert not (tmp_path / "secret").exists()
