"""A payment that a customer tells of: what they said of it, and whether it is here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from billing.accounts.holds import HoldKind
from handlers.conversation import currencies
from storage.payments import payments

if TYPE_CHECKING:
    from billing.accounts.snapshot import PersonSnapshot
    from billing.ledger.money import Money
    from handlers.turn_context import Turn
    from storage.payments.payments import Payment

SEARCHED_DAYS: Final = 60
"""How far back a payment that a customer reports is searched."""
_JUST_PAID: Final = timedelta(days=14)
"""A payment this fresh is the one that is meant by "I have paid"."""


@dataclass(frozen=True, slots=True)
class ReportedPayment:
    """What words say of a payment: how much, and whether they name a day."""

    amount: Money | None
    dated: bool


def reported(turn: Turn, person: PersonSnapshot, words: str) -> ReportedPayment:
    """What a customer says of a payment."""
    reading, today = turn.context.installation.reading, turn.today(person)
    dated = reading.day(words, turn.language, today) or reading.no_day(words, turn.language) == "past"
    return ReportedPayment(
        reading.amount(words, turn.language, currencies.currency_of(turn, person)), bool(dated)
    )


def found(turn: Turn, person: PersonSnapshot, amount: Money | None) -> Payment | None:
    """The newest payment of the last `SEARCHED_DAYS` days, of that amount if one was named."""
    since = turn.today(person) - timedelta(days=SEARCHED_DAYS)
    ids = [account.account_id for account in person.accounts]
    made = payments.of_accounts(turn.context.session, ids, since)
    return next((one for one in made if amount is None or one.amount == amount.minor), None)


def enough(turn: Turn, person: PersonSnapshot, words: str) -> bool:
    """Whether a payment can be looked up by these words: they say how much or when, or it came just now."""
    said = reported(turn, person, words)
    if said.amount or said.dated:
        return True
    newest = found(turn, person, None)
    return newest is not None and turn.today(person) - newest.paid_on <= _JUST_PAID


def awaited(turn: Turn, person: PersonSnapshot) -> int:
    """What a customer says to have paid and is not here yet, in minor units; 0 where they named no amount."""
    words = [
        case.detail.get("words", "")
        for case in turn.reads.cases()
        if case.kind == HoldKind.ALREADY_PAID.value and case.contact_point_id == turn.point.id
    ]
    amounts = [reported(turn, person, one).amount for one in words if one]
    return sum(one.minor for one in amounts if one)
