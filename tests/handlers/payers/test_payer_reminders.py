"""Agencies and employers are reminded by Kvitt itself: each step once, in office hours, then the desk."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from billing.accounts.channels import Channel
from billing.gate import SendingSwitch
from billing.payers.coverage import PayerTerms
from bot.channels.letter import PrintRoom
from bot.channels.phone import PhoneChannel
from handlers import outgoing
from handlers.arrivals import Arrival, ArrivalKind, DeliveryFate, DeliveryReport, RefusalReason
from handlers.conversation import turn
from handlers.delivery import letters as handled
from handlers.delivery import results
from handlers.import_results import UnknownPayer
from handlers.payers import claims_due, reminders, terms
from storage import tables
from storage.delivery import approvals, letters, outbox
from storage.payers import claim_reminders
from tests.handlers.payers.clinic import REP, Clinic

if TYPE_CHECKING:
    from pathlib import Path

MAIL = "billing@acme.example"
HOME = "1 Main Street\nSalem, OR 97301\nUS"
LADDER = PayerTerms(form="invoice", email=MAIL, address=HOME, remind_days=(30, 45))


@pytest.fixture
def agency(clinic: Clinic) -> Clinic:
    """A clinic that can send mail and letters, with a filed claim on a payer that has a ladder."""
    clinic.installation = replace(clinic.installation, available=frozenset({Channel.EMAIL, Channel.LETTER}))
    clinic.phones[Channel.EMAIL] = PhoneChannel(Channel.EMAIL, session=str(id(clinic)))
    agreed(clinic, LADDER)
    (claim,) = clinic.unbilled(10000)
    clinic.does("file", claim.key)
    return clinic


def agreed(clinic: Clinic, wanted: PayerTerms) -> None:
    """What was agreed with the payer, written down by a rep."""
    changes = {"form": wanted.form, "email": wanted.email, "address": wanted.address}
    with clinic.database.write() as session:
        done = terms.agree(
            clinic.context(session), "acme", changes | {"remind_days": wanted.remind_days}, REP
        )
    assert done == wanted


def later(clinic: Clinic, days: int) -> None:
    """Some days later the clock looks, and what is queued is sent."""
    clinic.later(days=days)
    claims_due.run(clinic.database, clinic.installation, clinic.clock)
    clinic.deliver()


def mails(clinic: Clinic) -> list[str]:
    """What the payer has in its mailbox."""
    return [one.text for one in clinic.screen(MAIL, Channel.EMAIL)]


def steps(clinic: Clinic, key: str = "C100001-1") -> list[tuple[int, str, str]]:
    """Every step about a claim: which, how, what became of it."""
    with clinic.database.read() as session:
        return [(one.number, one.channel, one.state.value) for one in claim_reminders.of_claim(session, key)]


def test_each_step_leaves_once_and_then_the_desk_is_told(agency: Clinic) -> None:
    """On its day each step goes to the payer, with claim, day and amount alone; the desk comes last."""
    later(agency, 29)
    assert mails(agency) == []
    later(agency, 1)
    later(agency, 0)
    (first,) = mails(agency)
    assert "C100001-1 of March 2: $100.00, reminder 1" in first.replace(", 2026", "")
    assert agency.cases() == []
    assert not any(word in first for word in ("Ada", "Visit", "99213", "M-acme"))
    later(agency, 7)
    assert len(mails(agency)) == 1
    later(agency, 8)
    assert "reminder 2" in mails(agency)[1]
    assert steps(agency) == [(1, "email", "sent"), (2, "email", "sent")]
    later(agency, 14)
    assert agency.cases() == []
    later(agency, 1)
    assert agency.cases() == ["claim:C100001-1:unanswered"]
    later(agency, 60)
    assert len(mails(agency)) == 2


def test_a_late_step_holds_the_next_one_off(agency: Clinic) -> None:
    """A clock that stood still for a month sends one step, and the next as long after it as agreed."""
    later(agency, 58)
    assert len(mails(agency)) == 1
    later(agency, 14)
    assert len(mails(agency)) == 1
    later(agency, 1)
    assert len(mails(agency)) == 2


def test_no_organisation_is_written_to_out_of_hours(agency: Clinic) -> None:
    """What is due on a Sunday leaves on Monday at eight, by the creditor's clock."""
    agency.later(days=27, hours=-1)
    agency.later(days=7 - agency.now.weekday() + 6)
    claims_due.run(agency.database, agency.installation, agency.clock)
    assert agency.deliver() == 0
    with agency.database.read() as session:
        (waits,) = session.execute(select(tables.Outbox.not_before)).scalars()
    local = waits.astimezone(agency.installation.creditor.zone)
    assert (local.weekday(), local.hour, local.minute) == (0, 8, 0)
    agency.now = waits
    assert agency.deliver() == 1


