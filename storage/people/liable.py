"""Whose accounts and bills a person answers for: how a query is kept to the one person ``person``.

By joins, not by lists of ids: SQLite makes a table of each list anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import aliased

from storage import tables

if TYPE_CHECKING:
    from sqlalchemy import BindParameter, Select

    from storage.database.id_lists import Column

    Query = Select[*tuple[Any, ...]]


def person() -> BindParameter[str]:
    """The person."""
    return bindparam("person")


def the_person(query: Query, column: Column) -> Query:
    """Rows whose column names the person."""
    return query.where(column == person())


def their_accounts(query: Query, column: Column) -> Query:
    """Rows whose column names an account that the person is liable for."""
    account = aliased(tables.Account)
    return query.join(account, account.id == column).where(account.guarantor_id == person())


def their_bills(query: Query, column: Column) -> Query:
    """Rows whose column names a bill of such an account."""
    bill = aliased(tables.Bill)
    return their_accounts(query.join(bill, bill.id == column), bill.account_id)


def their_plans(query: Query, column: Column) -> Query:
    """Rows whose column names a plan of such an account."""
    plan = aliased(tables.Plan)
    return their_accounts(query.join(plan, plan.id == column), plan.account_id)


def them_and_dependants(query: Query, column: Column) -> Query:
    """Rows whose column names the person, or somebody whose account they are liable for."""
    account = tables.Account
    dependants = select(account.customer_id).where(account.guarantor_id == person())
    return query.where(or_(column == person(), column.in_(dependants)))
