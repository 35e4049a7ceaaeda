"""Price lists: one line per code, network and first day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import or_, select, update

from billing.costs.prices import Price
from billing.payers.claims import Code
from storage import tables
from storage.database.insert_once import insert_once

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session


def save_price(session: Session, price: Price) -> str:
    """Save a line of a price list: returns ``new``, ``changed``, or ``same``."""
    row = tables.Price
    key = {
        "code_system": price.code.system,
        "code": price.code.code,
        "network": price.network,
        "valid_from": price.valid_from,
    }
    rest = {
        "valid_to": price.valid_to,
        "currency": price.currency,
        "amount": price.amount,
        "amount_to": price.amount_to,
        "description": price.description,
        "named": dict(price.named),
        "words": price.words,
        "alike": price.alike,
    }
    if insert_once(session, row, key | rest) is not None:
        return "new"
    is_it = [getattr(row, name) == value for name, value in key.items()]
    (known,) = _prices(session, *is_it)
    if known == price:
        return "same"
    session.execute(update(row).where(*is_it).values(**rest))
    return "changed"


def on(session: Session, day: date, currency: str) -> list[Price]:
    """The price lines valid on a day, of the public list and of every network."""
    row = tables.Price
    return _prices(
        session,
        row.currency == currency,
        row.valid_from <= day,
        or_(row.valid_to.is_(None), row.valid_to >= day),
    )


def every(session: Session) -> list[Price]:
    """Every price line, past and future ones too."""
    return _prices(session)


def _prices(session: Session, *conditions: ColumnElement[bool]) -> list[Price]:
    row = tables.Price
    order = (row.code_system, row.code, row.network, row.valid_from)
    return [_price(one) for one in session.scalars(select(row).where(*conditions).order_by(*order))]


def _price(row: tables.Price) -> Price:
    return Price(
        code=Code(row.code_system, row.code),
        description=row.description,
        amount=row.amount,
        currency=row.currency,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        amount_to=row.amount_to,
        network=row.network,
        alike=row.alike,
        named=row.named,
        words=row.words,
    )
