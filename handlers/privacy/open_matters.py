"""What must be settled before a person is erased, in words, with what to do about each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing.ledger.money import Money
from billing.refusals import Refusal
from messages.writing import format as wording

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from storage.privacy.open_matters import OpenMatters


class NotSettled(Refusal):
    """Something is open about a person who is to be erased."""

    def __init__(self, customer_id: str, why: Iterable[str], *, may_anyway: bool) -> None:
        reasons = "; ".join(why)
        more = '; or erase them all the same and say why: --anyway "REASON"' if may_anyway else ""
        super().__init__(f"customer {customer_id!r} is not erased, nothing was changed: {reasons}{more}")


def check(customer_id: str, found: OpenMatters, *, anyway: bool) -> None:
    """See that nothing is open, or that whoever erases takes it upon them.

    Raises:
        NotSettled: something is, and is named.
    """
    never, other = list(_never(found)), list(_other(found))
    if never or (other and not anyway):
        raise NotSettled(customer_id, [*never, *([] if anyway else other)], may_anyway=not never)


def _never(found: OpenMatters) -> Iterator[str]:
    """What no reason helps against: others depend on the person, or a text is on its way."""
    if found.dependants:
        yield (
            f"they answer for the bills of {_listed(found.dependants)}: import another guarantor, or erase "
            "them first"
        )
    if found.leaving:
        yield (
            f"message {_listed(found.leaving)} to them is leaving: try again in a minute; a letter that is "
            "printed is confirmed by kvitt letters posted or taken out by kvitt letters withdraw"
        )


def _other(found: OpenMatters) -> Iterator[str]:
    for bill_id, amount, currency in found.owed:
        said = wording.money(Money(abs(amount), currency), "en")
        if amount > 0:
            yield f"{said} is owed on bill {bill_id}: settle it, or kvitt payments write-off {bill_id}"
        else:
            yield f"{said} is theirs: use it for a bill or pay it back (kvitt payments refund request)"
    for names, why in (
        (found.claims, "claim {} waits for a payer or the desk: close it, or kvitt claims void"),
        (found.disputes, "hold {} is a dispute or an application: decide it, and kvitt holds lift"),
        (found.placements, "{} is on its way to a collector or there: kvitt placements recall"),
        (found.refunds, "refund {} is not sent: kvitt payments refund list"),
        (found.chargebacks, "chargeback {} is open: kvitt payments chargebacks"),
        (found.unissued, "bill {} is not issued yet: issue it, or take it out of the import"),
        (found.subscriptions, "subscription {} goes on: import its last day"),
        (found.dangers, "case {} is about danger: kvitt escalations close it first"),
    ):
        if names:
            yield why.format(_listed(names))


def _listed(names: Iterable[object]) -> str:
    return ", ".join(map(str, names))