def test_many_claims_of_a_payer_are_one_message(agency: Clinic) -> None:
    """A payer reads about all that is due at once, and of nothing it has paid since it was queued."""
    for number in (2, 3):
        for claim in agency.unbilled(1000 * number, bill_id=f"B{number}"):
            agency.does("file", claim.key)
    agency.later(days=30)
    claims_due.run(agency.database, agency.installation, agency.clock)
    agency.answered("C100002-1", 2000)
    agency.deliver()
    (text,) = mails(agency)
    assert "C100001-1" in text
    assert "$30.00" in text
    assert "C100002-1" not in text
    assert steps(agency, "C100002-1") == [(1, "email", "dropped")]


def test_what_was_paid_meanwhile_is_not_asked_for(agency: Clinic) -> None:
    """A reminder of one claim that is answered before it leaves is withdrawn, and never comes back."""
    agency.later(days=30)
    claims_due.run(agency.database, agency.installation, agency.clock)
    agency.answered("C100001-1", 10000)
    assert agency.deliver() == 0
    assert steps(agency) == [(1, "email", "dropped")]
    later(agency, 90)
    assert mails(agency) == []
    assert agency.cases() == []


def test_what_does_not_arrive_goes_by_post_and_then_to_the_desk(agency: Clinic, tmp_path: Path) -> None:
    """A bounced reminder is printed as a letter; one that comes back leaves a case with the text."""
    later(agency, 30)
    with agency.database.write() as session:
        (message,) = session.execute(select(tables.Outbox.id)).scalars()
        sent = outbox.get(session, message)
        named = sent.provider_id or ""
        report = DeliveryReport(Channel.EMAIL, named, "", DeliveryFate.FAILED, "5.1.1", RefusalReason.ADDRESS)
        results.take_report(agency.context(session), report)
    assert steps(agency) == [(1, "email", "failed"), (1, "letter", "waiting")]
    claims_due.run(agency.database, agency.installation, agency.clock)
    room = PrintRoom(agency.database, agency.installation, agency.clock, tmp_path)
    ((batch, folder),) = room.print_batches(agency.now.date(), REP)
    assert [one.suffix for one in sorted(folder.iterdir())] == [".pdf", ".csv"]
    with agency.database.write() as session:
        (letter,) = letters.of_batch(session, batch)
        handled.posted(agency.context(session), batch, None, REP)
    assert letter.page["recipient"] == ["Acme", "1 Main Street", "Salem, OR 97301"]
    assert letter.page["rows"] == [["C100001-1", letter.page["rows"][0][1], "1", "$100.00"]]
    assert "Ada" not in str(letter.page)
    assert letter.page["text"].startswith("We have had no answer about the invoice below.")
    assert steps(agency)[-1] == (1, "letter", "sent")
    with agency.database.write() as session:
        handled.returned(agency.context(session), letter.reference, "moved", REP)
    assert agency.cases() == ["claim:C100001-1:remind1"]
    (case,) = agency.queue()
    assert "C100001-1" in case.detail["text"]
    assert "kvitt claims reminded C100001-1" in case.reason


def test_without_an_address_the_desk_reminds_and_the_ladder_goes_on(clinic: Clinic) -> None:
    """A step taken by hand is written down, closes its case, and the next step waits its days."""
    agreed(clinic, PayerTerms(form="invoice", remind_days=(30, 45)))
    (claim,) = clinic.unbilled(10000)
    clinic.does("file", claim.key)
    later(clinic, 30)
    assert clinic.cases() == ["claim:C100001-1:remind1"]
    with clinic.database.write() as session:
        assert reminders.by_hand(clinic.context(session), claim.key, None, REP) == 1
    assert clinic.cases() == []
    later(clinic, 14)
    assert clinic.cases() == []
    later(clinic, 1)
    assert clinic.cases() == ["claim:C100001-1:remind2"]
    assert steps(clinic) == [(1, "hand", "sent")]
    with clinic.database.write() as session:
        reminders.by_hand(clinic.context(session), claim.key, None, REP)
    with clinic.database.write() as session, pytest.raises(reminders.NotReminded):
        reminders.by_hand(clinic.context(session), claim.key, None, REP)
    tomorrow = clinic.now.date() + timedelta(days=2)
    with clinic.database.write() as session, pytest.raises(reminders.RemindedInTheFuture):
        reminders.by_hand(clinic.context(session), claim.key, tomorrow, REP)


