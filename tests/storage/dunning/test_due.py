"""Claiming who is due: each person is held by one run at a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from storage.dunning import due
from storage.ledger import accounts
from storage.people import customers
from storage.people.customers import Customer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from storage.database.transaction import Database

pytestmark = pytest.mark.both_databases

NOW = datetime(2026, 3, 2, 18, 30, tzinfo=UTC)
EARLIER = NOW - timedelta(hours=1)


def _owing(database: Database, whose: Mapping[str, str], at: datetime | None = EARLIER) -> None:
    """An account for each customer, answered for by whom it says, to be looked at ``at``."""
    with database.write() as session:
        for customer_id in sorted({*whose, *whose.values()}):
            customers.save(session, Customer(customer_id, customer_id), NOW)
        opened = [accounts.open_account(session, one, by, "USD") for one, by in whose.items()]
        accounts.set_next_actions(session, {account.id: at for account in opened}, "v")


def test_a_person_is_claimed_once_for_all_their_accounts(database: Database) -> None:
    """Whoever answers for two accounts that are due is one of those claimed, not two."""
    _owing(database, {"ada": "ada", "ben": "ada", "cy": "cy"})
    _owing(database, {"dee": "dee"}, NOW + timedelta(hours=1))
    _owing(database, {"eve": "eve"}, None)
    with database.write() as session:
        assert due.claim_people(session, NOW, 10) == ["ada", "cy"]


def test_no_more_are_claimed_than_wanted(database: Database) -> None:
    """Of many who are due only so many are held."""
    _owing(database, {f"p{number}": f"p{number}" for number in range(9)})
    with database.write() as session:
        assert len(due.claim_people(session, NOW, 4)) == 4


def test_who_was_looked_at_is_due_no_longer(database: Database) -> None:
    """Once a run has written when to look again, the next one does not claim the same."""
    _owing(database, {"ada": "ada", "cy": "cy"})
    with database.write() as session:
        assert due.claim_people(session, NOW, 10) == ["ada", "cy"]
        accounts.set_next_actions(session, {"A-ada": None, "A-cy": NOW + timedelta(days=3)}, "v")
    with database.write() as session:
        assert due.claim_people(session, NOW, 10) == []
        assert due.claim_people(session, NOW + timedelta(days=3), 10) == ["cy"]


def test_two_runs_at_once_hold_different_people(database: Database) -> None:
    """What one run holds the other goes past, as far as it has to, and never waits for."""
    if database.writers == 1:
        pytest.skip("SQLite has one writer")
    everybody = {f"p{number}": f"p{number}" for number in range(20)}
    _owing(database, everybody)
    with database.write() as one, database.write() as other, database.write() as third:
        first = due.claim_people(one, NOW, 15)
        second = due.claim_people(other, NOW, 15)
        assert (len(first), len(second)) == (15, 5)
        assert sorted(first + second) == sorted(everybody)
        assert due.claim_people(third, NOW, 15) == []
