"""The simulated rep: comes in twice a working day and looks at what needs a person."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from billing.accounts.holds import HoldKind
from billing.accounts.snapshot import PlacementState
from billing.calendar import local_day
from billing.refusals import Refusal
from bot.simulate.evidence import DeskAction
from bot.simulate.registering import customer_row
from handlers.desk import agreements, cases, holding
from handlers.desk.hold_fates import LIFT, HoldFate
from handlers.dunning.reschedule import reschedule
from storage.desk import escalations

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from bot.simulate.chance import Luck
    from bot.simulate.people import SimulatedPerson
    from bot.simulate.stage import Stage
    from storage.desk.escalations import Escalation

REP: Final = "rita"
SECOND: Final = "sam"
AGENCY: Final = "Summit Recovery"
HOURS: Final = (time(9, 30), time(14, 0))
WEEKEND: Final = 5
STAYS: Final = frozenset({"deceased", "legal", "minor", "crisis"})
"""What a rep closes without letting the demands begin again."""
LEFT_OPEN: Final = frozenset(
    {"stopped", "no_usable_channel", "unknown_zone", "minor_without_guarantor", "channel_down", "hold_review"}
)
"""Kinds of cases that a text cannot close: they stay open until the desk has called, written or inquired."""
RESTS: Final = timedelta(days=2)
LOOKED_AT_AGAIN: Final = timedelta(days=365)
"""Until when what stays is kept: longer than what is simulated."""
FOUND: Final = 0.75
"""The share of addresses that the desk finds by inquiries."""
TAKEN_BACK_AFTER: Final = timedelta(days=14)
"""When a case that was noted on the phone is checked again."""


class Desk:
    """One rep, with a second for what two must approve."""

    def __init__(self, world: Stage, luck: Luck) -> None:
        self._world = world
        self._luck = luck
        self._later: dict[int, datetime] = {}
        self._approved: set[str] = set()
        self._to_hand_over = False

    def opens(self, first: date, last: date) -> None:
        """Come in on every working day from the first to the last."""
        zone = self._world.installation.creditor.zone
        day = first
        while day <= last:
            if day.weekday() < WEEKEND:
                for hour in HOURS:
                    self._world.at(datetime.combine(day, hour, tzinfo=zone), self.works)
            day += timedelta(days=1)

    def is_rung(self, person: SimulatedPerson, meant: str) -> None:
        """A customer calls about a letter: the call is recorded in the desk's next working hours."""
        zone = self._world.installation.creditor.zone
        day = self._world.now.astimezone(zone).date() + timedelta(days=1)
        while day.weekday() >= WEEKEND:
            day += timedelta(days=1)
        at = datetime.combine(day, time(11, self._luck.of("phone", person.id).randint(0, 59)), tzinfo=zone)
        self._world.at(at, lambda: self._notes(person, meant))

    def works(self) -> None:
        """Look at everything that is open, and decide about most of it."""
        with self._world.database.read() as session:
            waiting = [case for case in escalations.queue(session) if self._ready(case)]
        for case in waiting:
            self._decides(case)
        if self._to_hand_over:
            self._hands_over()

    def _ready(self, case: Escalation) -> bool:
        """Some things are looked at once, and left for a day or so."""
        if case.kind in LEFT_OPEN:
            return False
        when = self._later.setdefault(
            case.id, self._world.now + self._luck.of("case", case.key).choice((0, 0, 1, 3)) * RESTS
        )
        return self._world.now >= when

    def _decides(self, case: Escalation) -> None:
        world = self._world
        try:
            with world.database.write() as session:
                self._decide(session, case)
        except Refusal as refusal:
            world.refused[type(refusal).__name__] += 1
            self._later[case.id] = world.now + 5 * RESTS

    def _decide(self, session: Session, case: Escalation) -> None:
        world = self._world
        if case.kind == "placement" and case.bill_id:
            self._places(session, case.bill_id)
        elif case.kind == "number_unconfirmed" and case.customer_id:
            self._rings(session, case)
        elif case.kind == "collector_report":
            for one in world.installation.collectors:
                world.entry_points.report_to_collector(world.context(session), one, REP)
        elif case.kind == "address_search" and case.customer_id:
            self._searches(session, case)
        elif case.kind == "plan" or case.key.startswith("plan:"):
            agreements.approve(world.context(session), int(case.key.removeprefix("plan:")), REP)
            self._record_action("plan_approved", case.key)
        else:
            if case.contact_point_id and case.kind in {"dispute", "hardship", "person", "complaint"}:
                cases.answer(world.context(session), case.id, REP, "We have looked at it.")
            stays = HoldFate(
                keep_until=local_day(world.now + LOOKED_AT_AGAIN, world.installation.creditor.zone)
            )
            fate = stays if case.kind in STAYS else LIFT
            cases.close(world.context(session), case.id, REP, "looked at", fate=fate)
            self._record_action(f"closed_{case.kind}", case.key)

    def _places(self, session: Session, bill_id: str) -> None:
        world = self._world
        if self._luck.of("placement", bill_id).random() < 0.8:  # noqa: PLR2004
            by = SECOND if bill_id in self._approved else REP
            state = world.entry_points.approve(world.context(session), bill_id, by, AGENCY)
            self._approved.add(bill_id)
            if state is PlacementState.PLACED:
                self._record_action("placed", bill_id)
                self._to_hand_over = True
        else:
            world.entry_points.give_back(world.context(session), bill_id, REP, "try once more", 30)
            self._record_action("returned", bill_id)

    def _hands_over(self) -> None:
        """Put what was placed into a file for the collector."""
        world = self._world
        with world.database.write() as session:
            for one in world.installation.collectors:
                world.entry_points.export(world.context(session), one, REP)
        self._to_hand_over = False

    def _rings(self, session: Session, case: Escalation) -> None:
        """Call to confirm a number; the person who answers says whose it is."""
        world = self._world
        person = world.evidence.people[str(case.customer_id)]
        world.entry_points.confirm_number(world.context(session), person.id, person.addresses["sms"], REP)
        self._record_action("confirmed", person.id)

    def _notes(self, person: SimulatedPerson, meant: str) -> None:
        """Place the hold that a caller's words require, as a rep does."""
        world, kind = self._world, HoldKind(meant)
        until = None if kind.is_stop_state else world.now + TAKEN_BACK_AFTER
        try:
            with world.database.write() as session:
                subject = holding.of_customer(session, person.id)
                world.entry_points.place_hold(
                    world.context(session), subject, kind, "said on the phone", until, REP
                )
        except Refusal as refusal:
            world.refused[type(refusal).__name__] += 1
            return
        self._record_action(f"noted_{meant}", person.id)

    def _searches(self, session: Session, case: Escalation) -> None:
        """Search for a customer's address; what is found is saved in the register."""
        world = self._world
        person = world.evidence.people[str(case.customer_id)]
        if person.moved_to and self._luck.of("search", person.id).random() < FOUND:
            person.street, person.moved_to = person.moved_to, ""
            world.entry_points.add_customer(world.context(session), customer_row(person))
            reschedule(world.context(session), [person.id])
        cases.close(world.context(session), case.id, REP, "asked around", lift=True)
        self._record_action("address_searched", person.id)

    def _record_action(self, what: str, subject: str) -> None:
        self._world.evidence.desk_actions.append(DeskAction(self._world.now, REP, what, subject))
