"""An account's life in memory: the real rules, and a small model of what handlers save after them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from billing import policy
from billing.accounts.channels import Channel
from billing.accounts.holds import Hold, HoldKind
from billing.accounts.snapshot import (
    AccountSnapshot,
    BillSnapshot,
    DunningStep,
    PastMessage,
    PersonSnapshot,
    PlacementState,
    Reach,
    StepState,
)
from billing.calendar import local_day
from billing.collection import placement
from billing.dunning import deadlines
from billing.dunning.dunning import decide
from billing.plans.plans import Plan, spread
from billing.plans.promises import Promise
from billing.refusals import Refusal
from handlers.dunning import lapses

if TYPE_CHECKING:
    from collections.abc import Callable

    from billing.dunning.dunning import BillVerdict

START: Final = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)
"""A Monday, ten in the morning in California."""
ZONE: Final = ZoneInfo("America/Los_Angeles")
_GENERIC: Final = policy.load("generic")
_UNTHANKED: Final = _GENERIC.payments.model_copy(update={"thanks_days": 0})
POLICY: Final = _GENERIC.model_copy(update={"notices": None, "payments": _UNTHANKED})
AVAILABLE: Final = frozenset({Channel.SMS})
ASKED: Final = 60000
PART: Final = 20000
RESTS: Final = timedelta(days=14)
BREAKS: Final = timedelta(days=45)
QUIET: Final = timedelta(days=30)
"""So long a recalled bill rests."""
ACTIONS: Final = (
    "bill", "pay", "part_pay", "hold", "release", "plan", "promise", "break", "dispute", "claim", "run",
    "place", "recall",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Life:
    """The state of an account: the person as the rules see them, the time, and what was paid so far."""

    person: PersonSnapshot
    now: datetime = START
    next_at: datetime | None = None
    paid: int = 0
    verdict: tuple[str, str, int | None] | None = None
    """The last run's verdict, reason and level; empty if there was no run, or nothing was due."""

    @property
    def account(self) -> AccountSnapshot:
        """The one account."""
        return self.person.accounts[0]

    @property
    def bill(self) -> BillSnapshot | None:
        """The one bill, once there is one."""
        return self.account.bills[0] if self.account.bills else None


def born() -> Life:
    """A customer with a phone and no bill."""
    known = datetime(2026, 1, 1, tzinfo=UTC)  # the day of their consent
    reach = Reach(1, Channel.SMS, "+15035550142", consented=True, known_at=known)
    account = AccountSnapshot("a1", "ada", "USD", "US", "CA")
    zones = frozenset({"America/Los_Angeles"})
    return Life(PersonSnapshot("ada", "en", (account,), zones=zones, reaches=(reach,)))


def after(life: Life, action: str) -> Life:
    """The life after an action; unchanged where the action is refused or has no effect."""
    return _ACTIONS[action](replace(life, verdict=None))


def _bill(life: Life) -> Life:
    if life.bill:
        return life
    due_on = local_day(life.now, ZONE) - timedelta(days=1)
    bill = BillSnapshot("B1", due_on - timedelta(days=30), due_on, ASKED, sent_on=due_on)
    return _rescheduled(_with_bill(life, bill))


def _pay(life: Life, most: int = ASKED) -> Life:
    bill = life.bill
    if bill is None or bill.owed <= 0:
        return life
    amount = min(most, bill.owed)
    paid = replace(life, paid=life.paid + amount)
    return _rescheduled(_with_bill(paid, replace(bill, owed=bill.owed - amount)))


def _hold(life: Life) -> Life:
    return _held(life, Hold(HoldKind.MANUAL, "asked us to", life.now + RESTS))


def _dispute(life: Life) -> Life:
    return _held(life, Hold(HoldKind.DISPUTE, "says so"))


def _claim(life: Life) -> Life:
    return _held(life, Hold(HoldKind.CLAIM_OPEN, "an insurer looks at it"))


def _held(life: Life, hold: Hold) -> Life:
    active = [one for one in life.person.holds if one.is_active_at(life.now)]
    if any(one.kind is hold.kind and one.bill_id == hold.bill_id for one in active):
        return life
    return _rescheduled(replace(life, person=replace(life.person, holds=(*active, hold))))


def _release(life: Life) -> Life:
    return _rescheduled(replace(life, person=replace(life.person, holds=())))


def _plan(life: Life) -> Life:
    bill, account = life.bill, life.account
    away = bill is not None and bill.placement is PlacementState.PLACED
    if bill is None or bill.owed <= 0 or account.plan or account.promise or away:
        return life
    parts = spread(bill.owed, 2, 15, local_day(life.now, ZONE))
    return _rescheduled(_with_account(life, plan=Plan(1, "a1", bill.owed, parts, ("B1",))))


