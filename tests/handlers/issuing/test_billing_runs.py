"""The billing run: what is taken and why not, numbers, days, and every way a bill reaches its customer."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from billing.accounts.channels import Channel
from billing.accounts.holds import Hold, HoldKind
from billing.bills.billing_run import RunState, RunVerdict, Settles
from billing.bills.bills import BillState
from bot import send_results
from bot.channels.email.mime import Sender, compose
from handlers.delivery import dispatch, letters, results
from handlers.issuing import billing_runs
from handlers.payments import payments
from handlers.people.register import Consent
from storage import tables
from storage.delivery.waiting import unsolicited_to
from storage.desk import escalations
from storage.dunning import holds
from storage.ledger import ledger
from storage.people import customers
from tests.issuing import a_billing_world, at_home, bill, claimed, issued, proposed, sendings, served
from tests.letters import room, text_of

if TYPE_CHECKING:
    from pathlib import Path

    from storage.database.transaction import Database
    from tests.world import World


@pytest.fixture
def clinic(database: Database) -> World:
    """The clinic, with nobody in it yet."""
    return a_billing_world(database)


def _post(world: World, folder: Path) -> list[str]:
    """Print what waits, post it, and read what was printed."""
    ((batch, where),) = room(world, folder).print_batches(world.now.date(), "desk")
    with world.database.write() as session:
        letters.posted(world.context(session), batch, None, "desk")
    return [text_of(pdf.read_bytes()) for pdf in sorted(where.glob("*.pdf"))]


def test_a_run_says_of_every_bill_why_it_is_left(clinic: World) -> None:
    """A claim that is open, death, a minor, a hold, nobody to reach: each is left with its reason."""
    for name in ("asked", "dead", "kid", "held", "lost", "safe"):
        at_home(clinic, name, phone=f"+1503555{len(name):02}{ord(name[0]):03}"[:12])
        served(clinic, f"B-{name}", name)
    claimed(clinic, "B-asked", "pended")
    at_home(clinic, "dead", phone="", died_on=date(2026, 1, 5))
    at_home(clinic, "kid", phone="", birth_date=date(2015, 1, 1))
    clinic.customer("lost2", phone="", consent=False)
    served(clinic, "B-lost2", "lost2")
    with clinic.database.write() as session:
        hold = Hold(HoldKind.DISPUTE, "said so", None, None, "B-held")
        holds.place(session, "held", hold, "desk", clinic.now)
        for hidden in ("safe", "lost"):
            customers.record_concerns(
                session, hidden, {"protected_address": "", "unsafe_number": ""}, clinic.now
            )
    _, found = proposed(clinic)
    assert {bill_id: (one.verdict, one.reason) for bill_id, one in found.items()} == {
        "B-asked": (RunVerdict.LEAVE, "claim_open"),
        "B-dead": (RunVerdict.LEAVE, "deceased"),
        "B-kid": (RunVerdict.LEAVE, "minor_without_guarantor"),
        "B-held": (RunVerdict.LEAVE, "held"),
        "B-lost": (RunVerdict.LEAVE, "protected_address_without_safe_way"),
        "B-safe": (RunVerdict.LEAVE, "protected_address_without_safe_way"),
        "B-lost2": (RunVerdict.LEAVE, "no_way_to_send_it"),
    }
    assert found["B-held"].detail == "dispute"
    assert bill(clinic, "B-asked").state is BillState.OPEN


def test_nothing_is_asked_for_before_the_bill_was_sent(clinic: World, tmp_path: Path) -> None:
    """Issued under a number and due by policy; reminders wait until the letter was posted."""
    at_home(clinic)
    served(clinic, covered=(("harbor", 20000),))
    assert clinic.preview() == []
    assert issued(clinic) == 1
    made = bill(clinic)
    assert (made.invoice_number, made.amount, made.sent_on) == ("000001", 40000, None)
    assert made.due_on == date(2026, 4, 1)
    clinic.later(days=60)
    assert [(one.verdict, one.reason) for one in clinic.preview()] == [("held", "not_sent")]
    (read,) = _post(clinic, tmp_path)
    for text in (
        "Bill 000001",
        "$400.00",
        "Harbor Mutual",
        "$200.00",
        "Office visit",
        "99211",
        "bills.elm.example/b/",
    ):
        assert text in read, text
    made = bill(clinic)
    assert made.sent_on == clinic.now.date()
    assert made.due_on == made.sent_on + timedelta(days=14)
    (proof,) = sendings(clinic)
    assert (proof.way, proof.state, proof.reference) == (Channel.LETTER, Settles.SENT, "1-001")
    assert proof.page
    assert [(one.verdict, one.reason) for one in clinic.preview()] == [("wait", "not_due")]


def test_a_link_leaves_without_an_amount_and_opens_the_page(clinic: World) -> None:
    """By text there is a link, no amount and no service; accepted and delivered are kept as proof."""
    clinic.customer()
    served(clinic)
    assert issued(clinic) == 1
    clinic.later(days=1)
    assert clinic.deliver() == 1
    (message,) = clinic.screen()
    assert "https://bills.elm.example/b/" in message.text
    assert "600" not in message.text
    assert "visit" not in message.text.lower()
    (proof,) = sendings(clinic)
    assert (proof.way, proof.state) == (Channel.SMS, Settles.SENT)
    assert bill(clinic).sent_on == date(2026, 3, 3)
    clinic.says("why did you text me?")
    assert "new bill was ready" in clinic.says("1980-02-28")


def test_where_one_way_fails_the_next_is_taken(clinic: World, tmp_path: Path) -> None:
    """A number that refuses us: the bill goes by letter; a letter that comes back makes it unsent again."""
    at_home(clinic)
    served(clinic)
    with clinic.database.write() as session:
        billing_runs.choose_way(clinic.context(session), "ada", Channel.SMS, "desk")
    issued(clinic)
    with clinic.database.write() as session:
        (waiting,) = unsolicited_to(session, ["ada"])
        assert dispatch.look_again(clinic.context(session), waiting)
        results.refused(clinic.context(session), waiting, "address", "30006")
    assert [(one.way, one.state, one.reason) for one in sendings(clinic)] == [
        (Channel.SMS, Settles.FAILED, "address"),
        (Channel.LETTER, Settles.QUEUED, ""),
    ]
    _post(clinic, tmp_path)
    assert bill(clinic).sent_on == clinic.now.date()
    clinic.later(days=4)
    with clinic.database.write() as session:
        letters.returned(clinic.context(session), "1-001", "moved", "desk")
    assert [one.state for one in sendings(clinic)] == [Settles.FAILED, Settles.FAILED]
    assert bill(clinic).sent_on is None
    with clinic.database.read() as session:
        assert escalations.open_with_key(session, "bill_not_sent:B1")


def test_a_bill_that_is_paid_meanwhile_is_not_sent(clinic: World) -> None:
    """Paid between the run and the moment it would leave: withdrawn, and sent by no other way."""
    at_home(clinic)
    served(clinic)
    with clinic.database.write() as session:
        billing_runs.choose_way(clinic.context(session), "ada", Channel.SMS, "desk")
    issued(clinic)
    assert clinic.pays("000001", 60000) is payments.PaymentOutcome.BOOKED
    assert clinic.deliver() == 0
    assert [(one.state, one.reason) for one in sendings(clinic)] == [(Settles.WITHDRAWN, "paid")]


def test_what_rests_a_bill_rests_its_sending(clinic: World) -> None:
    """A dispute that is raised before it leaves holds it back; once it is lifted it goes."""
    clinic.customer()
    served(clinic)
    issued(clinic)
    with clinic.database.write() as session:
        holds.place(session, "ada", Hold(HoldKind.DISPUTE, "said so", None, None, "B1"), "desk", clinic.now)
    assert clinic.deliver() == 0
    with clinic.database.write() as session:
        assert holds.lift(session, "ada", [HoldKind.DISPUTE], "desk", clinic.now) == 1
    clinic.later(days=2)
    assert clinic.deliver() == 1


def test_own_money_comes_first_and_nothing_left_is_closed(clinic: World) -> None:
    """Credit covers one bill and part of the next; what payers covered whole is closed and never sent."""
    at_home(clinic)
    served(clinic, "B0", amount=10000, covered=(("harbor", 10000),))
    served(clinic, "B1", amount=20000)
    served(clinic, "B2", amount=30000)
    assert clinic.pays("ada", 25000) is payments.PaymentOutcome.BOOKED
    _, found = proposed(clinic)
    assert {name: (one.verdict, one.reason, one.amount) for name, one in found.items()} == {
        "B0": (RunVerdict.CLOSE, "nothing_left", 0),
        "B1": (RunVerdict.CLOSE, "credit_covers", 0),
        "B2": (RunVerdict.BILL, "", 25000),
    }
    with clinic.database.write() as session:
        billing_runs.approve(clinic.context(session), 1, "boss")
    assert billing_runs.issue(clinic.database, clinic.installation, 1, clinic.clock) == 1
    assert [bill(clinic, name).state for name in ("B0", "B1", "B2")] == ["closed", "closed", "issued"]
    with clinic.database.read() as session:
        assert ledger.owed_by_bill(session, ["A-ada"]) == {"A-ada": {"B2": 25000}}
    assert sendings(clinic, "B1") == []


def test_small_sums_wait_until_more_has_come_together(database: Database) -> None:
    """Below the limit nothing is billed; two small bills that reach it together are."""
    world = a_billing_world(database, billing={"smallest": Decimal(10)})
    at_home(world)
    served(world, "B1", amount=600)
    run_id, found = proposed(world)
    assert found["B1"].reason == "below_small_balance"
    served(world, "B2", amount=600)
    assert issued(world) == 2
    assert run_id == 1


def test_a_closed_bill_that_is_owed_again_is_billed(clinic: World) -> None:
    """A payer takes its money back after the bill was closed: the next run takes it."""
    at_home(clinic)
    served(clinic, amount=10000, covered=(("harbor", 10000),))
    assert issued(clinic) == 0
    with clinic.database.write() as session:
        (paid,) = [one for one in ledger.of_bill(session, "B1") if one.payer_id]
        ledger.append(session, [paid.reversal(clinic.now.date(), "reversed")], clinic.now)
    assert issued(clinic) == 1
    assert bill(clinic).amount == 10000


def test_what_is_taken_out_waits_for_the_next_run(clinic: World) -> None:
    """Taken out with a reason; without one, or from a run that was approved, it is refused."""
    at_home(clinic)
    served(clinic, "B1")
    served(clinic, "B2")
    run_id, _ = proposed(clinic)
    with clinic.database.write() as session, pytest.raises(billing_runs.NoReasonToTakeOut):
        billing_runs.take_out(clinic.context(session), run_id, ["B1"], " ", "desk")
    with clinic.database.write() as session, pytest.raises(billing_runs.NotInRun):
        billing_runs.take_out(clinic.context(session), run_id, ["B9"], "why", "desk")
    with clinic.database.write() as session:
        billing_runs.take_out(clinic.context(session), run_id, ["B1"], "the payer calls back", "desk")
        billing_runs.approve(clinic.context(session), run_id, "boss")
    with clinic.database.write() as session, pytest.raises(billing_runs.RunNotOpen, match="approved by boss"):
        billing_runs.take_out(clinic.context(session), run_id, ["B2"], "why", "desk")
    assert billing_runs.issue(clinic.database, clinic.installation, run_id, clinic.clock) == 1
    with clinic.database.read() as session:
        run, found = billing_runs.show(session, run_id)
    assert run.state is RunState.ISSUED
    assert {one.bill_id: one.detail for one in found} == {"B1": "the payer calls back", "B2": ""}
    _, found_next = proposed(clinic)
    assert set(found_next) == {"B1"}


def test_a_run_that_is_given_up_leaves_no_trace_on_its_bills(clinic: World) -> None:
    """Withdrawn: its bills are open again, no number was used; a run there is not is refused."""
    at_home(clinic)
    served(clinic)
    run_id, _ = proposed(clinic)
    with clinic.database.write() as session, pytest.raises(billing_runs.NothingToBill):
        billing_runs.propose(clinic.context(session), "desk")
    with clinic.database.write() as session:
        assert billing_runs.withdraw(clinic.context(session), run_id, "desk") == 1
    with clinic.database.write() as session, pytest.raises(billing_runs.RunNotOpen):
        billing_runs.withdraw(clinic.context(session), run_id, "desk")
    with clinic.database.write() as session, pytest.raises(billing_runs.NoSuchBillingRun):
        billing_runs.show(session, 99)
    assert issued(clinic) == 1
    assert bill(clinic).invoice_number == "000001"


def test_two_who_issue_at_once_leave_no_gap_and_no_double(clinic: World) -> None:
    """Two processes issue the same run: every bill has a number of its own, one after the other."""
    at_home(clinic)
    names = [served(clinic, f"B{number:02}") for number in range(12)]
    run_id, _ = proposed(clinic)
    with clinic.database.write() as session:
        billing_runs.approve(clinic.context(session), run_id, "boss")
    counts: list[int] = []
    work = [
        threading.Thread(
            target=lambda: counts.append(
                billing_runs.issue(clinic.database, clinic.installation, run_id, clinic.clock)
            )
        )
        for _ in range(2)
    ]
    for one in work:
        one.start()
    for one in work:
        one.join()
    assert sum(counts) == len(names)
    with clinic.database.read() as session:
        numbers = sorted(filter(None, session.scalars(select(tables.Bill.invoice_number))))
        assert session.scalar(select(tables.NumberSeries.last)) == len(names)
    assert numbers == [f"{number:06}" for number in range(1, len(names) + 1)]


def test_the_desk_sends_again_what_no_way_was_left_for(clinic: World) -> None:
    """Once an address is known, a bill that could not be sent goes; what no run issued is refused."""
    clinic.customer()
    served(clinic)
    with clinic.database.write() as session, pytest.raises(billing_runs.NotIssued):
        billing_runs.send_again(clinic.context(session), "B1", "desk")
    issued(clinic)
    with clinic.database.write() as session:
        (waiting,) = unsolicited_to(session, ["ada"])
        assert dispatch.look_again(clinic.context(session), waiting)
        results.refused(clinic.context(session), waiting, "address", "30006")
        assert billing_runs.send_again(clinic.context(session), "B1", "desk") is None
    at_home(clinic)
    with clinic.database.write() as session:
        assert billing_runs.send_again(clinic.context(session), "000001", "desk") is Channel.LETTER


def test_an_email_brings_the_bill_where_the_policy_lets_it(database: Database) -> None:
    """Accepted with the PDF enclosed, printed from what was kept; the text names no amount."""
    world = a_billing_world(database, billing={"email_pdf": True})
    consent = Consent(Channel.EMAIL, date(2026, 1, 1), "signed form")
    at_home(world, phone="", email="ada@example.org", consents=(consent,), timezone="America/Los_Angeles")
    served(world)
    issued(world)
    with world.database.write() as session:
        (waiting,) = unsolicited_to(session, ["ada"])
        ready = dispatch.look_again(world.context(session), waiting)
        assert ready
    sent = send_results.envelope(ready)
    assert "600" not in sent.text
    (paper,) = sent.enclosed
    assert paper.name == "bill-000001.pdf"
    assert "To pay $600.00" in text_of(paper.pdf)
    mail = compose(sent, Sender("Clinic", "bills@elm.example"))
    assert [part.get_filename() for part in mail.iter_attachments()] == ["bill-000001.pdf"]
    (proof,) = sendings(world)
    assert proof.page
