"""What the desk puts right about money: owners, moves, refunds, bounces, small balances."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from billing.accounts.roles import Role
from billing.gate import SendingSwitch
from billing.ledger.ledger import EntryKind
from billing.ledger.money import Money
from billing.payments.refunds import RefundState, SecondPerson, TooMuchBack, WrongRefundMove
from billing.plans.plans import Instalment, Review
from handlers.desk import batches, users
from handlers.payments import corrections, matching, payments, payments_list, refunds
from handlers.payments.payments import PaymentOutcome, PaymentRow
from handlers.rights import NotAllowed
from storage import plans
from storage.desk import staff
from storage.ledger import ledger
from storage.payments import payments as kept
from tests.world import World, an_installation

if TYPE_CHECKING:
    from typing import Any

    from storage.database.transaction import Database


def _set(world: World, **payments_: Any) -> None:
    """Change what the policy says about money."""
    rules = world.installation.policy
    changed = rules.payments.model_copy(update=payments_)
    world.installation = replace(world.installation, policy=rules.model_copy(update={"payments": changed}))


@pytest.fixture
def billed(world: World) -> World:
    """Ada and Eva, a bill of 600.00 each."""
    world.customer()
    world.bill()
    world.customer("eva", name="Eva Berg", phone="+15035550143")
    world.bill("B2", "eva")
    return world


def test_a_plan_comes_before_an_older_bill(billed: World) -> None:
    """What names no bill is the instalment of the plan that runs; without that the oldest is paid."""
    billed.bill("B0", due=billed.now.date() - timedelta(days=40))
    with billed.database.write() as session:
        day = billed.now.date() + timedelta(days=20)
        one = Instalment(number=1, due_on=day, amount=60000)
        plans.open_plan(session, "A-ada", Money(60000, "USD"), [one], ["B1"], Review.NONE, billed.now)
    billed.pays("ada", 10000)
    assert (billed.owed(), billed.owed("B0")) == (50000, 60000)
    _set(billed, plan_first=False)
    billed.pays("ada", 10000)
    assert (billed.owed(), billed.owed("B0")) == (50000, 50000)


def test_thanks_are_said_once_and_only_for_what_is_new(database: Database) -> None:
    """One message a payment, without an amount; an old payment or one that comes twice brings none."""
    world = World(database, an_installation(thanks=True))
    world.customer()
    world.bill()
    row = PaymentRow("bank", "1", "B1", Money(10000, "USD"), world.now.date())
    for _ in range(2):
        with world.database.write() as session:
            payments.book(world.context(session), row)
        world.deliver()
    said = [one.text for one in world.screen()]
    assert len([text for text in said if "thank you" in text]) == 1
    assert "100" not in said[0]
    old = replace(row, id="2", paid_on=world.now.date() - timedelta(days=6))
    with world.database.write() as session:
        payments.book(world.context(session), old)
    world.later(days=4)
    world.deliver()
    assert len([one for one in world.screen() if "thank you" in one.text]) == 1


def test_nobody_is_thanked_who_wants_no_messages(database: Database) -> None:
    """The thanks go through the gate like everything that was not asked for."""
    world = World(database, an_installation(thanks=True))
    world.customer()
    world.bill()
    world.says("STOP")
    before = len(world.screen())
    world.pays("B1", 60000)
    world.later(hours=1)
    world.deliver()
    assert len(world.screen()) == before


def test_where_messages_wait_for_approval_the_thanks_go_with_the_next_run(database: Database) -> None:
    """Nothing that nobody asked for leaves before a person lets a run go; then they do."""
    world = World(database, an_installation(sending=SendingSwitch.APPROVE, thanks=True))
    world.customer()
    world.bill()
    world.pays("B1", 60000)
    world.deliver()
    assert not world.screen()
    world.customer("eva", name="Eva Berg", phone="+15035550143")
    world.bill("B2", "eva", due=world.now.date() - timedelta(days=20))
    world.run()
    with world.database.write() as session:
        batches.approve(world.context(session), 1, "mia")
    world.deliver()
    assert [one.text for one in world.screen() if "thank you" in one.text]


def test_a_bounce_brings_the_debt_back_at_its_level_and_is_told_once(billed: World) -> None:
    """The reminders go on where they stood; no fee, as the policy has none."""
    billed.later(days=7)
    billed.run()
    billed.deliver()
    billed.pays("B1", 60000, "P1")
    with billed.database.write() as session:
        corrections.bounce(billed.context(session), 1, "sam", "nsf")
        with pytest.raises(refunds.NoSuchPayment):
            corrections.bounce(billed.context(session), 1, "sam", "nsf")
    assert billed.owed() == 60000
    billed.later(days=4)
    billed.deliver()
    assert len([one for one in billed.screen() if "sent your payment" in one.text]) == 1
    billed.later(days=30)
    assert {verdict.bill_id: verdict.level for verdict in billed.preview()}["B1"] == 2


@pytest.mark.parametrize("rest", [50, 499])
def test_a_bounce_costs_what_the_policy_and_its_authority_allow(billed: World, rest: int) -> None:
    """One fee a payment, with the rule that allows it; none over a small rest."""
    fee = {
        "source": "x", "id": "nsf", "kind": "reminder", "amount": 25, "at_most": 25, "currency": "USD",
        "authority": "contract", "needs": [], "channels": [],
    }  # fmt: skip
    data = billed.installation.policy.model_dump(mode="json")
    changed = type(billed.installation.policy).model_validate(
        data | {"fees": [fee], "payments": data["payments"] | {"bounce_fee": "nsf"}}
    )
    billed.installation = replace(billed.installation, policy=changed)
    billed.pays("B1", 60000 - rest, "P1")
    billed.pays("B1", rest, "P2")
    with billed.database.write() as session:
        corrections.bounce(billed.context(session), 2, "sam", "nsf")
        assert not [one for one in ledger.of_bill(session, "B1") if one.kind is EntryKind.FEE]
        corrections.bounce(billed.context(session), 1, "sam", "nsf")
        (booked,) = [one for one in ledger.of_bill(session, "B1") if one.kind is EntryKind.FEE]
    assert (booked.amount, booked.rule) == (Money(2500, "USD"), "contract")


def test_an_unmatched_payment_is_offered_to_whoever_owes_just_that(billed: World) -> None:
    """Same amount, the likeliest name first; never booked by itself; assigned by a person, written down."""
    with billed.database.write() as session:
        row = PaymentRow("bank", "1", "rent?", Money(60000, "USD"), billed.now.date(), payer="BERG, EVA")
        assert payments.book(billed.context(session), row) is PaymentOutcome.UNMATCHED
        (waiting,) = payments_list.unmatched(session)
        found = matching.candidates(session, waiting)
        assert [(one.customer_id, one.bill_id) for one in found] == [("eva", "B2"), ("ada", "B1")]
        assert found[0].score == 100 > found[1].score
        corrections.assign(billed.context(session), waiting.id, "B2", "sam")
        with pytest.raises(corrections.NotUnmatched):
            corrections.assign(billed.context(session), waiting.id, "B1", "sam")
        assert [entry.action for entry in staff.trail(session, "payment:1", 5)] == ["payment_assigned"]
    assert (billed.owed("B2"), billed.owed()) == (0, 60000)


def test_money_on_the_wrong_account_is_moved_and_both_show_it(billed: World) -> None:
    """Taken back there, booked here, at the payer's own day; the payment still adds up."""
    billed.pays("B1", 70000, "P1")
    with billed.database.write() as session:
        corrections.move(billed.context(session), 1, "B2", "sam", "typo")
        entries = ledger.of_payment(session, 1)
        assert sum(one.amount.minor for one in entries) == -70000
        assert [one.kind for one in entries[2:4]] == [EntryKind.REVERSAL] * 2
    assert (billed.owed(), billed.owed("B2"), billed.owed(None)) == (60000, 0, -10000)
    with billed.database.write() as session:
        corrections.move(billed.context(session), 1, "B1", "sam", "no, it was right")
    assert (billed.owed(), billed.owed("B2"), billed.owed(None)) == (0, 60000, -10000)


