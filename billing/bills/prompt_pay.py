"""Prompt-payment discount: promised on the bill, earned by payments that arrive in time.

Only on bills without a payer: waiving a share that a payer's terms leave to the patient (co-payment,
deductible) may be unlawful, and it is not verified when it is not. Amounts are minor units.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from billing.ledger.ledger import EntryKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from billing.ledger.ledger import Entry
    from billing.policy import PromptPay

RULE: Final = "prompt_pay"
"""The rule of the entries that take it off."""

_HUNDRED = 100


@dataclass(frozen=True, slots=True)
class PromptPayDiscount:
    """The discount, earned if the rest is paid by ``until``, that day included."""

    off: int
    until: date


def share(rules: PromptPay, amount: int) -> int:
    """The prompt-payment discount on an amount: a half is rounded in the person's favour."""
    return (amount * rules.percent + _HUNDRED // 2) // _HUNDRED


def promised(
    rules: PromptPay | None, entries: Sequence[Entry], issued_on: date, due_on: date
) -> PromptPayDiscount | None:
    """What is promised on a bill as it is issued; nothing where a payer has a part in it."""
    owed = sum(entry.amount.minor for entry in entries)
    if rules is None or owed <= 0 or has_payer(entries):
        return None
    off = share(rules, owed)
    return PromptPayDiscount(off, min(issued_on + timedelta(days=rules.within_days), due_on)) if off else None


def has_payer(entries: Sequence[Entry]) -> bool:
    """Whether an entry of a payer is in force, which rules out a discount for prompt payment."""
    sums: dict[tuple[str | None, EntryKind], int] = {}
    kinds = {entry.id: entry for entry in entries}
    for entry in entries:
        meant = kinds.get(entry.reverses, entry) if entry.reverses else entry
        if meant.kind in {EntryKind.PAYER, EntryKind.CLAIM} or meant.payer_id:
            key = meant.payer_id, meant.kind
            sums[key] = sums.get(key, 0) + entry.amount.minor
    return any(sums.values())


def earned(promise: PromptPayDiscount, entries: Sequence[Entry], paid_on: Mapping[int, date]) -> int:
    """The earned discount by a bill's entries; ``paid_on`` is the day of each payment by its id.

    All of it once what came in time covers the rest, nothing before that, and never more than the bill.
    """
    if has_payer(entries):
        return 0
    kinds = {entry.id: entry.kind for entry in entries}
    mine = {entry.id for entry in entries if entry.rule == RULE}
    base = paid = 0
    for entry in entries:
        kind = kinds.get(entry.reverses, entry.kind) if entry.reverses else entry.kind
        if entry.rule == RULE or entry.reverses in mine - {None}:
            continue
        if kind not in {EntryKind.PAYMENT, EntryKind.REFUND}:
            base += entry.amount.minor
        elif paid_on.get(entry.payment_id or 0, entry.booked_on) <= promise.until:
            paid -= entry.amount.minor
    return min(promise.off, base) if paid > 0 and paid >= base - promise.off else 0


def active_discounts(entries: Sequence[Entry]) -> list[Entry]:
    """The entries of prompt-payment discounts that were not taken back."""
    back = {entry.reverses for entry in entries if entry.reverses}
    return [entry for entry in entries if entry.rule == RULE and entry.id not in back]
