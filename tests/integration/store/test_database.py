"""The database itself: how it is opened, what a transaction keeps, what is said when it cannot be used, upgrades."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import IntegrityError, StatementError

import house
from newsletter.app import App
from newsletter.errors import ConfigError, DatabaseError, Refused
from newsletter.home import documented_config, make_home, read_config
from newsletter.states import DeliveryStatus
from newsletter.store import engine as engine_module
from newsletter.store.deliveries import Result, record
from newsletter.store.engine import COPY_DAYS, Database, head_revision
from newsletter.tables import mailing_lists

NOON = house.NOON
DAY = timedelta(days=1)
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Database]:
    made = Database(f"sqlite:///{tmp_path / 'newsletter.db'}")
    yield made
    made.close()


def names(database: Database) -> list[str]:
    with database.read() as connection:
        return list(connection.scalars(select(mailing_lists.c.name).order_by(mailing_lists.c.name)))


# How it is opened


def test_sqlite_waits_for_others_keeps_what_is_committed_and_minds_foreign_keys(sqlite: Database) -> None:
    asked = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
    with sqlite.read() as connection:
        found = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in asked]
    assert found == ["wal", 2, 1, 30_000]


def test_reader_is_not_kept_waiting_by_a_writer(sqlite: Database) -> None:
    sqlite.upgrade(NOON)
    with sqlite.write() as writing:
        house.add_list(writing)
        assert names(sqlite) == []
    assert names(sqlite) == ["Friends"]


@pytest.mark.parametrize(
    "url",
    [
        "newsletter.db",
        "",
        "mysql://ada:secret@host/name",
        "postgresql+psycopg2://ada:secret@host/name",
        "sqlite+x:///y",
    ],
)
def test_url_of_no_database_we_know_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(ConfigError, match=r"^database\.url: must begin with sqlite") as refusal:
        Database(url)
    assert "secret" not in str(refusal.value)


# What a transaction keeps


def test_transaction_keeps_all_of_it(database: Database) -> None:
    with database.write() as connection:
        house.add_list(connection, "Friends")
        house.add_list(connection, "Neighbours")
    assert names(database) == ["Friends", "Neighbours"]


def test_transaction_that_breaks_keeps_nothing(database: Database) -> None:
    with pytest.raises(Refused), database.write() as connection:
        house.add_list(connection)
        raise Refused("on second thoughts")
    assert names(database) == []


def test_trial_keeps_nothing(database: Database) -> None:
    with database.write(keep=False) as connection:
        house.add_list(connection)
        assert connection.scalar(select(func.count()).select_from(mailing_lists)) == 1
    assert names(database) == []


def test_reading_keeps_nothing(database: Database) -> None:
    with database.read() as connection:
        house.add_list(connection)
    assert names(database) == []


def test_second_row_of_the_same_name_is_told_as_it_is(database: Database) -> None:
    """No trouble with the database: whoever asked knows what it means."""
    with database.write() as connection:
        house.add_list(connection)
    with pytest.raises(IntegrityError), database.write() as connection:
        connection.execute(insert(mailing_lists).values(name="Friends", created_at=NOON))


# Time


def test_instant_in_any_zone_comes_back_in_utc(database: Database) -> None:
    at = datetime(2026, 7, 1, 9, 30, 0, 123456, tzinfo=timezone(timedelta(hours=5, minutes=45)))
    with database.write() as connection:
        connection.execute(insert(mailing_lists).values(name="Friends", created_at=at))
    with database.read() as connection:
        found = connection.scalar(select(mailing_lists.c.created_at).where(mailing_lists.c.created_at == at))
    assert found == at
    assert found.isoformat() == "2026-07-01T03:45:00.123456+00:00"


def test_instant_without_a_zone_is_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="has no time zone"), database.write() as connection:
        connection.execute(insert(mailing_lists).values(name="Friends", created_at=NOON.replace(tzinfo=None)))
    with pytest.raises(StatementError, match="has no time zone"), database.read() as connection:
        connection.execute(select(mailing_lists).where(mailing_lists.c.created_at < NOON.replace(tzinfo=None)))


# When it cannot be used


def one_line(error: pytest.ExceptionInfo[DatabaseError]) -> str:
    words = str(error.value)
    assert "\n" not in words and "Traceback" not in words and "sqlalche.me" not in words
    return words


@contextmanager
def held_by_another_process(file: Path) -> Iterator[None]:
    """The write lock of this SQLite file, in other hands."""
    program = (
        "import sqlite3, sys\n"
        "connection = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "connection.execute('BEGIN IMMEDIATE')\n"
        "print('held', flush=True)\n"
        "sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", program, str(file)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None and other.stdin is not None
        assert other.stdout.readline() == "held\n"
        yield
        other.stdin.close()


def test_sqlite_that_another_process_holds_is_told_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_module, "BUSY_SECONDS", 0.05)
    database = Database(f"sqlite:///{tmp_path / 'newsletter.db'}")
    database.upgrade(NOON)
    with held_by_another_process(tmp_path / "newsletter.db"):
        with pytest.raises(DatabaseError) as error, database.write():
            raise AssertionError("it was held")
        assert names(database) == []
    assert one_line(error) == f"the database sqlite:///{tmp_path}/newsletter.db cannot be used: database is locked"
    with database.write() as connection:
        house.add_list(connection)
    database.close()


def test_full_disk_is_told_in_one_line_and_loses_nothing(sqlite: Database) -> None:
    sqlite.upgrade(NOON)
    with sqlite.write() as connection:
        house.add_list(connection)
    with sqlite.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(DatabaseError) as error, sqlite.write() as connection:
        rows = [{"name": f"List {number}".ljust(190, "."), "created_at": NOON} for number in range(500)]
        connection.execute(insert(mailing_lists), rows)
    assert one_line(error).endswith("cannot be used: database or disk is full")
    assert names(sqlite) == ["Friends"]


def test_what_the_driver_says_of_a_prepared_statement_is_told_in_one_line_too(sqlite: Database) -> None:
    sqlite.upgrade(NOON)
    with sqlite.write() as connection:
        _, (delivery,) = house.add_sending_issue(connection)
    with pytest.raises(DatabaseError) as error, sqlite.write() as connection:
        house.add_list(connection, "Others")
        connection.exec_driver_sql("PRAGMA query_only = ON")
        record(connection, [Result(delivery, DeliveryStatus.SENT, NOON, 1)])
    assert one_line(error).endswith("cannot be used: attempt to write a readonly database")
    assert names(sqlite) == ["Friends"]


def test_file_that_is_no_database_is_told_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "newsletter.db"
    file.write_bytes(b"Dear reader, " * 1_000)
    database = Database(f"sqlite:///{file}")
    with pytest.raises(DatabaseError) as error:
        database.revision()
    assert one_line(error).endswith("cannot be used: file is not a database")
    assert file.read_bytes() == b"Dear reader, " * 1_000


def test_folder_that_is_not_there_is_told_in_one_line(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/nowhere/newsletter.db")
    with pytest.raises(DatabaseError) as error:
        database.revision()
    assert one_line(error).endswith("unable to open database file")


def test_postgresql_that_does_not_answer_is_told_in_one_line_without_the_password() -> None:
    database = Database("postgresql+psycopg://ada:secret@127.0.0.1:1/newsletter?connect_timeout=2")
    with pytest.raises(DatabaseError, match="cannot be used: connection failed") as error, database.read():
        raise AssertionError("nobody is there")
    assert "secret" not in one_line(error)


# The schema's age


def set_revision(database: Database, revision: str) -> None:
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})


def test_empty_database_is_told_apart_from_an_old_one(empty_url: str) -> None:
    database = Database(empty_url)
    assert database.revision() is None
    with pytest.raises(DatabaseError, match="holds no tables yet: run `newsletter db upgrade`"):
        database.require_current()
    database.upgrade(NOON)
    set_revision(database, "0000")
    with pytest.raises(DatabaseError, match=r"has schema 0000, this program's is \d+: run `newsletter db upgrade`"):
        database.require_current()
    database.close()


def test_schema_newer_than_the_program_is_refused(empty_url: str) -> None:
    database = Database(empty_url)
    database.upgrade(NOON)
    set_revision(database, "9999")
    sentence = f"has schema 9999, newer than this program's {head_revision()}: install the newer program, or restore"
    for use in (database.require_current, lambda: database.upgrade(NOON)):
        with pytest.raises(DatabaseError, match=re.escape(sentence)) as error:
            use()
        assert one_line(error)
    assert database.revision() == "9999"
    database.close()


def test_home_whose_schema_is_newer_is_refused_at_the_first_question(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home", documented_config())
    app = App(home, read_config(home, {}, {}), lambda: NOON)
    set_revision(app.database, "9999")
    app.close()
    with pytest.raises(DatabaseError, match="newer than this program's"):
        App(home, read_config(home, {}, {}), lambda: NOON).newsletters()


@pytest.fixture
def next_migrations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The program as it will be one migration later; the folder of its steps."""
    folder = tmp_path / "migrations"
    shutil.copytree(engine_module.MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(engine_module, "MIGRATIONS", folder)
    return folder / "versions"


def add_migration(folder: Path, after: str, *statements: str) -> str:
    revision = f"{int(after) + 1:04}"
    steps = "".join(f"    op.execute({statement!r})\n" for statement in statements)
    (folder / f"{revision}_one_more.py").write_text(
        f"from alembic import op\n\nrevision = {revision!r}\ndown_revision = {after!r}\n\n\n"
        f"def upgrade() -> None:\n{steps}"
    )
    return revision


def test_older_schema_is_brought_up_to_date_with_everything_in_it(empty_url: str, next_migrations: Path) -> None:
    database = Database(empty_url)
    database.upgrade(NOON)
    old = head_revision()
    with database.write() as connection:
        house.add_list(connection)
    new = add_migration(next_migrations, old, "ALTER TABLE mailing_lists ADD COLUMN colour VARCHAR(10)")
    with pytest.raises(DatabaseError, match=f"has schema {old}, this program's is {new}"):
        database.require_current()
    before, after, copy = database.upgrade(NOON)
    assert (before, after, copy is not None) == (old, new, database.is_sqlite)
    assert names(database) == ["Friends"]
    with database.read() as connection:
        assert connection.execute(text("SELECT colour FROM mailing_lists")).all() == [(None,)]
    database.require_current()
    database.close()


def test_upgrade_that_breaks_leaves_the_database_as_it_was(empty_url: str, next_migrations: Path) -> None:
    database = Database(empty_url)
    database.upgrade(NOON)
    old = head_revision()
    add_migration(
        next_migrations,
        old,
        "ALTER TABLE mailing_lists ADD COLUMN colour VARCHAR(10)",
        "INSERT INTO mailing_lists (name, created_at, colour) VALUES ('Friends', NULL, 'red')",
    )
    with pytest.raises(IntegrityError):
        database.upgrade(NOON)
    assert database.revision() == old
    assert names(database) == []
    with database.write() as connection:
        house.add_list(connection)
        assert "colour" not in connection.execute(select(text("*")).select_from(mailing_lists)).keys()
    database.close()


def test_sqlite_is_copied_before_an_upgrade_with_what_is_still_in_its_log(
    sqlite: Database, next_migrations: Path
) -> None:
    sqlite.upgrade(NOON)
    old = head_revision()
    with sqlite.write() as connection:
        house.add_list(connection)
    assert sqlite.file is not None
    assert sqlite.file.with_name("newsletter.db-wal").stat().st_size > 0
    add_migration(next_migrations, old, "DELETE FROM mailing_lists")
    _, _, copy = sqlite.upgrade(NOON)
    assert copy == sqlite.file.with_name(f"newsletter.db.before-{old}-20260330T120000Z")
    assert names(sqlite) == []
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT name FROM mailing_lists").fetchall() == [("Friends",)]
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(old,)]


