"""Books granted assistance on existing bills, and on those issued while the grant is valid."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from billing.bills.bills import BillState
from billing.calendar import local_day
from billing.costs import aid as rules
from billing.ledger.ledger import Entry, EntryKind
from billing.ledger.money import Money, minor_units
from billing.payers.coverage import CoverageTerms
from handlers.ledger import unused_money
from storage.bills import bills
from storage.costs import aid
from storage.desk import escalations
from storage.desk.escalations import Case
from storage.ledger import accounts, ledger
from storage.people import customers

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import date

    from sqlalchemy.orm import Session

    from billing.costs.aid import BillShare
    from billing.policy import AidProgramme
    from handlers.context import Context
    from handlers.installation import Installation
    from storage.bills.bills import Bill
    from storage.costs.aid import Application


def every_share(session: Session, customer_id: str, also: str = "") -> list[tuple[BillShare, date, str]]:
    """Issued bills that assistance may lower: a guarantor's customers' and named ones, by first service.

    With each the day of issue, and the customer whose ceiling it counts towards.
    """
    mine = accounts.answered_by(session, [customer_id])
    people = customers.by_id(session, {account.customer_id for account in mine})
    found = []
    for account in mine:
        for bill in bills.of_account(session, account.id):
            if bill.state is BillState.ISSUED or bill.id == also:
                share = share_of(session, bill)
                pool = rules.pool(
                    account.customer_id, people[account.customer_id].birth_date, share.service_on
                )
                found.append((share, bill.issued_on, pool))
    return found


def share_of(session: Session, bill: Bill) -> BillShare:
    """A bill as the assistance rules see it."""
    days = [charge.service_on for charge in bills.charges_of(session, bill.id)]
    return rules.share_of(bill.id, min(days, default=bill.issued_on), ledger.of_bill(session, bill.id))


def above_ceiling(context: Context, customer_id: str, also: str = "") -> dict[str, int]:
    """What assistance is to take off each bill above the law's ceiling; children of a family share one."""
    ceiling = context.policy.patient_ceiling
    assert ceiling, "a policy with a ceiling programme has the ceiling"
    terms = CoverageTerms(ceilings=ceiling.ceilings, ceiling_months=ceiling.months)
    pools: dict[str, list[BillShare]] = {}
    for share, _, pool in every_share(context.session, customer_id, also):
        pools.setdefault(pool, []).append(share)
    return {
        bill_id: off
        for shares in pools.values()
        for bill_id, off in rules.above_ceiling(shares, terms).items()
    }


def running(context: Context, customer_ids: Collection[str], day: date) -> dict[str, Application]:
    """The assistance granted and in force for bills issued on a day, by guarantor: the newest decision."""
    zone = context.creditor.zone
    return {
        one.customer_id: one
        for one in aid.granted(context.session, customer_ids)
        if one.decided_at and rules.runs(local_day(one.decided_at, zone), one.renew_on, day)
    }


def taken_off(context: Context, bill: Bill, application: Application) -> dict[str, int]:
    """What granted assistance takes off once a bill is issued, by its programme, and never twice.

    Under a ceiling a bill for an earlier visit may lower a later one that was issued before.
    """
    programme = programme_of(context.installation, application)
    if programme is None:
        return {}
    if programme.kind == "ceiling":
        return above_ceiling(context, application.customer_id, bill.id)
    share = share_of(context.session, bill)
    return {} if share.helped or not application.percent else rules.taken_off([share], application.percent)


def reach(context: Context, bill: Bill, day: date) -> None:
    """Book the reduction of a valid grant on a bill issued on ``day``; the caller has locked the customer.

    What was paid beyond the reduced amount becomes a credit.
    """
    account = accounts.get(context.session, bill.account_id)
    assert account is not None
    found = running(context, [account.guarantor_id], day).get(account.guarantor_id)
    programme = programme_of(context.installation, found) if found else None
    if found is None or programme is None:
        return
    off = taken_off(context, bill, found)
    book(context, found, off, day, bill.id)
    if off:
        over_to_credit(context, found, programme)


def reach_imported(context: Context, bill_id: str) -> None:
    """Book granted assistance on a bill that was issued elsewhere, like on ours."""
    bill = bills.find(context.session, bill_id)
    if bill and bill.state is BillState.ISSUED:
        reach(context, bill, bill.issued_on)


def programme_of(installation: Installation, application: Application) -> AidProgramme | None:
    """The programme by which assistance was granted, while the policy has it."""
    known = installation.policy.aid_programmes
    return next((one for one in known if one.id == application.programme), None)


def book(
    context: Context, application: Application, off: Mapping[str, int], today: date, because: str = ""
) -> None:
    """Book what a decision takes off a bill, once a round, and once more ``because`` of another bill."""
    known = bills.by_id(context.session, list(off))
    entries = [
        Entry(
            account_id=known[bill_id].account_id,
            kind=EntryKind.ADJUSTMENT,
            amount=Money(-amount, known[bill_id].currency),
            booked_on=today,
            source=f"aid:{application.id}:{application.round}:{bill_id}"
            + (f":{because}" if because not in {"", bill_id} else ""),
            bill_id=bill_id,
            rule=f"{rules.RULE}{application.programme}",
        )
        for bill_id, amount in off.items()
    ]
    ledger.append(context.session, entries, context.now)


def over_to_credit(context: Context, application: Application, programme: AidProgramme) -> int:
    """Turn what was paid beyond the share that assistance left into credit; returns it in minor units."""
    today, whole = local_day(context.now, context.creditor.zone), 0
    for account in accounts.answered_by(context.session, [application.customer_id]):
        over = unused_money.free(context, account.id, account.currency, today)
        whole += over
        unused_money.use(context, account.id, account.currency, today)
        left = -ledger.owed_by_bill(context.session, [account.id])[account.id].get(None, 0)
        if over and left > minor_units(programme.refund_above, account.currency):
            _have_refunded(context, application, account.id, left)
    return whole


def _have_refunded(context: Context, application: Application, account_id: str, amount: int) -> None:
    why = f"help was granted after money came: {amount} (minor units) are to be given back from {account_id}"
    by = context.now + timedelta(days=context.policy.holds.answer_days)
    case = Case(f"aid_refund:{account_id}", "refund", why, by, 2, application.customer_id)
    escalations.open_case(context.session, case, context.now)
