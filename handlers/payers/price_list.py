"""Price lists come in, and are looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers.import_results import ImportChange
from storage.costs import prices

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

    from billing.costs.prices import Price


def save_prices(session: Session, lines: Iterable[Price]) -> list[ImportChange]:
    """Keep lines of a price list; for each what it did."""
    return [ImportChange(prices.save_price(session, line)) for line in lines]


def every(session: Session) -> list[Price]:
    """Every line there is or was."""
    return prices.every(session)