def test_a_refund_never_exceeds_what_is_unused_and_needs_two_above_an_amount(billed: World) -> None:
    """500.00 needs two people here; what is asked for is set aside from new bills."""
    billed.pays("B1", 130000, "P1")
    with billed.database.write() as session:
        with pytest.raises(TooMuchBack, match=r"700\.01 is asked back, but 700\.00"):
            refunds.request(billed.context(session), 1, "700.01", "", "sam")
        one = refunds.request(billed.context(session), 1, "600.00", "", "sam")
        with pytest.raises(WrongRefundMove, match="cannot send"):
            refunds.sent(billed.context(session), one.id, "sam", "")
        assert refunds.approve(billed.context(session), one.id, "mia") is RefundState.APPROVED_ONCE
        with pytest.raises(SecondPerson):
            refunds.approve(billed.context(session), one.id, "MIA")
        assert refunds.approve(billed.context(session), one.id, "tom") is RefundState.APPROVED
    billed.bill("B3", amount=50000)
    assert billed.owed("B3") == 40000
    with billed.database.write() as session:
        refunds.sent(billed.context(session), one.id, "sam", "bank-1")
        with pytest.raises(WrongRefundMove):
            refunds.sent(billed.context(session), one.id, "sam", "bank-1")
    assert billed.owed(None) == 0
    with billed.database.write() as session:
        refunds.failed(billed.context(session), one.id, "sam", "closed account")
    assert billed.owed(None) == -60000


