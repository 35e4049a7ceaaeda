"""Bills with a collector: what the desk must report, what to recall, whom customers are referred to."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from billing.accounts.holds import HoldKind
from billing.calendar import add_bank_days, local_day, start_of_day
from billing.collection.placement import blocker
from billing.facts import Saying
from storage.bills import bills
from storage.collection import collector_files, placements
from storage.desk import escalations
from storage.desk.escalations import Case

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from billing.accounts.snapshot import AccountSnapshot, BillSnapshot, PersonSnapshot
    from billing.collection.collectors import Collector
    from handlers.context import Context
    from storage.collection.placements import Placement

CALLS_BACK: Final = {
    **{kind.value: kind.traits.calls_back for kind in HoldKind if kind.traits.calls_back},
    **{kind.excluded_as: kind.traits.register.calls_back for kind in HoldKind if kind.traits.register},
    "time_barred": "the claim is past its limitation date",
}
"""Blockers that open a recall case for a placed bill, with the words for it; a person decides."""


def report_to_desk(context: Context, people: Sequence[PersonSnapshot]) -> None:
    """Open cases to report to the collector what was booked on placed bills, or to recall blocked ones."""
    _to_report(context, people)
    bill_ids = [bill.bill_id for person in people for bill in person.with_collector]
    kept = {one.bill_id: one for one in placements.away(context.session, bill_ids)}
    for person in people:
        for account in person.accounts:
            for bill in account.bills:
                if bill.bill_id in kept:
                    _to_recall(context, person, account, bill, kept[bill.bill_id])


def _to_report(context: Context, people: Sequence[PersonSnapshot]) -> None:
    """A payment on a placed bill is reported to its collector within one bank day.

    Otherwise the collector would go on asking for what is paid (docs/proof.md, invariant 49).
    """
    zone, country = context.creditor.zone, context.creditor.country
    whose_is = {account.account_id: person.person_id for person in people for account in person.accounts}
    untold = collector_files.untold_entries_of(context.session, list(whose_is))
    if not untold:
        return
    kept = placements.with_ids(context.session, {one.placement_id for one in untold})
    billed = bills.by_id(context.session, {one.bill_id for one in untold})
    for one in untold:
        by = add_bank_days(local_day(one.recorded_at, zone), 1, country)
        placement = kept[one.placement_id]
        case = Case(
            key=f"report:{placement.key}",
            kind="collector_report",
            reason=f"{placement.collector} must learn what was booked: kvitt placements report",
            # The end of that bank day in the creditor's zone.
            deadline=start_of_day(by + timedelta(days=1), zone),
            customer_id=whose_is[billed[one.bill_id].account_id],
            bill_id=placement.bill_id,
        )
        escalations.open_case(context.session, case, context.now)


def _to_recall(
    context: Context,
    person: PersonSnapshot,
    account: AccountSnapshot,
    bill: BillSnapshot,
    placement: Placement,
) -> None:
    found = blocker(person, account, bill, context.policy, context.now)
    reason = found.reason if found and found.reason in CALLS_BACK else ""
    # Asked about this already: a case that the desk has closed must not come back with every reschedule.
    if reason == placement.recall_asked:
        return
    escalations.close_key(context.session, f"recall:{placement.key}", "kvitt", "no_longer", context.now)
    placements.note(context.session, placement.id, recall_asked=reason)
    if reason:
        case = Case(
            key=f"recall:{placement.key}",
            kind="recall",
            reason=f"{CALLS_BACK[reason]}, and a collector has it: kvitt placements recall {placement.key}",
            deadline=context.answer_by(),
            customer_id=person.person_id,
            bill_id=bill.bill_id,
        )
        escalations.open_case(context.session, case, context.now)


def referral(context: Context, person: PersonSnapshot) -> list[Saying]:
    """The sayings that refer a customer to the collectors of their placed bills, each collector once."""
    found = placements.away(context.session, [bill.bill_id for bill in person.with_collector])
    sayings: list[Saying] = []
    for placement in found:
        collector = whose(context.installation.collectors, placement.collector)
        name = collector.name if collector else placement.collector
        reach = (collector.phone or collector.email) if collector else ""
        saying = Saying("answers.referred", {"collector": name, "reach": reach})
        if not name:
            saying = Saying("answers.placed")
        if saying not in sayings:
            sayings.append(saying)
    return sayings


def whose(collectors: Collection[Collector], name: str) -> Collector | None:
    """The collector of a placement, by id or by name; None if the installation has it no more."""
    return next((one for one in collectors if name in {one.id, one.name}), None)
