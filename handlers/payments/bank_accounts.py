"""Names of our bank accounts, so that a payment counts once whatever a file calls the account it came to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from billing.accounts.roles import Right
from billing.bills.mentions import key_of
from billing.refusals import Refusal
from handlers import rights
from storage.desk import staff
from storage.desk.staff import AuditEntry
from storage.payments import bank_accounts, payments
from storage.payments.bank_accounts import BankAccountName

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from handlers.context import Context


class NameOfAccount(Refusal):
    """A name of a bank account cannot be given."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name}: {why}")


def names(session: Session) -> dict[str, str]:
    """What every other name stands for, by its letters and digits alone."""
    return {one.name: one.account for one in bank_accounts.every(session)}


def every(session: Session) -> list[BankAccountName]:
    """All names, by account and name."""
    return bank_accounts.every(session)


def known_as(known: Mapping[str, str], account: str) -> str:
    """The name that an account's payments are known by."""
    return known.get(key_of(account).upper(), account)


def name(context: Context, other: str, account: str, by: str) -> list[tuple[int, int]]:
    """Make ``other`` one more name of a bank account; payments that came under it are known by the account.

    Returns pairs of payments that are booked twice already, once under each name.

    Raises:
        NameOfAccount: it is the account itself, or a name of another one, or of one that has names itself.
    """
    by = rights.check(context.session, by, Right.APPROVE)
    key, real = key_of(other).upper(), "".join(account.split()).upper()
    known = names(context.session)
    real = known_as(known, real)
    if not key or not real:
        raise NameOfAccount("name of a bank account", "it is empty; give it as the bank's files have it")
    if key == key_of(real).upper():
        why = (
            "is that account itself" if known_as(known, account) == account else f"has {account} as its name"
        )
        raise NameOfAccount(other, f"{why}; give another name, as the bank's files have it")
    if key in known:
        raise NameOfAccount(other, f"is a name of {known[key]} already; take it away with accounts forget")
    if key in {key_of(one).upper() for one in known.values()}:
        raise NameOfAccount(other, "has names of its own: name the other one after it")
    bank_accounts.save(context.session, BankAccountName(key, real, context.now, by))
    detail: dict[str, object] = {"account": real}
    staff.write_down(
        context.session, AuditEntry(context.now, by, "bank_account_named", f"bank_account:{key}", detail)
    )
    return _carry_over(context.session, key, real)


def forget(context: Context, other: str, by: str) -> None:
    """Take a name of a bank account away; what came under it stays with the account.

    Raises:
        NameOfAccount: there is no such name.
    """
    by = rights.check(context.session, by, Right.APPROVE)
    key = key_of(other).upper()
    if not bank_accounts.forget(context.session, key):
        raise NameOfAccount(other, "is no name of a bank account: see kvitt payments accounts list")
    staff.write_down(
        context.session, AuditEntry(context.now, by, "bank_account_forgotten", f"bank_account:{key}", {})
    )


_DEEPEST: Final = 2
"""The account is the second or third part of a mark."""


def _carry_over(session: Session, key: str, real: str) -> list[tuple[int, int]]:
    """Give the marks of payments under another name that of the account; returns who is there twice."""
    twice: set[tuple[int, int]] = set()
    moved: dict[str, tuple[int, int]] = {}
    for number, mark, payment in bank_accounts.every_mark(session):
        parts = mark.split(":")
        at = next((place for place, part in enumerate(parts) if key_of(part).upper() == key), None)
        if at is not None and at <= _DEEPEST:
            moved[":".join([*parts[:at], real, *parts[at + 1 :]])] = number, payment
    taken = payments.known_by(session, moved)
    for mark, (number, payment) in moved.items():
        if mark not in taken:
            bank_accounts.rename_mark(session, number, mark)
        elif taken[mark] != payment:
            twice.add((min(taken[mark], payment), max(taken[mark], payment)))
    return sorted(twice)
