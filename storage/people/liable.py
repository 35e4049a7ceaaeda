"""Whose accounts and bills a person answers for: conditions of queries about people with some ``ids``."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import or_, select

from storage import tables
from storage.database.id_lists import one_of_ids

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import InstrumentedAttribute

    Column = InstrumentedAttribute[Any] | ColumnElement[Any]


def of_their_accounts(column: Column) -> ColumnElement[bool]:
    """Whether a column names an account that one of the people is liable for."""
    return column.in_(_accounts())


def of_their_bills(column: Column) -> ColumnElement[bool]:
    """Whether a column names a bill of such an account."""
    bill = tables.Bill
    return column.in_(select(bill.id).where(bill.account_id.in_(_accounts())))


def of_their_plans(column: Column) -> ColumnElement[bool]:
    """Whether a column names a plan of such an account."""
    plan = tables.Plan
    return column.in_(select(plan.id).where(plan.account_id.in_(_accounts())))


def of_them_and_dependants(column: Column) -> ColumnElement[bool]:
    """Whether a column names one of the people, or somebody whose account they are liable for."""
    account = tables.Account
    dependants = select(account.customer_id).where(one_of_ids(account.guarantor_id))
    return or_(one_of_ids(column), column.in_(dependants))


@cache
def _accounts() -> Select[tuple[str]]:
    return select(tables.Account.id).where(one_of_ids(tables.Account.guarantor_id))