@pytest.mark.parametrize(
    ("sending", "state"), [(SendingSwitch.SHADOW, "withheld"), (SendingSwitch.APPROVE, "queued")]
)
def test_nothing_leaves_that_the_switch_keeps_back(
    agency: Clinic, sending: SendingSwitch, state: str
) -> None:
    """Pretending withholds a reminder; where a person approves, it waits for one."""
    agency.installation = replace(agency.installation, sending=sending)
    later(agency, 30)
    assert mails(agency) == []
    assert steps(agency) == [(1, "email", state)]
    kinds = outgoing.released_with_a_run(agency.installation)
    with agency.database.write() as session:
        assert approvals.approve_run(session, 0, kinds, REP, agency.now) == (1 if state == "queued" else 0)
    agency.deliver()
    assert len(mails(agency)) == (1 if state == "queued" else 0)


def test_a_look_ahead_writes_nothing(agency: Clinic) -> None:
    """What is due is told with the way it would go, and nothing is queued by looking."""
    agency.later(days=30)
    with agency.database.read() as session:
        (one,) = reminders.due(agency.context(session))
    assert (one.claim_key, one.number, one.amount, one.way) == ("C100001-1", 1, 10000, "email")
    assert steps(agency) == []


def test_a_payer_that_answers_is_read_by_a_person(agency: Clinic) -> None:
    """Who answers a reminder gets no question from a machine: the desk has the answer."""
    later(agency, 30)
    before = len(mails(agency))
    said = "We dispute this invoice, please stop sending reminders"
    arrival = Arrival(Channel.EMAIL, "<1@acme>", MAIL, said, agency.now, ArrivalKind.TEXT)
    with agency.database.write() as session:
        arrived = turn.receive(agency.context(session), arrival)
    assert arrived
    turn.take(agency.database, agency.installation, arrived, agency.clock)
    agency.deliver()
    assert len(mails(agency)) == before
    assert [one.kind for one in agency.queue()] == ["payer_wrote"]


def test_what_is_agreed_is_held_to_sense(clinic: Clinic) -> None:
    """A form there is not, days that do not climb, a ladder for a payer of files, a stranger: all refused."""
    wrong: list[tuple[str, dict[str, Any], type[Exception]]] = [
        ("acme", {"form": "fax"}, terms.NoSuchForm),
        ("acme", {"form": "invoice", "remind_days": (45, 30)}, terms.BadLadder),
        ("acme", {"remind_days": (30,)}, terms.NoLadderByFile),
        ("nobody", {}, UnknownPayer),
    ]
    for payer, changes, refusal in wrong:
        with clinic.database.write() as session, pytest.raises(refusal):
            terms.agree(clinic.context(session), payer, changes, REP)


def test_a_ladder_that_is_agreed_later_holds_for_what_was_filed(clinic: Clinic) -> None:
    """Claims that are with the payer already are looked at on the days of the new ladder."""
    (claim,) = clinic.unbilled(10000)
    clinic.does("file", claim.key)
    clinic.later(days=1)
    agreed(clinic, PayerTerms(form="invoice", remind_days=(10,)))
    later(clinic, 9)
    assert clinic.cases() == ["claim:C100001-1:remind1"]


def test_a_person_lets_reminders_leave(agency: Clinic) -> None:
    """Where messages wait for a person, whoever may approve lets those to payers go, without any run."""
    agency.installation = replace(agency.installation, sending=SendingSwitch.APPROVE)
    later(agency, 31)
    assert mails(agency) == []
    with agency.database.write() as session:
        assert reminders.approve(agency.context(session), REP) == 1
        assert reminders.approve(agency.context(session), REP) == 0
    agency.deliver()
    assert len(mails(agency)) == 1
