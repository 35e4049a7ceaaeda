"""Faulty twins of the entry points: each does one thing wrong, and calls the real code for the rest."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, text

from billing.accounts.channels import Channel
from billing.accounts.snapshot import PlacementState
from billing.collection.placement import Move
from billing.ledger.ledger import Entry, EntryKind
from bot import send_results
from bot.channel import Accepted, RefusalReason, Refused, TryLater
from bot.simulate.said import SAID
from handlers.context import Context
from handlers.conversation import turn
from handlers.delivery import letters, results
from handlers.dunning import dunning_run
from handlers.dunning.reschedule import reschedule
from handlers.payers import claims
from handlers.payments import payments
from handlers.people import consent, register
from storage import tables
from storage.collection import placements
from storage.conversation import inbox
from storage.delivery import outbox
from storage.ledger import ledger

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from handlers.arrivals import Arrival
    from handlers.conversation.turn import Arrived
    from handlers.installation import Installation
    from handlers.people.register import CustomerRow
    from storage.database.transaction import Database


def deaf_to(meaning: str) -> Callable[..., None]:
    """Ignore every message with one meaning: it is marked as done without an answer."""
    words = {words for by_language in SAID[meaning].values() for words in by_language}

    def take(
        database: Database, installation: Installation, arrived: Arrived, clock: Callable[[], datetime]
    ) -> None:
        with database.write() as session:
            deaf = inbox.get(session, arrived.id).text in words
            if deaf:
                inbox.done(session, arrived.id, clock())
        if not deaf:
            turn.take(database, installation, arrived, clock)

    return take


def opens_on_any_word(
    database: Database, installation: Installation, arrived: Arrived, clock: Callable[[], datetime]
) -> None:
    """Take whatever an opted-out customer writes as a start."""
    with database.write() as session:
        point = inbox.get(session, arrived.id).contact_point_id
        consent.start(Context(session, installation, clock), point, "any word")
    turn.take(database, installation, arrived, clock)


def forgets_the_stop_before(
    database: Database, installation: Installation, arrived: Arrived, clock: Callable[[], datetime]
) -> None:
    """Forget an earlier opt-out, so that every opt-out is confirmed again."""
    with database.write() as session:
        session.execute(text("UPDATE contact_points SET stopped_at = NULL"))
    turn.take(database, installation, arrived, clock)


def keeps_card_numbers(context: Context, arrival: Arrival) -> Arrived | None:
    """Store inbound texts unmasked."""
    arrived = turn.receive(context, arrival)
    if arrived is not None:
        kept = {"said": arrival.text, "id": arrived.id}
        context.session.execute(text("UPDATE inbox SET text = :said WHERE id = :id"), kept)
    return arrived


def registers(**other: Any) -> Callable[..., Any]:
    """Register customers with values other than those of their file."""

    def add_customer(context: Context, row: CustomerRow) -> Any:
        return register.add_customer(context, replace(row, **other))

    return add_customer


def invents_consents(context: Context, row: CustomerRow) -> Any:
    """Register every customer as having consented."""
    agreed = register.Consent(Channel.SMS, context.now.date(), "they did not say no")
    return register.add_customer(context, replace(row, consents=(agreed,)))


def opens_on_import(context: Context, row: CustomerRow) -> Any:
    """Make every customer reachable again on import."""
    found = register.add_customer(context, row)
    context.session.execute(text("UPDATE contact_points SET stopped_at = NULL"))
    context.session.execute(text("UPDATE customers SET stopped_at = NULL"))
    return found


def sends_twice(context: Context, outbox_id: int, answer: Any) -> None:
    """Queue a sent message again, once."""
    tries = outbox.get(context.session, outbox_id).tries
    if isinstance(answer, Accepted) and tries == 1:
        results.later(context.session, outbox_id, context.now + timedelta(minutes=1), "again")
    else:
        send_results.record_send_result(context, outbox_id, answer)


def hears_refusals_as_yes(context: Context, outbox_id: int, answer: Any) -> None:
    """Take every answer of a carrier as an acceptance."""
    taken = Accepted(f"none-{outbox_id}") if isinstance(answer, Refused) else answer
    send_results.record_send_result(context, outbox_id, taken)


def tries_after_opt_out(context: Context, outbox_id: int, answer: Any) -> None:
    """Take a carrier's opt-out error for a busy line."""
    if isinstance(answer, Refused) and answer.reason is RefusalReason.OPTED_OUT:
        answer = TryLater(timedelta(days=4), answer.code)
    send_results.record_send_result(context, outbox_id, answer)


def opens_claims_without_a_hold(context: Context, *arguments: Any) -> Any:
    """Open a claim and let the reminders go on."""
    found = claims.open_for(context, *arguments)
    context.session.execute(
        text("UPDATE holds SET lifted_at = :now WHERE kind = 'claim_open'"), {"now": context.now}
    )
    reschedule(context, [claim.customer_id for claim in found])
    return found


def places_by_itself(database: Database, installation: Installation, now: datetime) -> Any:
    """Hand flagged bills to a collector without a person's approval."""
    report = dunning_run.run(database, installation, now)
    with database.write() as session:
        for one in placements.every(session, [state for state in PlacementState if state.undecided]):
            values = {
                "decided_at": now,
                "decided_by": "kvitt",
                "reason": "no answer",
                "collector": "Somebody",
            }
            placements.move(session, one, Move.PLACE, values)
    return report


def books_a_cent_more(context: Context, row: payments.PaymentRow) -> Any:
    """Book one cent more than was received."""
    more = replace(row, amount=replace(row.amount, minor=row.amount.minor + 1))
    return payments.book(context, more)


def charges_who_paid(context: Context, row: payments.PaymentRow) -> Any:
    """Book a payment, and then a fee for its lateness."""
    booked = payments.book(context, row)
    paid = [
        entry
        for bill_id in context.session.scalars(text("SELECT id FROM bills")).all()
        for entry in ledger.of_bill(context.session, bill_id)
        if entry.kind is EntryKind.PAYMENT
    ]
    for entry in paid:
        fee = Entry(
            entry.account_id,
            EntryKind.FEE,
            replace(entry.amount, minor=500),
            context.now.date(),
            f"late:{entry.bill_id}",
            entry.bill_id,
            rule="late",
        )
        ledger.append(context.session, [fee], context.now)
    return booked


def prints_no_costs(*arguments: Any) -> int | None:
    """Print letters whose table has no column for costs."""
    session = arguments[0].session
    batch_id = letters.gather(*arguments)
    if batch_id is not None:
        for row in session.scalars(select(tables.Letter).where(tables.Letter.batch_id == batch_id)):
            if row.page["table"]:
                table = {**row.page["table"], "columns": ["", "", "Kapital", "Ränta", "", "Summa"]}
                row.page = {**row.page, "table": table}
    return batch_id
