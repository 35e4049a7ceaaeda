"""Bank transactions, and the marks by which the same payment is recognised in another file.

The same payment comes in a notification (camt.054), in the statement of the day (camt.053), and in files
that are sent twice. It is known again by what the bank calls it (``AcctSvcrRef``, of the payment or of the
entry it is part of); where one of the two files does not say that, by account, amount, day and the payer's
own ids. The how-manieth of its like it is within a file belongs to the mark: two equal payments are two.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import date

    from billing.ledger.money import Money

REFUND_ID: Final = "KVITT-REFUND-"
"""What our own refunds carry as their end-to-end id, so that one that comes back is known."""


CAMT: Final = "camt"
MT940: Final = "mt940"


class Movement(StrEnum):
    """Which way money moved on a bank account, and whether it undoes an earlier movement."""

    CREDIT = "credit"
    RETURN = "return"
    """A credit of before has gone back: it bounced."""
    CREDIT_RETURN = "credit_return"
    """Money that we sent has come back."""
    DEBIT = "debit"


@dataclass(frozen=True, slots=True)
class BankTransaction:
    """One transaction as a bank reports it; ``amount`` is positive, ``booked_on`` the bank's own day."""

    position: str
    movement: Movement
    account: str
    amount: Money
    booked_on: date
    references: tuple[str, ...] = ()
    """Structured references, the first being the payer's main one."""
    text: str = ""
    payer: str = ""
    own_ids: tuple[str, ...] = ()
    """End-to-end id and whatever else the payer's side calls it."""
    bank_ids: tuple[str, ...] = ()
    """What the bank calls it: the payment itself first, then the entry it is part of."""
    entry_total: int = 0
    """Of the entry it is part of, in minor units."""
    part: bool = False
    """Whether the file tells it as one detail of an entry; else it may stand for many payments."""
    undoes: tuple[str, ...] = ()
    """Ids of the payment that it takes back."""
    reason: str = ""
    kind: str = CAMT
    """The format of the file: ``camt`` or ``mt940``."""
    other_days: tuple[date, ...] = ()
    """Further days on which another file may have it booked."""

    @property
    def reference(self) -> str:
        """The reference that is kept with the payment."""
        return self.references[0] if self.references else ""


@dataclass(frozen=True, slots=True)
class Marks:
    """How a transaction is known: ``strong`` by the bank's ids, ``plain`` by what it looks like."""

    strong: tuple[str, ...]
    plain: str
    plain_number: int
    wholes: tuple[str, ...]
    """As an entry that stands for many payments."""
    parts: tuple[str, ...]
    """As one of the payments an entry stands for."""
    ids: tuple[str, ...]
    """For whoever takes it back later."""

    def plain_mark(self, number: int) -> str:
        """The plain mark of the how-manieth of its like."""
        return f"{self.plain}:{number}"


@dataclass(slots=True)
class Marking:
    """Gives marks to the transactions of one bank file, in their order."""

    _seen: Counter[str] = field(default_factory=Counter)

    def of(self, one: BankTransaction) -> Marks:
        """The marks of the next transaction."""
        about, way = f"{one.account}:{one.amount.currency}", one.movement.value
        minor = one.amount.minor
        # In MT940 the bank's reference may be a mere position in the day's statement.
        dated = "" if one.kind == CAMT else f"@{one.booked_on.isoformat()}"
        strong = tuple(self._next(f"{way}:bank:{about}:{name}{dated}:{minor}") for name in one.bank_ids)
        own = one.own_ids[0] if one.own_ids else ""
        plain = f"{way}:{alike(one.kind)}:{about}:{minor}:{one.booked_on.isoformat()}:{own}:{one.reference}"
        number = self._seen[plain]
        self._seen[plain] += 1
        entries = one.bank_ids[-1:]
        total = one.entry_total or minor
        return Marks(
            strong=strong,
            plain=plain,
            plain_number=number,
            wholes=tuple(f"{way}:whole:{about}:{name}:{total}" for name in entries if not one.part),
            parts=tuple(f"{way}:part:{about}:{name}:{total}" for name in entries),
            ids=tuple(
                f"id:{about}:{name}:{minor}" for name in (*one.own_ids, *([] if dated else one.bank_ids))
            ),
        )

    def _next(self, name: str) -> str:
        number = self._seen[name]
        self._seen[name] += 1
        return f"{name}:{number}"


def alike(kind: str) -> str:
    """The word in plain marks of files of a kind."""
    return "like" if kind == CAMT else f"like-{kind}"


def is_strong(mark: str) -> bool:
    """Whether a mark is one by the bank's own ids."""
    return mark.split(":", 2)[1] == "bank"
