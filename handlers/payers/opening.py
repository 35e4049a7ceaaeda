"""Opens claims by itself for new bills, and when a coverage is registered later.

Only bills that wait for it are read (``storage.payers.unclaimed_bills``), never all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from billing.bills.bills import BillState
from billing.calendar import local_day
from billing.ledger.ledger import EntryKind
from billing.ledger.money import Money
from handlers import set_aside
from handlers.context import Context
from handlers.dunning.reschedule import answering_for
from handlers.payers import claim_file
from storage.bills import bills
from storage.database.transaction import lock_customers
from storage.desk import escalations, staff
from storage.desk.escalations import BY_ITSELF, Case
from storage.desk.staff import AuditEntry
from storage.ledger import accounts, ledger
from storage.payers import coverages, unclaimed_bills

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import date

    from sqlalchemy.orm import Session

    from billing.payers.claims import Claim
    from billing.payers.coverage import Covered
    from handlers.context import Clock
    from handlers.installation import Installation
    from storage.bills.bills import Bill, Charge
    from storage.database.transaction import Database

BATCH: Final = 100
_LOOSE: Final = (BillState.OPEN, BillState.PROPOSED)
_CAN_WAIT: Final = 3
_AGAIN: Final = timedelta(days=1)


def run(database: Database, installation: Installation, clock: Clock) -> int:
    """Open claims for every waiting bill, a batch a transaction; returns the number of claims."""
    now = clock()
    with database.read() as session:
        due = unclaimed_bills.due(session, local_day(now, installation.creditor.zone), 1)
    return all_due(database.write, installation, clock) if due else 0


def all_due(
    begin: Callable[[], AbstractContextManager[Session]], installation: Installation, clock: Clock
) -> int:
    """The same, in transactions opened by ``begin``."""
    now = clock()
    today, count = local_day(now, installation.creditor.zone), 0
    while True:
        with begin() as session:
            due = unclaimed_bills.due(session, today, BATCH)
            count += _look_at_all(Context(session, installation, clock), due)
        if len(due) < BATCH:
            return count


def _look_at_all(context: Context, due: Sequence[str]) -> int:
    """Open the claims of these bills; one that cannot be handled is set aside until the next day."""
    found: list[Claim] = []
    bad = set_aside.together(
        context,
        "opening claims",
        due,
        lambda those: found.extend(look(context, list(those))),
        "bill {}".format,
    )
    for bill_id in bad:
        day = local_day(context.now, context.creditor.zone) + _AGAIN
        unclaimed_bills.look_again(context.session, bill_id, day)
    return len(found)


def look(context: Context, bill_ids: Sequence[str]) -> list[Claim]:
    """Open claims on the next payers for those of these bills that still wait; returns the new claims."""
    owners = _owners(context.session, bills.by_id(context.session, bill_ids).values())
    lock_customers(context.session, answering_for(context.session, set(owners.values())))
    # Read again under the lock: another process may have opened the claims meanwhile.
    waiting = unclaimed_bills.of_bills(context.session, bill_ids, hold=True)
    found = [one for one in bills.by_id(context.session, waiting).values() if one.state in _LOOSE]
    known = _Known(
        owners,
        bills.charges_of_bills(context.session, {one.id for one in found})
        if context.installation.opens_claims
        else {},
        coverages.covering(context.session, set(owners.values())),
    )
    covered = [one for one in found if known.is_covered(one)]
    unfinished = _unfinished(context, covered, known, waiting)
    opens = [one for one in covered if one.id not in unfinished]
    done = waiting.keys() - unfinished
    unclaimed_bills.remove(context.session, done)
    for bill_id in sorted({one for one in done if waiting[one]} | {one.id for one in opens}):
        escalations.close_key(context.session, _key(bill_id), BY_ITSELF, "looked_at", context.now)
    return [claim for bill in opens for claim in _open(context, bill, owners[bill.account_id])]


def _unfinished(
    context: Context, covered: Sequence[Bill], known: _Known, waiting: Mapping[str, date | None]
) -> set[str]:
    """The bills whose lines do not add up to their amount: checked again a day later, then by the desk.

    Imports may bring a bill before its lines.
    """
    charged, found = _charged(context.session, covered), set()
    for bill in covered:
        if known.itemised(bill) == charged[bill.id]:
            continue
        found.add(bill.id)
        unclaimed_bills.look_again(
            context.session, bill.id, local_day(context.now, context.creditor.zone) + _AGAIN
        )
        if waiting[bill.id] is not None:
            _ask_desk(context, bill, known, charged[bill.id])
    return found


def looked_at(context: Context, bill_id: str) -> None:
    """Mark a bill as done after a rep opened its claims."""
    unclaimed_bills.remove(context.session, [bill_id])
    escalations.close_key(context.session, _key(bill_id), BY_ITSELF, "claimed", context.now)


@dataclass(frozen=True, slots=True)
class _Known:
    """What is registered about a batch of bills."""

    owners: Mapping[str, str]
    charges: Mapping[str, Sequence[Charge]]
    covered: Mapping[str, Sequence[Covered]]

    def is_covered(self, bill: Bill) -> bool:
        """Whether a coverage is valid on a day of service."""
        mine = self.covered.get(self.owners[bill.account_id], ())
        days = {charge.service_on for charge in self.charges.get(bill.id, ())}
        return any(one.on(day) for one in mine for day in days)

    def itemised(self, bill: Bill) -> int:
        """The sum of a bill's lines in minor units."""
        return sum(charge.amount for charge in self.charges.get(bill.id, ()))


def _open(context: Context, bill: Bill, customer_id: str) -> list[Claim]:
    found = claim_file.open_next(context, bill)
    for claim in found:
        staff.write_down(
            context.session, AuditEntry(context.now, BY_ITSELF, "claim_opened", f"claim:{claim.key}", {})
        )
    if found:
        claim_file.update_claim_hold(context, bill, customer_id)
    return found


def _ask_desk(context: Context, bill: Bill, known: _Known, charged: int) -> None:
    """Open a case: lines are missing, or a rep confirms that the bill is complete."""
    of, lines = (Money(minor, bill.currency).plain() for minor in (charged, known.itemised(bill)))
    why = (
        f"bill {bill.id} is of {of}, its lines come to {lines}, and a payer covers it: import the lines that "
        f"are missing, or kvitt claims open {bill.id}"
    )
    by = context.answer_by()
    owner = known.owners[bill.account_id]
    escalations.open_case(
        context.session, Case(_key(bill.id), "lines_missing", why, by, _CAN_WAIT, owner, bill.id), context.now
    )


def _key(bill_id: str) -> str:
    return f"lines_missing:{bill_id}"


def _owners(session: Session, found: Collection[Bill]) -> dict[str, str]:
    return accounts.customers_of(session, {one.account_id for one in found})


def _charged(session: Session, found: Sequence[Bill]) -> dict[str, int]:
    """The charged amount of each bill by the ledger, in minor units."""
    entries = ledger.of_bills(session, [one.id for one in found]) if found else {}
    return {
        bill_id: sum(one.amount.minor for one in those if one.kind is EntryKind.CHARGE)
        for bill_id, those in entries.items()
    }
