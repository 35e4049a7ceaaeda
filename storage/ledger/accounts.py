"""Accounts: whose they are, who is liable for them, and when the dunning run checks them next."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, func, select, text, update
from sqlalchemy.orm import aliased

from billing.accounts.hold_traits import DIED, UNDER_AGE
from billing.accounts.holds import HoldKind
from storage import tables
from storage.database.id_lists import one_of, one_of_ids

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from datetime import date, datetime

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from billing.accounts.hold_traits import RegisterFact


@dataclass(frozen=True, slots=True)
class Account:
    """What one customer owes, in one currency. The guarantor is liable for it and gets the messages."""

    id: str
    customer_id: str
    guarantor_id: str
    currency: str
    next_action_at: datetime | None = None


def open_account(session: Session, customer_id: str, guarantor_id: str, currency: str) -> Account:
    """The customer's account; opened in this currency if they have none."""
    known = of_customer(session, customer_id)
    if known:
        return known
    account = Account(f"A-{customer_id}", customer_id, guarantor_id, currency)
    session.add(
        tables.Account(
            id=account.id,
            customer_id=customer_id,
            guarantor_id=guarantor_id,
            currency=currency,
            policy_version="",
        )
    )
    session.flush()
    return account


def of_customer(session: Session, customer_id: str) -> Account | None:
    """The account of a customer, if they have one."""
    row = session.execute(_columns().where(tables.Account.customer_id == customer_id)).first()
    return Account(*row) if row else None


def get(session: Session, account_id: str) -> Account | None:
    """One account by its id."""
    row = session.execute(_columns().where(tables.Account.id == account_id)).first()
    return Account(*row) if row else None


def customers_of(session: Session, account_ids: Collection[str]) -> dict[str, str]:
    """The customer of each of these accounts, by account."""
    row = tables.Account
    found = select(row.id, row.customer_id).where(one_of(row.id, account_ids))
    return {row.id: row.customer_id for row in session.execute(found)}


def any_called(session: Session, names: Collection[str]) -> set[str]:
    """Those of these names that are the id of an account or of its customer."""
    account = tables.Account
    found = set(session.scalars(select(account.id).where(one_of(account.id, names))))
    return found | set(session.scalars(select(account.customer_id).where(one_of(account.customer_id, names))))


def by_id(session: Session, account_ids: Collection[str]) -> dict[str, Account]:
    """Those of the accounts with these ids that exist, by id."""
    rows = session.execute(_columns().where(one_of(tables.Account.id, account_ids)))
    return {row.id: Account(*row) for row in rows}


def answered_by(session: Session, guarantor_ids: Collection[str]) -> list[Account]:
    """The accounts that these people are liable for, by id."""
    rows = session.connection().execute(_answered_by(), {"ids": list(guarantor_ids)}).all()
    return [Account(*row) for row in rows]


@cache
def _answered_by() -> Select[*tuple[Any, ...]]:
    return _columns().where(one_of_ids(tables.Account.guarantor_id)).order_by(tables.Account.id)


def all_of_them(session: Session) -> list[Account]:
    """Every account, in the order of their customers' ids."""
    return [Account(*row) for row in session.execute(_columns().order_by(tables.Account.customer_id))]


def people(session: Session, batch: int) -> Iterator[list[str]]:
    """The ids of all guarantors, in batches."""
    after = ""
    query = select(tables.Account.guarantor_id).distinct().order_by(tables.Account.guarantor_id).limit(batch)
    while found := list(session.scalars(query.where(tables.Account.guarantor_id > after))):
        yield found
        after = found[-1]


def stopped_in_register(session: Session, born_after: date) -> list[str]:
    """Guarantors of whom, or of whose customers, the register says what may stop everything.

    Whoever was born after ``born_after`` may be a minor; whether they are depends on their own calendar.
    """
    account, person, whose = tables.Account, aliased(tables.Customer), aliased(tables.Customer)
    rows = session.execute(
        select(account.guarantor_id, person.birth_date, person.died_on, whose.died_on)
        .join(person, person.id == account.guarantor_id)
        .join(whose, whose.id == account.customer_id)
    )
    # The day of birth is sealed: no condition in SQL can read it.
    found = {
        guarantor
        for guarantor, born, *died in rows
        if any(_says(fact, born, any(died), born_after) for fact in _FACTS)
    }
    return sorted(found)


_FACTS: Final = tuple(kind.traits.register.fact for kind in HoldKind if kind.traits.register)


def _says(fact: RegisterFact, born: date | None, died: bool, born_after: date) -> bool:
    """Whether the register says it of a guarantor born then; ``died``: they or their customer."""
    return {DIED: died, UNDER_AGE: born is not None and born > born_after}[fact]


def how_many_people(session: Session) -> int:
    """The number of guarantors."""
    return session.scalar(select(func.count(tables.Account.guarantor_id.distinct()))) or 0


def set_guarantor(session: Session, customer_id: str, guarantor_id: str) -> None:
    """Make another person liable for the customer's account from now on."""
    account = tables.Account
    session.execute(
        update(account).where(account.customer_id == customer_id).values(guarantor_id=guarantor_id)
    )


def look_again(session: Session, guarantor_ids: Collection[str], now: datetime) -> None:
    """Make every account of these guarantors due now, for the next run."""
    account = tables.Account
    change = update(account).where(one_of(account.guarantor_id, guarantor_ids)).values(next_action_at=now)
    session.execute(change)


def set_next_actions(session: Session, times: Mapping[str, datetime | None], policy_version: str) -> None:
    """Save when each account is due next (UTC), and under which policy version that was computed."""
    if not times:
        return
    if session.get_bind().dialect.name == "postgresql":
        written = json.dumps({account_id: at and at.isoformat() for account_id, at in times.items()})
        session.connection().execute(_ALL_AT_ONCE, {"times": written, "version": policy_version})
        return
    account = tables.Account
    session.connection().execute(
        update(account.__table__)  # type: ignore[arg-type]
        .where(account.id == bindparam("account"))
        .values(next_action_at=bindparam("at"), policy_version=policy_version),
        [{"account": account_id, "at": at} for account_id, at in times.items()],
    )


_ALL_AT_ONCE = text(
    "UPDATE accounts SET next_action_at = CAST(v.at AS timestamptz), policy_version = :version "
    "FROM json_each_text(CAST(:times AS json)) AS v(id, at) WHERE accounts.id = v.id"
)


def _columns() -> Select[str, str, str, str, datetime | None]:
    account = tables.Account
    return select(
        account.id, account.customer_id, account.guarantor_id, account.currency, account.next_action_at
    )
