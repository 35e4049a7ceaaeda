"""Import and listing of price lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers.import_results import ImportChange
from storage.costs import prices

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

    from billing.costs.prices import Price


def save_prices(session: Session, lines: Iterable[Price]) -> list[ImportChange]:
    """Save lines of a price list; returns what each did."""
    return [ImportChange(prices.save_price(session, line)) for line in lines]


def every(session: Session) -> list[Price]:
    """Every line of the price lists, with ended ones."""
    return prices.every(session)
