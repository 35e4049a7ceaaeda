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
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from billing.costs.aid import BillShare
    from billing.policy import AidProgramme
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


def above_ceiling(
    session: Session, installation: Installation, customer_id: str, also: str = ""
) -> dict[str, int]:
    """What assistance is to take off each bill above the law's ceiling; children of a family share one."""
    ceiling = installation.policy.patient_ceiling
    assert ceiling, "a policy with a ceiling programme has the ceiling"
    terms = CoverageTerms(ceilings=ceiling.ceilings, ceiling_months=ceiling.months)
    pools: dict[str, list[BillShare]] = {}
    for share, _, pool in every_share(session, customer_id, also):
        pools.setdefault(pool, []).append(share)
    return {
        bill_id: off
        for shares in pools.values()
        for bill_id, off in rules.above_ceiling(shares, terms).items()
    }


def running(
    session: Session, installation: Installation, customer_ids: Collection[str], day: date
) -> dict[str, Application]:
    """The assistance granted and in force for bills issued on a day, by guarantor: the newest decision."""
    zone = installation.creditor.zone
    return {
        one.customer_id: one
        for one in aid.granted(session, customer_ids)
        if one.decided_at and rules.runs(local_day(one.decided_at, zone), one.renew_on, day)
    }


def taken_off(
    session: Session, installation: Installation, bill: Bill, application: Application
) -> dict[str, int]:
    """What granted assistance takes off once a bill is issued, by its programme, and never twice.

    Under a ceiling a bill for an earlier visit may lower a later one that was issued before.
    """
    programme = programme_of(installation, application)
    if programme is None:
        return {}
    if programme.kind == "ceiling":
        return above_ceiling(session, installation, application.customer_id, bill.id)
    share = share_of(session, bill)
    return {} if share.helped or not application.percent else rules.taken_off([share], application.percent)


def reach(session: Session, installation: Installation, bill: Bill, day: date, now: datetime) -> None:
    """Book the reduction of a valid grant on a bill issued on ``day``; the caller has locked the customer.

    What was paid beyond the reduced amount becomes a credit.
    """
    account = accounts.get(session, bill.account_id)
    assert account is not None
    found = running(session, installation, [account.guarantor_id], day).get(account.guarantor_id)
    programme = programme_of(installation, found) if found else None
    if found is None or programme is None:
        return
    off = taken_off(session, installation, bill, found)
    book(session, found, off, day, now, bill.id)
    if off:
        over_to_credit(session, installation, found, programme, now)


def reach_imported(session: Session, installation: Installation, bill_id: str, now: datetime) -> None:
    """Book granted assistance on a bill that was issued elsewhere, like on ours."""
    bill = bills.find(session, bill_id)
    if bill and bill.state is BillState.ISSUED:
        reach(session, installation, bill, bill.issued_on, now)


def programme_of(installation: Installation, application: Application) -> AidProgramme | None:
    """The programme by which assistance was granted, while the policy has it."""
    known = installation.policy.aid_programmes
    return next((one for one in known if one.id == application.programme), None)


def book(
    session: Session,
    application: Application,
    off: Mapping[str, int],
    today: date,
    now: datetime,
    because: str = "",
) -> None:
    """Book what a decision takes off a bill, once a round, and once more ``because`` of another bill."""
    known = bills.by_id(session, list(off))
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
    ledger.append(session, entries, now)


def over_to_credit(
    session: Session,
    installation: Installation,
    application: Application,
    programme: AidProgramme,
    now: datetime,
) -> int:
    """Turn what was paid beyond the share that assistance left into credit; returns it in minor units."""
    today, whole = local_day(now, installation.creditor.zone), 0
    for account in accounts.answered_by(session, [application.customer_id]):
        over = unused_money.free(session, account.id, account.currency, today, now)
        whole += over
        unused_money.use(session, account.id, account.currency, today, now)
        left = -ledger.owed_by_bill(session, [account.id])[account.id].get(None, 0)
        if over and left > minor_units(programme.refund_above, account.currency):
            _have_refunded(session, installation, application, account.id, left, now)
    return whole


def _have_refunded(
    session: Session,
    installation: Installation,
    application: Application,
    account_id: str,
    amount: int,
    now: datetime,
) -> None:
    why = f"help was granted after money came: {amount} (minor units) are to be given back from {account_id}"
    by = now + timedelta(days=installation.policy.holds.answer_days)
    case = Case(f"aid_refund:{account_id}", "refund", why, by, 2, application.customer_id)
    escalations.open_case(session, case, now)
