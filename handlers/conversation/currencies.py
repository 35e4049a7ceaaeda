"""The currency in which somebody is answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from billing.accounts.snapshot import PersonSnapshot
    from handlers.turn_context import Turn


def currency_of(turn: Turn, person: PersonSnapshot) -> str:
    """The currency a person is answered in: that of their accounts, else of the creditor's country."""
    return next((account.currency for account in person.accounts), home_currency(turn))


def home_currency(turn: Turn) -> str:
    """The currency of the creditor's country, for answers to a sender without an account."""
    return turn.context.creditor.currency
