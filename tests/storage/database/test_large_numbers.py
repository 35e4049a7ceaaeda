"""A number that no row can have is refused in one sentence, on both databases."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, text

from billing.refusals import Refusal
from storage import tables

if TYPE_CHECKING:
    from storage.database.transaction import Database

FAR = 10**30
pytestmark = pytest.mark.both_databases


def test_a_limit_beyond_every_table_is_refused(database: Database) -> None:
    """However the number comes into a statement."""
    with pytest.raises(Refusal, match="64 bits"), database.read() as session:
        session.execute(select(tables.Inbox.id).limit(FAR)).all()


def test_a_sum_that_grows_too_large_is_refused(database: Database) -> None:
    """Each amount may be kept, and all of them together not."""
    given = f"(SELECT {2**63 - 1} AS x UNION ALL SELECT {2**63 - 1}) AS given"
    with pytest.raises(Refusal, match="64 bits"), database.read() as session:
        session.execute(text(f"SELECT CAST(SUM(x) AS BIGINT) FROM {given}"))  # noqa: S608 - our own numbers
