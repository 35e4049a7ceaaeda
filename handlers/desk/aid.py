"""A person decides about help with the cost: what it takes off is booked, reversed, given back."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from billing import aid as rules
from billing.aid import AidState
from billing.bills import BillState
from billing.calendar import add_months, local_day
from billing.coverage import Terms
from billing.holds import HoldKind
from billing.ledger import Entry, EntryKind
from billing.money import Money, minor_units
from billing.roles import Right
from handlers import register, unused_money
from handlers.aiding import fitting
from handlers.desk import rights
from handlers.desk.rights import DeskRefusal
from handlers.wake import wake
from storage import accounts, aid, bills, escalations, holds, ledger, staff
from storage.escalations import Case
from storage.staff import Deed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from billing.aid import BillShare, Proposal
    from billing.policy import AidProgramme
    from handlers.house import House
    from storage.aid import Application


class NoSuchApplication(DeskRefusal):
    """An application is named that there is none of, or that is not open."""

    def __init__(self, application_id: int) -> None:
        super().__init__(f"no application {application_id} can be decided: see kvitt aid list")


class NoSuchProgramme(DeskRefusal):
    """A programme is named that the policy does not have."""

    def __init__(self, name: str, known: str) -> None:
        super().__init__(f"the policy has no programme {name!r}: write one of {known or 'none'}")


class NoSuchDocument(DeskRefusal):
    """A document is named that nobody asked for."""

    def __init__(self, name: str, known: str) -> None:
        super().__init__(f"nobody asked for {name!r}: write one of {known or 'none'}")


def listed(session: Session, *, everything: bool = False) -> list[Application]:
    """Those that wait for a decision, or all, the oldest first."""
    return aid.every(session, everything=everything)


def get(session: Session, application_id: int) -> Application:
    """One application, decided or not.

    Raises:
        NoSuchApplication: there is none.
    """
    found = aid.find(session, application_id)
    if found is None:
        raise NoSuchApplication(application_id)
    return found


def document_came(
    session: Session, house: House, application_id: int, name: str, by: str, now: datetime
) -> Application:
    """Note that a document came; with the last of them the application is complete.

    Raises:
        NoSuchApplication: it is not open.
        NoSuchDocument: nobody asked for it.
    """
    by = rights.check(session, by, Right.WORK)
    found = _open(session, application_id)
    if name not in found.documents:
        raise NoSuchDocument(name, ", ".join(found.documents))
    today = local_day(now, house.creditor.zone)
    documents = {**found.documents, name: today.isoformat()}
    state = AidState.COMPLETE if all(documents.values()) else AidState.ASKED
    aid.change(session, application_id, documents=documents, state=state.value)
    staff.write_down(session, Deed(now, by, "aid_document", f"aid:{application_id}", {"document": name}))
    return _open(session, application_id)


def proposals(session: Session, house: House, application: Application) -> list[tuple[Proposal, int]]:
    """What each programme would do, with what it would take off in all (minor units)."""
    found = [
        (one, sum(rules.taken_off(_shares(session, house, application), one.off).values()) if one.off else 0)
        for one in fitting(house, application)
    ]
    ceiling = next((one for one in house.policy.aid_programmes if one.kind == "ceiling"), None)
    if ceiling:
        off = _above_ceiling(session, house, application)
        found.append((rules.Proposal(ceiling.id, ceiling.name), sum(off.values())))
    return found


def grant(
    session: Session,
    house: House,
    application_id: int,
    programme_id: str,
    percent: int | None,
    by: str,
    reason: str,
    now: datetime,
) -> int:
    """Grant help: what was booked by an earlier decision is reversed first; what it takes off in all.

    Without a percent the programme's own step is granted. Money paid beyond the new share becomes a credit,
    and a case to give it back where it is more than the programme's small amount.

    Raises:
        NoSuchApplication: there is none, or it was withdrawn.
        NoSuchProgramme: the policy does not have it, or it has no step for this income.
        billing.aid.BeyondTheShare: the percent is not 1 to 100.
    """
    by = rights.check(session, by, Right.APPROVE)
    found = _decidable(session, application_id)
    programme = _programme(house, programme_id)
    today, round_ = local_day(now, house.creditor.zone), found.round + 1
    _take_back(session, found, today, now)
    percent = percent or _step(house, found, programme)
    off = (
        _above_ceiling(session, house, found)
        if programme.kind == "ceiling"
        else rules.taken_off(_shares(session, house, found), percent)
    )
    _book(session, found, programme, off, round_, today, now)
    refund = _over_to_credit(session, house, found, programme, now)
    renew = add_months(today, programme.renew_months)
    aid.change(
        session, application_id, state=AidState.GRANTED.value, programme=programme.id, percent=percent,
        decided_at=now, decided_by=by, reason=reason, renew_on=renew, look_on=renew, round=round_,
    )  # fmt: skip
    detail = {"programme": programme.id, "percent": percent, "off": sum(off.values()), "credit": refund}
    _decided(session, house, found, Deed(now, by, "aid_granted", f"aid:{application_id}", detail))
    return sum(off.values())


def close(
    session: Session, house: House, application_id: int, state: AidState, by: str, reason: str, now: datetime
) -> None:
    """Deny it, or note that it was withdrawn or never completed; help that was granted is taken back.

    Raises:
        NoSuchApplication: there is none that can be decided.
    """
    by = rights.check(session, by, Right.APPROVE)
    found = _decidable(session, application_id)
    _take_back(session, found, local_day(now, house.creditor.zone), now)
    aid.change(
        session, application_id, state=state.value, programme="", percent=None, decided_at=now,
        decided_by=by, reason=reason, renew_on=None, look_on=None, round=found.round + 1,
    )  # fmt: skip
    _decided(
        session,
        house,
        found,
        Deed(now, by, f"aid_{state.value}", f"aid:{application_id}", {"reason": reason}),
    )


def _programme(house: House, programme_id: str) -> AidProgramme:
    known = [one for one in house.policy.aid_programmes if one.kind != "referral"]
    for one in known:
        if one.id == programme_id:
            return one
    raise NoSuchProgramme(programme_id, ", ".join(one.id for one in known))


def _step(house: House, application: Application, programme: AidProgramme) -> int:
    if programme.kind == "ceiling":
        return 0
    for one in fitting(house, application):
        if one.programme == programme.id and one.off:
            return one.off
    raise NoSuchProgramme(programme.id, "those that kvitt aid show proposes, or name a --percent")


def _open(session: Session, application_id: int) -> Application:
    found = aid.find(session, application_id)
    if found is None or not found.state.open:
        raise NoSuchApplication(application_id)
    return found


def _decidable(session: Session, application_id: int) -> Application:
    """An application, with whoever it is about held: open, or decided before and now anew."""
    found = aid.find(session, application_id)
    if found:
        register.hold(session, [found.customer_id])
        found = aid.find(session, application_id)
    if found is None or found.state in {AidState.WITHDRAWN, AidState.EXPIRED}:
        raise NoSuchApplication(application_id)
    return found


def _shares(session: Session, house: House, application: Application) -> list[BillShare]:
    """The bills that help is about: those still owed, and those that came within the window before it."""
    window = house.policy.aid.window_days if house.policy.aid else 0
    since = local_day(application.asked_at, house.creditor.zone) - timedelta(days=window)
    return [
        one
        for one, issued_on in _every_share(session, application.customer_id)
        if one.owed > 0 or one.helped or issued_on >= since
    ]


def _every_share(session: Session, customer_id: str) -> list[tuple[BillShare, date]]:
    """Every bill that was issued to those the customer answers for, by the day of its first service."""
    found = []
    for account in accounts.answered_by(session, [customer_id]):
        for bill in bills.of_account(session, account.id):
            if bill.state is BillState.ISSUED:
                days = [charge.service_on for charge in bills.charges_of(session, bill.id)]
                entries = ledger.of_bill(session, bill.id)
                share = rules.share_of(bill.id, min(days, default=bill.issued_on), entries)
                found.append((share, bill.issued_on))
    return found


def _above_ceiling(session: Session, house: House, application: Application) -> dict[str, int]:
    ceiling = house.policy.patient_ceiling
    assert ceiling, "a policy with a ceiling programme has the ceiling"
    terms = Terms(ceilings=ceiling.ceilings, ceiling_months=ceiling.months)
    return rules.above_ceiling([one for one, _ in _every_share(session, application.customer_id)], terms)


def _book(
    session: Session,
    application: Application,
    programme: AidProgramme,
    off: Mapping[str, int],
    round_: int,
    today: date,
    now: datetime,
) -> None:
    known = bills.by_id(session, list(off))
    entries = [
        Entry(
            account_id=known[bill_id].account_id,
            kind=EntryKind.ADJUSTMENT,
            amount=Money(-amount, known[bill_id].currency),
            booked_on=today,
            source=f"aid:{application.id}:{round_}:{bill_id}",
            bill_id=bill_id,
            rule=f"{rules.RULE}{programme.id}",
        )
        for bill_id, amount in off.items()
    ]
    ledger.append(session, entries, now)


def _take_back(session: Session, application: Application, today: date, now: datetime) -> None:
    """Reverse what an earlier decision took off; money that became a credit by it goes back to the bills."""
    mine = f"aid:{application.id}:{application.round}:"
    for account in accounts.answered_by(session, [application.customer_id]):
        entries = ledger.of_account(session, account.id)
        reversed_ = {entry.reverses for entry in entries}
        taken = [
            entry
            for entry in entries
            if entry.source.startswith(mine)
            and entry.kind is EntryKind.ADJUSTMENT
            and entry.id not in reversed_
        ]
        ledger.append(session, [entry.reversal(today, f"{entry.source}:back") for entry in taken], now)
        if taken:
            unused_money.use(session, account.id, account.currency, today, now)


def _over_to_credit(
    session: Session,
    house: House,
    application: Application,
    programme: AidProgramme,
    now: datetime,
) -> int:
    """What was paid beyond the new share leaves its bill as a credit; how much, in minor units."""
    today, whole = local_day(now, house.creditor.zone), 0
    for account in accounts.answered_by(session, [application.customer_id]):
        over = unused_money.free(session, account.id, account.currency, today, now)
        whole += over
        unused_money.use(session, account.id, account.currency, today, now)
        left = -ledger.owed_by_bill(session, [account.id])[account.id].get(None, 0)
        if over and left > minor_units(programme.refund_above, account.currency):
            _have_refunded(session, house, application, account.id, left, now)
    return whole


def _have_refunded(
    session: Session, house: House, application: Application, account_id: str, amount: int, now: datetime
) -> None:
    why = f"help was granted after money came: {amount} (minor units) are to be given back from {account_id}"
    by = now + timedelta(days=house.policy.holds.answer_days)
    case = Case(f"aid_refund:{account_id}", "refund", why, by, 2, application.customer_id)
    escalations.open_case(session, case, now)


def _decided(session: Session, house: House, application: Application, deed: Deed) -> None:
    holds.lift(session, application.customer_id, [HoldKind.AID_APPLICATION], deed.actor, deed.at)
    for key in (f"aid_decision:{application.id}", f"aid_renewal:{application.id}"):
        escalations.close_key(session, key, deed.actor, deed.action, deed.at)
    staff.write_down(session, deed)
    wake(session, house, [application.customer_id], deed.at)