def test_who_may_not_approve_may_not_pay_back(billed: World) -> None:
    """A rep asks, an approver lets it go."""
    billed.pays("B1", 61000, "P1")
    with billed.database.write() as session:
        users.add(billed.context(session), "Sam", Role.REP, None, "boss")
        one = refunds.request(billed.context(session), 1, None, "", "sam")
        with pytest.raises(NotAllowed):
            refunds.approve(billed.context(session), one.id, "sam")
        with pytest.raises(NotAllowed):
            corrections.write_off(billed.context(session), "B2", "sam", "")


def test_the_same_amount_for_the_same_bill_comes_before_the_desk(billed: World) -> None:
    """Booked as a credit all the same."""
    billed.pays("B1", 60000)
    billed.later(days=2)
    billed.pays("B1", 60000)
    assert billed.owed(None) == -60000
    assert [case.kind for case in billed.queue()] == ["double_payment"]


def test_what_is_too_small_to_ask_for_is_given_up_after_a_payment(billed: World) -> None:
    """By the policy's rule, written down; a small bill that nobody has paid on is a bill."""
    billed.bill("B3", amount=150)
    _set(billed, small_balance=2)
    billed.pays("B1", 59850)
    assert (billed.owed(), billed.owed("B3")) == (0, 150)
    billed.pays("B2", 59750)
    assert billed.owed("B2") == 250
    with billed.database.write() as session:
        assert corrections.write_off(billed.context(session), "B2", "mia", "").minor == 250
        with pytest.raises(corrections.NotToWriteOff, match="nothing is owed"):
            corrections.write_off(billed.context(session), "B2", "mia", "")
        assert [entry.actor for entry in staff.trail(session, "bill:B1", 5)] == ["kvitt"]


def test_credit_is_used_payment_by_payment_and_old_credit_is_a_worklist(billed: World) -> None:
    """A discount after payment frees money; it waits, ages, and is used when somebody says so."""
    billed.pays("B1", 60000, "P1")
    with billed.database.write() as session:
        paid = ledger.of_payment(session, 1)[0]
        lower = replace(
            paid, kind=EntryKind.ADJUSTMENT, amount=Money(-5000, "USD"), source="d", payment_id=None
        )
        ledger.append(session, [lower], billed.now)
        used = corrections.use_credit(billed.context(session), "ada", "sam")
        assert used.minor == 0
        assert ledger.credits_of(session, "A-ada") == {1: 5000}
        today = billed.now.date()
        assert payments_list.old_credits(session, today - timedelta(days=1)) == []
        (old,) = payments_list.old_credits(session, today)
        assert (old.customer_id, old.amount) == ("ada", 5000)
    assert billed.owed() == 0
    billed.bill("B3", amount=8000)
    assert (billed.owed("B3"), billed.owed(None)) == (3000, 0)
    with billed.database.read() as session:
        assert sum(one.amount.minor for one in ledger.of_payment(session, 1)) == -60000


def test_a_payment_tells_what_it_settled_to_the_cent(billed: World) -> None:
    """Principal, interest, fees, credit: from the entries, in the policy's order."""
    with billed.database.write() as session:
        charge = ledger.of_bill(session, "B1")[0]
        fee = replace(charge, kind=EntryKind.FEE, amount=Money(1000, "USD"), source="f")
        ledger.append(session, [fee], billed.now)
    billed.pays("B1", 62000, "P1")
    with billed.database.read() as session:
        (one,) = payments_list.of_customer(billed.context(session), "ada")
        assert one.words == "B1: principal 600.00, fees 10.00; credit 10.00"
        found = kept.find(session, "test", "P1")
        assert found
        assert found.id == one.payment.id