def test_upgrade_that_cannot_copy_first_is_not_begun(sqlite: Database, next_migrations: Path) -> None:
    sqlite.upgrade(NOON)
    old = head_revision()
    assert sqlite.file is not None
    copy = sqlite.file.with_name(f"newsletter.db.before-{old}-20260330T120000Z")
    copy.mkdir()
    add_migration(next_migrations, old, "DELETE FROM mailing_lists")
    with pytest.raises(DatabaseError, match="the upgrade was not begun") as error:
        sqlite.upgrade(NOON)
    assert str(copy) in one_line(error)
    assert sqlite.revision() == old


def aged(file: Path, now: datetime, days: float) -> Path:
    file.write_bytes(b"readers")
    written = (now - days * DAY).timestamp()
    os.utime(file, (written, written))
    return file


def test_copies_end_after_thirty_days_and_nothing_else_does(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home", documented_config())
    name = "letters [1].db"
    settings = read_config(home, {}, {"database.url": f"sqlite:///{home.folder}/{name}"})
    old = aged(home.folder / f"{name}.before-0001-20260227T115959Z", NOON, COPY_DAYS + 0.01)
    young = aged(home.folder / f"{name}.before-0001-20260301T120000Z", NOON, COPY_DAYS - 0.01)
    kept_by_hand = aged(home.folder / f"{name}.before-the-move", NOON, 400)
    of_another = aged(home.folder / "other.db.before-0001-20260101T120000Z", NOON, 400)
    app = App(home, settings, lambda: NOON)
    app.database.require_current()
    app.close()
    assert not old.exists()
    assert young.exists() and kept_by_hand.exists() and of_another.exists()


def test_copies_end_with_an_upgrade_too(sqlite: Database, tmp_path: Path) -> None:
    old = aged(tmp_path / "newsletter.db.before-0001-20250101T120000Z", NOON, 400)
    sqlite.upgrade(NOON)
    assert not old.exists()


def test_programs_that_upgrade_at_once_all_find_it_done(empty_url: str) -> None:
    program = (
        "import sys\n"
        "from alembic import command\n"
        "from newsletter.app import utc_now\n"
        "from newsletter.store.engine import Database\n"
        "database = Database(sys.argv[1])\n"
        "print('ready', flush=True)\n"
        "sys.stdin.readline()\n"
        "print(database.upgrade(utc_now())[1])\n"
        "database.require_current()\n"
    )
    others = [
        subprocess.Popen(
            [sys.executable, "-c", program, empty_url],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for other in others:
        assert other.stdout is not None and other.stdout.readline() == "ready\n"
    for other in others:
        assert other.stdin is not None
        other.stdin.write("go\n")
        other.stdin.flush()
    said = [other.communicate(timeout=60) for other in others]
    assert [(out, err) for out, err in said] == [(f"{head_revision()}\n", "")] * 4
