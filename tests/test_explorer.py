"""Every life of an account up to seven actions long, on the real rules, the model against the handlers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from billing.accounts.holds import Hold, HoldKind
from billing.accounts.snapshot import PlacementState
from billing.collection.placement import PassingReason
from billing.ledger.money import Money
from billing.plans.plans import Review, spread
from billing.refusals import Refusal
from bot.simulate.chance import by_seed
from handlers.collection import collector
from handlers.dunning.reschedule import reschedule
from storage import plans, tables
from storage.dunning import holds
from tests.explorer.model import (
    ACTIONS,
    ASKED,
    AVAILABLE,
    BREAKS,
    PART,
    POLICY,
    QUIET,
    RESTS,
    START,
    ZONE,
    Life,
    after,
    born,
)
from tests.keys import KEYS
from tests.world import World, an_installation

if TYPE_CHECKING:
    from datetime import datetime

    from storage.database.transaction import Database

pytestmark = pytest.mark.slow

LONGEST = 7
FIRST_MOVES = ("bill", "run", "run", "run", "run")
"""A life in which every level was heard, so that the collector comes within reach."""
SEQUENCES, LENGTH = 200, 10


@dataclass(frozen=True, slots=True)
class Explored:
    """How far it went."""

    states: int
    sequences: int
    reminded: int
    placed: int
    recalled: int


def explore(first: Life, longest: int) -> Explored:
    """Try every action in every state that can be reached; equal states are looked at once."""
    reached, known, seen = {first: 1}, {first}, Counter[str]()
    for _ in range(longest):
        following = Counter[Life]()
        for life, ways in reached.items():
            for action in ACTIONS:
                then = after(life, action)
                if then is not life:
                    _promises_hold(life, action, then)
                    seen[_what(life, then)] += 1
                following[replace(then, verdict=None)] += ways
        reached = following
        known |= set(following)
    return Explored(len(known), sum(reached.values()), seen["remind"], seen["placed"], seen["recalled"])


def _what(life: Life, then: Life) -> str:
    before = life.bill.placement if life.bill else None
    now = then.bill.placement if then.bill else None
    if now is PlacementState.PLACED and before is not PlacementState.PLACED:
        return "placed"
    if before is PlacementState.PLACED and now is None:
        return "recalled"
    return then.verdict[0] if then.verdict else ""


def _promises_hold(life: Life, action: str, then: Life) -> None:
    """Everything that must be true whatever happened, and of this one step."""
    bill = then.bill
    if bill is None:
        return
    assert bill.owed + then.paid == ASKED
    assert bill.owed >= 0
    levels = sorted(step.level for step in bill.steps)
    assert levels == list(range(1, len(levels) + 1)), (action, levels)
    if then.verdict and then.verdict[0] == "remind":
        _reminder_was_right(life, then)
    if _what(life, then) == "placed":
        _placement_was_right(life, action)


def _reminder_was_right(life: Life, then: Life) -> None:
    """Something was owed, nothing stood in the way, and the level was the next one."""
    before, bill = life.bill, then.bill
    assert before is not None
    assert bill is not None
    assert before.owed > 0
    assert not [one for one in then.person.holds if one.until is None or one.until > then.now]
    assert then.account.plan is None
    assert then.account.promise is None
    assert before.placement is None
    assert bill.episode > before.episode or bill.heard == before.heard + 1
    assert len(then.person.past) <= POLICY.caps.per_person
    gaps = [one.at for one in then.person.past]
    least = timedelta(hours=POLICY.caps.min_gap_hours)
    assert all(late - early >= least for early, late in pairwise(gaps))


def _placement_was_right(life: Life, action: str) -> None:
    """A person did it, after every level was heard and the deadline was over; nothing stood in the way."""
    bill = life.bill
    assert bill is not None
    assert action == "place"
    assert bill.heard == len(POLICY.levels)
    assert not [one for one in life.person.holds if one.until is None or one.until > life.now]
    assert not _plan_is_kept(life)
    assert life.account.promise is None
    last = bill.step(len(POLICY.levels))
    assert last is not None
    assert last.answer_by is not None
    assert life.now.astimezone(ZONE).date() > last.answer_by


def _plan_is_kept(life: Life) -> bool:
    """Whether a plan runs, and whatever should have been paid by now was paid."""
    plan, bill = life.account.plan, life.bill
    if plan is None or bill is None:
        return False
    today, grace = life.now.astimezone(ZONE).date(), timedelta(days=POLICY.plan.grace_days)
    wanted = sum(one.amount for one in plan.instalments if one.due_on + grace < today)
    return plan.amount - bill.owed >= wanted


@pytest.mark.parametrize(
    ("moves_before", "longest"), [((), LONGEST), (FIRST_MOVES, LONGEST - 1)], ids=["born", "told"]
)
def test_every_life_keeps_the_promises(moves_before: tuple[str, ...], longest: int) -> None:
    """No reminder on nothing owed, no level skipped, no placement under a hold; in every state there is."""
    life = born()
    for action in moves_before:
        life = after(life, action)

    found = explore(life, longest)

    assert found.sequences == len(ACTIONS) ** longest
    assert found.states > 10_000
    assert found.reminded
    assert found.placed
    if moves_before:
        assert found.recalled


def test_the_explorer_can_fail() -> None:
    """A reminder on a bill that is on hold is noticed."""
    life = after(after(born(), "bill"), "run")
    held = after(life, "hold")
    then = after(life, "run")
    endless = tuple(replace(one, until=None) for one in held.person.holds)

    with pytest.raises(AssertionError):
        _promises_hold(life, "run", replace(then, person=replace(then.person, holds=endless)))


class Real:
    """The same actions on the real handlers and a real database."""

    def __init__(self, database: Database) -> None:
        self.world = World(database, an_installation(policy=POLICY, available=AVAILABLE))
        self.world.now = START
        self.world.customer()

    def does(self, action: str) -> None:
        """One action, if it can be done."""
        getattr(self, f"_{action}")()

    def state(self) -> tuple[int, int, str | None, datetime | None]:
        """What is owed, the level heard, where the bill is, and the next moment."""
        with self.world.database.read() as session:
            account = session.scalar(select(tables.Account))
            if account is None:
                return 0, 0, None, None
            owed = sum(session.scalars(select(tables.Entry.amount).where(tables.Entry.bill_id == "B1")))
            bill, step = tables.Bill, tables.Step
            heard = select(step.level).join(bill, (bill.id == step.bill_id) & (bill.episode == step.episode))
            levels = session.scalars(heard.where(step.state == "heard")).all()
            placed = session.scalar(
                select(tables.Placement.state).where(tables.Placement.state.in_(["flagged", "placed"]))
            )
            return owed, max(levels, default=0), placed, account.next_action_at

    def runs(self) -> tuple[str, str, int | None] | None:
        """Time goes by until something is due, or a day; then a run, and its messages."""
        upcoming = self.state()[3]
        soon = self.world.now + timedelta(days=1)
        self.world.now = upcoming if upcoming and upcoming > self.world.now else soon
        verdicts = self.world.run()
        self.world.deliver()
        return (verdicts[0].verdict, verdicts[0].reason, verdicts[0].level) if verdicts else None

    def _bill(self) -> None:
        if self.state()[3] is None and not self._known():
            self.world.bill(due=self.world.now.astimezone(ZONE).date() - timedelta(days=1))

    def _known(self) -> bool:
        with self.world.database.read() as session:
            return session.scalar(select(tables.Bill.id)) is not None

    def _pay(self, most: int = ASKED) -> None:
        owed = self.state()[0]
        if owed > 0:
            self.world.pays("B1", min(most, owed))

    def _part_pay(self) -> None:
        self._pay(PART)

    def _hold(self) -> None:
        self._held(Hold(HoldKind.MANUAL, "asked us to", self.world.now + RESTS))

    def _dispute(self) -> None:
        self._held(Hold(HoldKind.DISPUTE, "says so"))

    def _claim(self) -> None:
        self._held(Hold(HoldKind.CLAIM_OPEN, "an insurer looks at it"))

    def _held(self, hold: Hold) -> None:
        with self.world.database.write() as session:
            if holds.place(session, "ada", hold, "rep", self.world.now):
                reschedule(self.world.context(session), ["ada"])

    def _release(self) -> None:
        with self.world.database.write() as session:
            holds.lift(session, "ada", list(HoldKind), "rep", self.world.now)
            reschedule(self.world.context(session), ["ada"])

    def _may_agree(self) -> bool:
        owed, _, placed, _ = self.state()
        with self.world.database.read() as session:
            running = session.scalar(select(tables.Plan.id).where(tables.Plan.state == "active"))
            promised = session.scalar(select(tables.Promise.id).where(tables.Promise.state == "open"))
        return owed > 0 and placed != "placed" and not running and not promised

    def _plan(self) -> None:
        if self._may_agree():
            owed, today = self.state()[0], self.world.now.astimezone(ZONE).date()
            with self.world.database.write() as session:
                account = session.scalar(select(tables.Account.id)) or ""
                parts = spread(owed, 2, 15, today)
                whole, now = Money(owed, "USD"), self.world.now
                plans.open_plan(session, account, whole, parts, ["B1"], Review.NONE, now)
                reschedule(self.world.context(session), ["ada"])

    def _promise(self) -> None:
        if self._may_agree():
            owed, due_on = self.state()[0], self.world.now.astimezone(ZONE).date() + timedelta(days=7)
            with self.world.database.write() as session:
                account = session.scalar(select(tables.Account.id)) or ""
                plans.make_promise(session, account, owed, due_on, owed, self.world.now)
                reschedule(self.world.context(session), ["ada"])

    def _break(self) -> None:
        self.world.now += BREAKS

    def _place(self) -> None:
        self._at_the_desk(
            lambda session: collector.approve(self.world.context(session), "B1", "rita", "Summit")
        )

    def _recall(self) -> None:
        with self.world.database.read() as session:
            key = session.scalar(select(tables.Placement.key).where(tables.Placement.state == "placed"))
        if key:
            self._at_the_desk(
                lambda session: collector.recall(
                    self.world.context(session),
                    key,
                    "rita",
                    PassingReason.ERROR,
                    "a mistake",
                    days=QUIET.days,
                )
            )

    def _at_the_desk(self, action: object) -> None:
        assert callable(action)
        try:
            with self.world.database.write() as session:
                action(session)
        except Refusal:
            return


def test_the_model_is_the_real_installation(sqlite_databases: object) -> None:
    """Random lives, twice as long as those explored, go the same way on the real handlers and database."""
    assert callable(sqlite_databases)
    from storage.database.transaction import Database  # noqa: PLC0415 - one for each life

    chance = by_seed("lives")
    weights = [6 if action == "run" else 1 for action in ACTIONS]
    for number in range(SEQUENCES):
        database = Database(sqlite_databases(), KEYS)
        actions = ["bill", *chance.choices(ACTIONS, weights, k=LENGTH)]
        _go_the_same_way(Real(database), actions, number)
        database.close()


def _go_the_same_way(real: Real, actions: list[str], number: int) -> None:
    life = born()
    for place, action in enumerate(actions):
        life = after(life, action)
        verdict = real.runs() if action == "run" else None
        if action != "run":
            real.does(action)
        bill = life.bill
        placed = bill.placement.value if bill and bill.placement else None
        expected = (bill.owed if bill else 0, bill.heard if bill else 0, placed, life.next_at)
        so_far = f"life {number}: {actions[: place + 1]}"
        assert life.verdict == verdict, so_far
        assert expected == real.state(), so_far
        assert life.now == real.world.now, so_far
