"""Decisions about financial assistance: the reduction is booked, reversed, or refunded."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from billing.accounts.holds import HoldKind
from billing.accounts.roles import Right
from billing.calendar import add_months, local_day
from billing.costs import aid as rules
from billing.costs.aid import AidState
from billing.ledger.ledger import EntryKind
from handlers import rights
from handlers.aid.applications import fitting
from handlers.dunning.reschedule import reschedule
from handlers.ledger import assistance, unused_money
from handlers.people import register
from handlers.rights import DeskRefusal
from storage.costs import aid
from storage.desk import escalations, staff
from storage.desk.staff import AuditEntry
from storage.dunning import holds
from storage.ledger import accounts, ledger

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.orm import Session

    from billing.costs.aid import BillShare, Proposal
    from billing.policy import AidProgramme
    from handlers.context import Context
    from handlers.installation import Installation
    from storage.costs.aid import Application


class NoSuchApplication(DeskRefusal):
    """An application for financial assistance is named that does not exist, or is not open."""

    def __init__(self, application_id: int) -> None:
        super().__init__(f"no application {application_id} can be decided: see kvitt aid list")


class NoSuchProgramme(DeskRefusal):
    """An assistance programme is named that the policy does not have."""

    def __init__(self, name: str, known: str) -> None:
        super().__init__(f"the policy has no programme {name!r}: write one of {known or 'none'}")


class NoSuchDocument(DeskRefusal):
    """The document was not requested for the application for assistance."""

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


def document_came(context: Context, application_id: int, name: str, by: str) -> Application:
    """Record a document received for an application for assistance; the last one makes it complete.

    Raises:
        NoSuchApplication: it is not open.
        NoSuchDocument: it was not requested.
    """
    by = rights.check(context.session, by, Right.WORK)
    found = _open(context.session, application_id)
    if name not in found.documents:
        raise NoSuchDocument(name, ", ".join(found.documents))
    today = local_day(context.now, context.creditor.zone)
    documents = {**found.documents, name: today.isoformat()}
    state = AidState.COMPLETE if all(documents.values()) else AidState.ASKED
    aid.change(context.session, application_id, documents=documents, state=state.value)
    staff.write_down(
        context.session,
        AuditEntry(context.now, by, "aid_document", f"aid:{application_id}", {"document": name}),
    )
    return _open(context.session, application_id)


def proposals(context: Context, application: Application) -> list[tuple[Proposal, int]]:
    """What each assistance programme would do, and take off in all (minor units)."""
    found = [
        (
            one,
            sum(rules.taken_off(_shares(context, application), one.off).values()) if one.off else 0,
        )
        for one in fitting(context.installation, application)
    ]
    ceiling = next((one for one in context.policy.aid_programmes if one.kind == "ceiling"), None)
    if ceiling:
        off = assistance.above_ceiling(context, application.customer_id)
        found.append((rules.Proposal(ceiling.id, ceiling.name), sum(off.values())))
    return found


def grant(
    context: Context, application_id: int, programme_id: str, percent: int | None, by: str, reason: str
) -> int:
    """Grant assistance; returns the total reduction. An earlier decision's bookings are reversed first.

    After the end of a grant it is renewed: earlier reductions stay, and only other bills are reduced.

    Without a percent the programme's own step is granted. Money paid beyond the new share becomes a credit,
    and a case to give it back where it is more than the programme's small amount.

    Raises:
        NoSuchApplication: there is none, or it was withdrawn.
        NoSuchProgramme: the policy does not have it, or it has no step for this income.
        billing.costs.aid.BeyondTheShare: the percent is not 1 to 100.
    """
    by = rights.check(context.session, by, Right.APPROVE)
    found = _decidable(context.session, application_id)
    programme = _programme(context.installation, programme_id)
    today, round_ = local_day(context.now, context.creditor.zone), found.round + 1
    renewed = found.state is AidState.GRANTED and found.renew_on is not None and found.renew_on <= today
    if not renewed:
        _take_back(context, found, today)
    percent = percent or _step(context.installation, found, programme)
    shares = [one for one in _shares(context, found) if not (renewed and one.helped)]
    off = (
        assistance.above_ceiling(context, found.customer_id)
        if programme.kind == "ceiling"
        else rules.taken_off(shares, percent)
    )
    assistance.book(context, replace(found, programme=programme.id, round=round_), off, today)
    refund = assistance.over_to_credit(context, found, programme)
    renew = add_months(today, programme.renew_months)
    aid.change(
        context.session,
        application_id,
        state=AidState.GRANTED.value,
        programme=programme.id,
        percent=percent,
        decided_at=context.now,
        decided_by=by,
        reason=reason,
        renew_on=renew,
        look_on=renew,
        round=round_,
    )
    detail = {"programme": programme.id, "percent": percent, "off": sum(off.values()), "credit": refund}
    _decided(context, found, AuditEntry(context.now, by, "aid_granted", f"aid:{application_id}", detail))
    return sum(off.values())


def close(context: Context, application_id: int, state: AidState, by: str, reason: str) -> None:
    """Deny an application for aid, or note it as withdrawn or never completed; granted help is taken back.

    Raises:
        NoSuchApplication: there is none that can be decided.
    """
    by = rights.check(context.session, by, Right.APPROVE)
    found = _decidable(context.session, application_id)
    _take_back(context, found, local_day(context.now, context.creditor.zone))
    aid.change(
        context.session,
        application_id,
        state=state.value,
        programme="",
        percent=None,
        decided_at=context.now,
        decided_by=by,
        reason=reason,
        renew_on=None,
        look_on=None,
        round=found.round + 1,
    )
    _decided(
        context,
        found,
        AuditEntry(context.now, by, f"aid_{state.value}", f"aid:{application_id}", {"reason": reason}),
    )


def _programme(installation: Installation, programme_id: str) -> AidProgramme:
    known = [one for one in installation.policy.aid_programmes if one.kind != "referral"]
    for one in known:
        if one.id == programme_id:
            return one
    raise NoSuchProgramme(programme_id, ", ".join(one.id for one in known))


def _step(installation: Installation, application: Application, programme: AidProgramme) -> int:
    if programme.kind == "ceiling":
        return 0
    for one in fitting(installation, application):
        if one.programme == programme.id and one.off:
            return one.off
    raise NoSuchProgramme(programme.id, "those that kvitt aid show proposes, or name a --percent")


def _open(session: Session, application_id: int) -> Application:
    found = aid.find(session, application_id)
    if found is None or not found.state.open:
        raise NoSuchApplication(application_id)
    return found


def _decidable(session: Session, application_id: int) -> Application:
    """An open or decided application, with its customer locked."""
    found = aid.find(session, application_id)
    if found:
        # Before reading bills and entries: a payment booked meanwhile changes what is given back.
        register.hold(session, [found.customer_id])
        found = aid.find(session, application_id)
    if found is None or found.state in {AidState.WITHDRAWN, AidState.EXPIRED}:
        raise NoSuchApplication(application_id)
    return found


def _shares(context: Context, application: Application) -> list[BillShare]:
    """The bills that help is about: those still owed, and those that came within the window before it."""
    window = context.policy.aid.window_days if context.policy.aid else 0
    since = local_day(application.asked_at, context.creditor.zone) - timedelta(days=window)
    return [
        one
        for one, issued_on, _ in assistance.every_share(context.session, application.customer_id)
        if one.owed > 0 or one.helped or issued_on >= since
    ]


def _take_back(context: Context, application: Application, today: date) -> None:
    """Reverse an earlier decision's reductions; credits that arose from them settle the bills again."""
    mine = f"aid:{application.id}:{application.round}:"
    for account in accounts.answered_by(context.session, [application.customer_id]):
        entries = ledger.of_account(context.session, account.id)
        reversed_ = {entry.reverses for entry in entries}
        taken = [
            entry
            for entry in entries
            if entry.source.startswith(mine)
            and entry.kind is EntryKind.ADJUSTMENT
            and entry.id not in reversed_
        ]
        ledger.append(
            context.session, [entry.reversal(today, f"{entry.source}:back") for entry in taken], context.now
        )
        if taken:
            unused_money.use(context, account.id, account.currency, today)


def _decided(context: Context, application: Application, entry: AuditEntry) -> None:
    holds.lift(context.session, application.customer_id, [HoldKind.AID_APPLICATION], entry.actor, entry.at)
    for key in (f"aid_decision:{application.id}", f"aid_renewal:{application.id}"):
        escalations.close_key(context.session, key, entry.actor, entry.action, entry.at)
    staff.write_down(context.session, entry)
    reschedule(context, [application.customer_id])
