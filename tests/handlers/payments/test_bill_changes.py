"""An issued bill is lowered under a number of its own, or due later, within the policy's limits."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from billing.accounts.roles import Role
from billing.bills.bills import BillState
from billing.ledger.ledger import EntryKind
from billing.refusals import Refusal
from handlers.desk import users
from handlers.payments import bill_changes
from handlers.payments.bill_changes import NoCreditNote, NoReasonGiven, NotToCredit, NotToMove
from handlers.rights import NotAllowed
from messages.documents import bill_documents
from storage import tables
from storage.ledger import ledger
from tests.letters import text_of
from tests.world import World, flagged

if TYPE_CHECKING:
    from storage.bills.bill_changes import CreditNote


@pytest.fixture
def clinic(world: World) -> World:
    """Ada owes 600.00, due yesterday; Rob may work, Ann may approve."""
    world.customer()
    world.bill()
    with world.database.write() as session:
        users.add(world.context(session), "Rob", Role.REP, None, "root")
        users.add(world.context(session), "Ann", Role.APPROVER, None, "root")
    return world


def _credit(
    world: World, amount: str, by: str = "Ann", reason: str = "wrong line", bill: str = "B1"
) -> CreditNote:
    with world.database.write() as session:
        return bill_changes.credit(world.context(session), bill, amount, by, reason)


def _move(world: World, days: int, by: str = "Ann", bill: str = "B1") -> date:
    day = world.now.date() + timedelta(days=days)
    with world.database.write() as session:
        bill_changes.move(world.context(session), bill, day, by, "asked for time")
    return day


def _rules(world: World, **more: Any) -> None:
    policy = world.installation.policy
    changed = policy.corrections.model_copy(update=more)
    world.installation = replace(
        world.installation, policy=policy.model_copy(update={"corrections": changed})
    )


def test_a_bill_is_lowered_by_a_numbered_note(clinic: World) -> None:
    """An entry of the ledger, a number without gaps, one sentence to the customer, a line on the bill."""
    first, second = _credit(clinic, "100.00"), _credit(clinic, "50.00")
    assert (first.number, second.number, clinic.owed()) == ("CN000001", "CN000002", 45000)
    with clinic.database.read() as session:
        booked = [one for one in ledger.of_bill(session, "B1") if one.kind is EntryKind.ADJUSTMENT]
        assert [(one.amount.minor, one.rule) for one in booked] == [(-10000, "CN000001"), (-5000, "CN000002")]
        page = bill_changes.page(clinic.context(session), "CN000001")
        with pytest.raises(NoCreditNote):
            bill_changes.page(clinic.context(session), "CN9")
    printed = text_of(bill_documents.pdf(page))
    for said in ("Credit note CN000001", "wrong line", "$100.00", "B1", "$450.00"):
        assert said in printed, said
    clinic.deliver()
    assert "one of your bills has been lowered" in clinic.screen()[0].text
    clinic.says("why did you write to me?")
    assert "because a bill of yours was changed" in clinic.says("1980-02-28")


def test_a_credit_beyond_what_is_left_becomes_money_of_theirs(clinic: World) -> None:
    """What was paid already is not lost: it settles another bill, or waits to be paid back."""
    clinic.pays("B1", 60000)
    clinic.bill("B2", amount=2000)
    _credit(clinic, "50.00")
    assert clinic.owed_by_bill() == {None: -3000}


def test_whoever_may_only_work_has_limits(clinic: World) -> None:
    """All that is credited on a bill counts together, and so does every move since the first due day."""
    _credit(clinic, "60.00", "Rob")
    with pytest.raises(NotAllowed):
        _credit(clinic, "60.00", "Rob")
    _credit(clinic, "60.00", "Ann")
    _move(clinic, 20, "Rob")
    with pytest.raises(NotAllowed):
        _move(clinic, 40, "Rob")
    _move(clinic, 40, "Ann")
    with pytest.raises(NotToMove, match="365 at most"):
        _move(clinic, 400, "Ann")


def test_what_cannot_be_credited_or_moved_is_refused(clinic: World) -> None:
    """With its reason, and nothing is changed."""
    for amount in ("0", "-5", "600.01"):
        with pytest.raises(NotToCredit, match=r"at most 600.00 USD"):
            _credit(clinic, amount)
    with pytest.raises(NoReasonGiven):
        _credit(clinic, "1.00", reason=" ")
    with pytest.raises(Refusal, match="no bill 'B9'"):
        _credit(clinic, "1.00", bill="B9")
    with pytest.raises(NotToMove, match="is no day after"):
        _move(clinic, 0)
    clinic.bill("OPEN", state=BillState.OPEN)
    with pytest.raises(NotToCredit, match="not issued"):
        _credit(clinic, "1.00", bill="OPEN")
    clinic.bill("PAID")
    clinic.pays("PAID", 60000)
    with pytest.raises(NotToMove, match="nothing is owed"):
        _move(clinic, 5, bill="PAID")
    clinic.bill("PLACED")
    with clinic.database.write() as session:
        flagged(session, "PLACED", 60000, clinic.now)
    for act in (lambda: _credit(clinic, "1.00", bill="PLACED"), lambda: _move(clinic, 5, bill="PLACED")):
        with pytest.raises(Refusal, match="with a collector"):
            act()
    clinic.deliver()
    assert not clinic.screen()


def test_reminders_begin_again_at_the_moved_day(clinic: World) -> None:
    """What was queued is not sent, nobody is reminded before the new day, and then it is the first level."""
    clinic.live(10)
    assert clinic.screen()
    clinic.run()
    day = _move(clinic, 20)
    before = len(clinic.screen())
    clinic.deliver()
    (said,) = clinic.screen()[before:]
    assert "you now have until" in said.text
    clinic.live(19)
    assert len(clinic.screen()) == before + 1
    clinic.live(10)
    assert len(clinic.screen()) > before + 1
    with clinic.database.read() as session:
        row = session.get_one(tables.Bill, "B1")
        levels = session.scalars(select(tables.Step.level).where(tables.Step.episode == row.episode)).all()
        assert (row.due_on, row.episode, min(levels)) == (day, 2, 1)
        moved = session.scalars(select(tables.MovedDueDay)).one()
        assert (moved.before, moved.due_on, moved.moved_by) == (date(2026, 3, 1), day, "Ann")


def test_nobody_is_told_where_the_policy_or_consent_has_it_so(clinic: World) -> None:
    """The change is made all the same."""
    _rules(clinic, tell=False)
    _credit(clinic, "1.00")
    clinic.customer("bo", phone="+15035550143", consent=False)
    clinic.bill("B2", "bo")
    _rules(clinic, tell=True)
    _credit(clinic, "1.00", bill="B2")
    clinic.deliver()
    assert not clinic.screen()
    assert not clinic.screen("+15035550143")
    assert (clinic.owed(), clinic.owed("B2")) == (59900, 59900)
