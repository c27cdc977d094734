"""The page for operators has the commands that R15 and the soak run, and they keep what they promise."""

import re
import shutil
import sqlite3
import stat
import subprocess
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.load import load
from benchmarks.reliability.copies import PAGE, Copies, Place, commands
from tests.conftest import need

BLOCKS = commands()
OPTIONS = {
    "copy SQLite": ("VACUUM INTO", "?mode=ro", "mktemp -d", "rm -rf"),
    "copy PostgreSQL": ("--format=custom", "--exclude-schema=keystore", "--schema=keystore", "service=lms"),
    "restore SQLite": ("mkdir -m 700", "DELETE FROM accounts_session", "DELETE FROM accounts_known_device"),
    "restore PostgreSQL": ("mkdir -m 700", "--exit-on-error", "--no-owner", "DELETE FROM accounts_session"),
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Four people."""
    made = load(tmp_path_factory.mktemp("site"), people=4, pool=1)
    return Place(data_dir=made.data_dir, keys_dir=made.keys_dir, address=None)


@pytest.fixture
def copies(tmp_path: Path) -> Copies:
    need("openssl")
    return Copies(folder=tmp_path / "copies").prepare()


def files(copies: Copies) -> list[Path]:
    return [one for name in ("data", "keys") for one in sorted((copies.folder / name).iterdir())]


def rows(file: Path, table: str) -> int:
    with closing(sqlite3.connect(file)) as database:
        return int(database.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def test_the_page_has_every_block_and_nothing_beside_it() -> None:
    assert BLOCKS.keys() == OPTIONS.keys()
    for name, options in OPTIONS.items():
        assert BLOCKS[name].startswith("set -Ceuo pipefail\numask 077\n"), name
        assert not [option for option in options if option not in BLOCKS[name]]
    assert "PGPASSWORD" not in PAGE.read_text() and not re.search(r"postgres(ql)?://", "".join(BLOCKS.values()))


def test_what_was_copied_is_sealed_private_and_comes_back(site: Place, copies: Copies, tmp_path: Path) -> None:
    copies.take(site)
    found = files(copies)
    assert [one.name.partition("-")[0] for one in found] == ["data", "files", "keys"]
    assert {stat.S_IMODE(one.stat().st_mode) for one in found} == {0o600}
    assert not any(b"SQLite format" in one.read_bytes() or b"login-pepper" in one.read_bytes() for one in found)

    new = Place(data_dir=tmp_path / "new", keys_dir=tmp_path / "new-keys", address=None)
    copies.restore(new)
    assert {stat.S_IMODE(one.stat().st_mode) for one in (new.data_dir, new.keys_dir)} == {0o700}
    kept = {one.name for one in site.keys_dir.iterdir() if not one.name.endswith(("-wal", "-shm"))}
    assert {one.name for one in new.keys_dir.iterdir()} == kept
    assert rows(new.data_dir / "lms.sqlite", "accounts_person") == rows(site.data_dir / "lms.sqlite", "accounts_person")


def test_a_restored_copy_lets_nobody_in_who_was_signed_in(site: Place, copies: Copies, tmp_path: Path) -> None:
    own = replace(site, data_dir=tmp_path / "data", keys_dir=tmp_path / "keys")
    shutil.copytree(site.data_dir, own.data_dir)
    shutil.copytree(site.keys_dir, own.keys_dir)
    ended = ("accounts_session", "accounts_known_device")
    with closing(sqlite3.connect(own.data_dir / "lms.sqlite")) as database, database:
        for table in ended:
            database.execute(f"ALTER TABLE {table} RENAME TO gone")
            database.execute(f"CREATE TABLE {table} AS SELECT 7 AS id")
            database.execute("DROP TABLE gone")
    copies.take(own)
    new = Place(data_dir=tmp_path / "new", keys_dir=tmp_path / "new-keys", address=None)
    copies.restore(new)
    assert [rows(own.data_dir / "lms.sqlite", table) for table in ended] == [1, 1]
    assert [rows(new.data_dir / "lms.sqlite", table) for table in ended] == [0, 0]


def test_a_mistyped_source_is_no_copy_and_is_not_made(site: Place, copies: Copies, tmp_path: Path) -> None:
    wrong = replace(site, data_dir=tmp_path / "mistyped")
    wrong.data_dir.mkdir()
    with pytest.raises(subprocess.CalledProcessError) as told:
        copies.take(wrong)
    assert "unable to open database file" in told.value.stderr
    assert files(copies) == [] and list(wrong.data_dir.iterdir()) == []


def test_what_could_not_be_sealed_has_not_the_name_of_a_copy(site: Place, copies: Copies) -> None:
    (copies.folder / "certificate").unlink()
    with pytest.raises(subprocess.CalledProcessError):
        copies.take(site)
    assert [one.suffix for one in files(copies)] == [".part"] and files(copies)[0].stat().st_size == 0
