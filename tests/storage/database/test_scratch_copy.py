"""A copy of a database in memory: all of it is there, and what happens to it stays there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from storage import tables
from storage.database.scratch_copy import scratch_copy

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from storage.database.transaction import Database
    from tests.world import World


@pytest.mark.both_databases
def test_a_copy_has_every_row_and_leaves_the_database_alone(world: World, database: Database) -> None:
    """Customers, bills and a talk are in it; texts in the copy add no row to the database."""
    world.customer()
    world.bill()
    world.says("what do I owe?")
    before = _counts(database.engine)
    with scratch_copy(database) as copy:
        assert _counts(copy.engine) == before
        with copy.read() as there, database.read() as here:
            names = select(tables.Customer.id, tables.Customer.name, tables.Customer.birth_date)
            assert there.execute(names).all() == here.execute(names).all()
        world.database = copy
        assert "left to pay" in world.says("1980-02-28")
    assert _counts(database.engine) == before


def _counts(engine: Engine) -> dict[str, int]:
    tables.load_all()
    with engine.connect() as connection:
        return {
            table.name: connection.scalar(select(func.count()).select_from(table)) or 0
            for table in tables.Table.metadata.sorted_tables
        }
