"""What a letter costs stands in the ledger while it is on its way, and not while it is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from billing.ledger.ledger import EntryKind
from billing.policy import Fee
from handlers.context import Context
from handlers.delivery import letters
from storage import tables
from storage.ledger import ledger
from tests.letters import a_writing_installation, owes, rows
from tests.world import World

if TYPE_CHECKING:
    from storage.database.transaction import Database

TODAY = date(2026, 3, 2)
FEE = Fee(
    source="an act",
    id="demand",
    kind="demand",
    amount=18,
    at_most=18,
    currency="USD",
    authority="Fees Act 3",
    needs=("complete_demand",),
)


@pytest.fixture
def costly(database: Database) -> World:
    """A clinic whose final letter costs eighteen dollars."""
    installation = a_writing_installation()
    final = installation.policy.levels[-1].model_copy(update={"fee": "demand"})
    return World(
        database,
        replace(
            installation, policy=installation.policy.model_copy(update={"levels": (final,), "fees": (FEE,)})
        ),
    )


def _gather(world: World, post_on: date = TODAY) -> int | None:
    with world.database.write() as session:
        batch_id = letters.gather(world.context(session), post_on, "desk")
        if batch_id:
            letters.printed(world.context(session), batch_id, "desk")
    return batch_id


def _fees(world: World) -> list[int]:
    with world.database.read() as session:
        booked = ledger.of_bill(session, "B-ada")
    return [entry.amount.minor for entry in booked if entry.kind is not EntryKind.CHARGE]


def test_a_letter_that_is_withdrawn_costs_nothing_until_it_is_printed_again(costly: World) -> None:
    """The fee goes with the letter, and comes again with the one that is posted: once, in all."""
    owes(costly)
    batch_id = _gather(costly)
    assert _fees(costly) == [1800]
    assert batch_id
    with costly.database.write() as session:
        letters.withdraw(costly.context(session), batch_id, (), "desk")
    assert sum(_fees(costly)) == 0
    costly.later(days=1)
    _gather(costly, TODAY + timedelta(days=1))
    assert _fees(costly) == [1800, -1800, 1800]
    assert "$18.00" in str([letter.page for letter in rows(costly, tables.Letter)][-1])


def test_a_letter_that_cannot_be_written_costs_nothing(costly: World) -> None:
    """A demand that lacks what the law asks for leaves no fee, no batch and no letter behind."""
    owes(costly)
    silent = replace(costly.installation, creditor=replace(costly.installation.creditor, address=()))
    with costly.database.write() as session:
        assert letters.gather(Context(session, silent, costly.clock), TODAY, "desk") is None
    assert _fees(costly) == []
    assert rows(costly, tables.LetterBatch) == []
    assert [row.state for row in rows(costly, tables.Outbox)] == ["queued"]


def test_one_letter_that_cannot_be_written_leaves_the_others_whole(costly: World) -> None:
    """What is undone for one letter is undone for that one alone."""
    owes(costly)
    owes(costly, "bea", name="  ", address="3 Pine Street")
    assert _gather(costly) == 1
    assert [letter.reference for letter in rows(costly, tables.Letter)] == ["1-001"]
    assert _fees(costly) == [1800]
    assert [row.state for row in rows(costly, tables.Outbox)] == ["sending", "queued"]


def test_a_printed_letter_counts_from_the_day_it_is_to_be_posted(costly: World) -> None:
    """Nothing else is written too near to a letter that lies printed: it counts from noon of its day."""
    owes(costly)
    _gather(costly, TODAY + timedelta(days=3))
    [row] = rows(costly, tables.Outbox)
    assert row.begun_at.astimezone(costly.installation.creditor.zone).isoformat()[:16] == "2026-03-05T12:00"