def _promise(life: Life) -> Life:
    bill, account = life.bill, life.account
    away = bill is not None and bill.placement is PlacementState.PLACED
    if bill is None or bill.owed <= 0 or account.plan or account.promise or away:
        return life
    due_on = local_day(life.now, ZONE) + timedelta(days=7)
    return _rescheduled(_with_account(life, promise=Promise(1, "a1", bill.owed, due_on, life.person.to_pay)))


def _break(life: Life) -> Life:
    """Let so much time pass that what was agreed is broken."""
    return replace(life, now=life.now + BREAKS)


def _run(life: Life) -> Life:
    """Let time pass until something is due, at most a day; then run, and deliver at once what it queued."""
    now = life.next_at if life.next_at and life.next_at > life.now else life.now + timedelta(days=1)
    life = replace(life, now=now)
    if life.next_at is None or life.next_at > now:
        return life
    life = _settled(life)
    decision = decide(life.person, POLICY, AVAILABLE, now)
    for verdict in decision.verdicts:
        life = _written(replace(life, verdict=(verdict.verdict, verdict.reason, verdict.level)), verdict)
    return replace(life, next_at=_next(life))


def _written(life: Life, verdict: BillVerdict) -> Life:
    bill = life.bill
    assert bill is not None
    if verdict.verdict == "remind" and verdict.level is not None:
        return _heard(life, bill, verdict.level)
    if verdict.case:
        person = replace(life.person, cases=life.person.cases | {verdict.case})
        life = replace(life, person=person)
    if verdict.case.startswith("placement:"):
        return _with_bill(life, replace(bill, placement=PlacementState.FLAGGED))
    return life


def _heard(life: Life, bill: BillSnapshot, level: int) -> Life:
    final = POLICY.level(level).final
    answer_by = deadlines.answer_by(POLICY, local_day(life.now, ZONE), Channel.SMS) if final else None
    step = DunningStep(level, StepState.HEARD, life.now, answer_by=answer_by)
    others = tuple(one for one in bill.steps if one.level != level)
    past = (*life.person.past, PastMessage(life.now, frozenset({bill.bill_id})))
    said = replace(life, person=replace(life.person, past=past))
    return _with_bill(said, replace(bill, steps=(*others, step)))


def _place(life: Life) -> Life:
    bill = life.bill
    if bill is None or bill.owed <= 0:
        return life
    found = placement.blocker(life.person, life.account, bill, POLICY, life.now)
    try:
        placement.check_approval(bill, found.reason if found else None, POLICY, AVAILABLE)
    except Refusal:
        return life
    cases = frozenset(one for one in life.person.cases if not one.startswith("placement:"))
    flagged = replace(life, person=replace(life.person, cases=cases))
    return _rescheduled(_with_bill(flagged, replace(bill, placement=PlacementState.PLACED)))


def _recall(life: Life) -> Life:
    """The bill is recalled from the collector, rests, and its reminders begin again."""
    bill = life.bill
    if bill is None or bill.placement is not PlacementState.PLACED:
        return life
    until = life.now + QUIET
    hold = Hold(HoldKind.MANUAL, "a mistake", until, "a1", "B1")
    again = replace(bill, placement=None, episode=bill.episode + 1, episode_since=until, steps=())
    rested = replace(life, person=replace(life.person, holds=(*life.person.holds, hold)))
    return _rescheduled(_with_bill(rested, again))


def _rescheduled(life: Life) -> Life:
    """What follows every change: lapses settled, a paid bill's flag withdrawn, the next time computed."""
    life = _settled(life)
    bill = life.bill
    if bill and bill.owed <= 0 and bill.placement is PlacementState.FLAGGED:
        cases = frozenset(one for one in life.person.cases if not one.startswith("placement:"))
        life = replace(life, person=replace(life.person, cases=cases))
        life = _with_bill(life, replace(bill, placement=None))
    return replace(life, next_at=_next(life))


def _settled(life: Life) -> Life:
    person = lapses.as_of(life.person, POLICY, life.now, lapses.Lapses())
    span = timedelta(days=POLICY.caps.days)
    past = tuple(one for one in person.past if life.now - one.at < span)
    holds = tuple(one for one in person.holds if one.is_active_at(life.now))
    return replace(life, person=replace(person, past=past, holds=holds))


def _next(life: Life) -> datetime | None:
    return decide(life.person, POLICY, AVAILABLE, life.now).next_action_at("a1")


def _with_bill(life: Life, bill: BillSnapshot) -> Life:
    return _with_account(life, bills=(bill,))


def _with_account(life: Life, **values: object) -> Life:
    account = replace(life.account, **values)  # type: ignore[arg-type]
    return replace(life, person=replace(life.person, accounts=(account,)))


_ACTIONS: Final[dict[str, Callable[[Life], Life]]] = {
    "bill": _bill,
    "pay": _pay,
    "part_pay": lambda life: _pay(life, PART),
    "hold": _hold,
    "release": _release,
    "plan": _plan,
    "promise": _promise,
    "break": _break,
    "dispute": _dispute,
    "claim": _claim,
    "run": _run,
    "place": _place,
    "recall": _recall,
}
