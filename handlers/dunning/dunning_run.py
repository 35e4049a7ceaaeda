"""The dunning run: claims accounts that are due, lets the rules decide, queues reminders and cases."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from billing.dunning import checklist, notices
from billing.dunning.dunning import UNANSWERED, DecisionMoment
from billing.gate import Purpose, SendingSwitch
from billing.policy import ContentClass
from billing.values import value
from handlers import rendering, set_aside, snapshot
from handlers.context import Context, fixed
from handlers.dunning import case_reasons, demands, lapses, noticing
from storage.collection import placements
from storage.delivery import drafts
from storage.delivery.drafts import Draft
from storage.desk import escalations
from storage.desk.escalations import Case
from storage.dunning import decisions, due, runs, steps
from storage.dunning.decisions import Decision as Kept
from storage.dunning.steps import TakenStep as Step
from storage.ledger import accounts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from billing.accounts.channels import Channel
    from billing.accounts.snapshot import AccountSnapshot, BillSnapshot, PersonSnapshot
    from billing.dunning.dunning import BillVerdict, DunningDecision, Reminder
    from billing.dunning.notices import Planned
    from billing.facts import Saying
    from handlers.installation import Installation
    from storage.database.transaction import Database

# People a transaction: one by one costs 45 times as much, larger batches only hold locks for longer.
BATCH = 1000
SHADOW_AGAIN = timedelta(days=1)
"""Shadow mode takes no step, so that the same bills would be due at once: checked again a day later."""

SET_ASIDE_AGAIN = timedelta(days=1)
"""And so is whoever cannot be handled: somebody may have put the data right."""


@dataclass(slots=True)
class RunReport:
    """The result of a run: every verdict, and the run's number (None where nothing was due)."""

    verdicts: list[BillVerdict] = field(default_factory=list)
    run_id: int | None = None

    @property
    def counts(self) -> dict[str, int]:
        """Number of bills by verdict."""
        return dict(Counter(verdict.verdict for verdict in self.verdicts))


def run(database: Database, installation: Installation, now: datetime) -> RunReport:
    """Decide about every account due at ``now`` (UTC), one batch a transaction, until none is left.

    With several writers (PostgreSQL) one batch is decided while another is being written.
    """
    with database.read() as session:
        if not due.anything(session, now):
            return RunReport()
    policy = installation.policy
    with database.write() as session:
        run_id = runs.begin(session, now, installation.sending.value, policy.name, policy.version)
    report = RunReport(run_id=run_id)
    # SQLite has one writer: threads would only wait for each other.
    if database.writers == 1:
        report.verdicts += _batches(database, installation, run_id, now)
    else:
        report.verdicts += _side_by_side(database, installation, run_id, now)
    with database.write() as session:
        runs.finish(session, run_id, report.counts, now)
    return report


def _side_by_side(
    database: Database, installation: Installation, run_id: int, now: datetime
) -> list[BillVerdict]:
    with ThreadPoolExecutor(database.writers) as pool:
        parts = [pool.submit(_batches, database, installation, run_id, now) for _ in range(database.writers)]
        return [verdict for part in parts for verdict in part.result()]


@dataclass(slots=True)
class _Run:
    """What the batches of a run share. Most reminders have the same text, which is rendered once."""

    installation: Installation
    id: int
    now: datetime
    moment: DecisionMoment = field(init=False)
    began: str = field(init=False)
    sending: str = field(init=False)
    texts: dict[tuple[object, ...], tuple[list[Saying], str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.moment = DecisionMoment(self.installation.policy, self.installation.available, self.now)
        self.began = self.now.isoformat()
        self.sending = self.installation.sending.value

    def context(self, session: Session) -> Context:
        return Context(session, self.installation, fixed(self.now))

    def worded(self, saying: Saying, language: str, channel: Channel) -> tuple[list[Saying], str]:
        same = (saying.key, *saying.facts.items(), language, channel)
        found = self.texts.get(same)
        if found is None:
            found = self.texts[same] = (
                [saying],
                rendering.write(self.installation, [saying], language, channel),
            )
        return found


def _batches(database: Database, installation: Installation, run_id: int, now: datetime) -> list[BillVerdict]:
    """Batch after batch, until nothing is due that no other process has locked."""
    run = _Run(installation, run_id, now)
    verdicts: list[BillVerdict] = []
    size = BATCH
    while True:
        people: list[str] = []
        try:
            with database.write() as session:
                people = due.claim_people(session, now, size)
                if not people:
                    return verdicts
                found = _batch(session, run, people)
        except Exception as error:
            set_aside.raise_of_database(error)
            if not people:
                raise
            # Half as many, until the one is alone whom it cannot handle: the others go on.
            size = max(len(people) // 2, 1)
            if len(people) == 1:
                _set_aside(database, run, people[0], error)
            continue
        size = min(BATCH, 2 * size)
        for decision in found:
            verdicts += decision.verdicts


def _set_aside(database: Database, run: _Run, customer_id: str, error: Exception) -> None:
    """Open a case about a person whom the run cannot handle; it tries again a day later."""
    with database.write() as session:
        context = run.context(session)
        set_aside.put(context, "reminders", f"customer {customer_id}", error, customer_id)
        own = accounts.answered_by(session, [customer_id])
        times = {account.id: context.now + SET_ASIDE_AGAIN for account in own}
        accounts.set_next_actions(session, times, context.policy.version)


def preview(database: Database, installation: Installation, now: datetime) -> Iterator[BillVerdict]:
    """What a run at ``now`` (UTC) would decide about every unpaid bill; nothing is written."""
    moment = DecisionMoment(installation.policy, installation.available, now)
    with database.read() as session:
        for people in accounts.people(session, BATCH):
            for person in snapshot.load(Context(session, installation, fixed(now)), people):
                seen = lapses.as_of(person, installation.policy, now, lapses.Lapses())
                yield from _take(seen, moment).decision.verdicts


def _batch(session: Session, run: _Run, people: list[str]) -> list[DunningDecision]:
    installation, now = run.installation, run.now
    snapshots = lapses.record_lapses(run.context(session), snapshot.load(run.context(session), people))
    taken = [_take(person, run.moment) for person in snapshots]
    shadow = installation.sending is SendingSwitch.SHADOW
    queued = {} if shadow else _write(session, run, taken)
    times: dict[str, datetime | None] = {}
    rows: list[Kept] = []
    for one in taken:
        for account in one.person.accounts:
            times[account.account_id] = _next(one, account.account_id, now, shadow=shadow)
        outbox_id = queued.get(one.person.person_id)
        rows += [_row(run, one, verdict, outbox_id) for verdict in one.decision.verdicts]
    accounts.set_next_actions(session, times, installation.policy.version)
    decisions.record(session, rows)
    return [one.decision for one in taken]


@value(frozen=True, slots=True)
class _Taken:
    """A person, the decision about them, and each bill with its account."""

    person: PersonSnapshot
    decision: DunningDecision
    planned: Planned
    bills: Mapping[str, tuple[AccountSnapshot, BillSnapshot]]


def _take(person: PersonSnapshot, moment: DecisionMoment) -> _Taken:
    planned = notices.plan(person, moment.policy, moment.available, moment.now)
    decision = notices.along(moment.decide(person), planned, moment.policy, moment.now)
    bills = {bill.bill_id: (account, bill) for account in person.accounts for bill in account.bills}
    return _Taken(person, decision, planned, bills)


def _write(session: Session, run: _Run, taken: list[_Taken]) -> dict[str, int | None]:
    """Open the cases and queue the messages of a batch; returns the outbox id by person."""
    found = [(one, verdict) for one in taken for verdict in one.decision.verdicts if verdict.case]
    flags = [(one.person, one.bills[v.bill_id][1]) for one, v in found if v.reason == UNANSWERED]
    reasons = case_reasons.of_flags(session, flags)
    cases = [_escalate(session, run, one, verdict, reasons) for one, verdict in found]
    escalations.open_all(session, cases, run.now)
    reminded = [(one, one.decision.reminder) for one in taken if one.decision.reminder]
    ids = drafts.queue_all(session, [_draft(run, one, reminder) for one, reminder in reminded], run.now)
    # (bill, episode, level) is a unique key: whatever goes wrong, a level is sent once.
    steps.take_all(
        session,
        [
            _step(one, verdict, reminder.level, outbox_id)
            for (one, reminder), outbox_id in zip(reminded, ids, strict=True)
            for verdict in reminder.verdicts
        ],
    )
    noticed = {
        one.person.person_id: noticing.queue(run.context(session), one.person, one.planned, run.id)
        for one in taken
        if one.planned.notice
    }
    return noticed | {one.person.person_id: new for (one, _), new in zip(reminded, ids, strict=True)}


def _step(one: _Taken, verdict: BillVerdict, level: int, outbox_id: int) -> Step:
    _, bill = one.bills[verdict.bill_id]
    return Step(verdict.bill_id, bill.episode, level, outbox_id, again=bill.step(level) is not None)


def _draft(run: _Run, one: _Taken, reminder: Reminder) -> Draft:
    person, reach, level = one.person, reminder.reach, run.moment.levels[reminder.level]
    saying = demands.saying(run.installation, person, level, reach, len(reminder.verdicts), run.now)
    sayings, text = run.worded(saying, person.language, reach.channel)
    return Draft(
        key=f"run:{run.id}:{person.person_id}:{run.began}",
        purpose=Purpose.OUT,
        channel=reach.channel,
        contact_point_id=reach.contact_point_id,
        customer_id=person.person_id,
        sayings=sayings,
        content=ContentClass.NOTICE,
        language=person.language,
        text=text,
        choices=(),
        not_before=run.now,
        run_id=run.id,
        level=reminder.level,
    )


def _escalate(
    session: Session, run: _Run, one: _Taken, verdict: BillVerdict, reasons: Mapping[str, str]
) -> Case:
    policy = run.installation.policy
    deadline = run.context(session).answer_by()
    if verdict.reason != UNANSWERED:
        ways = run.moment.ways.get(verdict.level, ()) if verdict.level is not None else ()
        why = case_reasons.why(verdict.reason, policy, ways)
        return Case(verdict.case, verdict.reason, why, deadline, 3, one.person.person_id)
    account, bill = one.bills[verdict.bill_id]
    placements.flag(session, verdict.bill_id, bill.owed, account.currency, run.now)
    why, bill_id = reasons[verdict.bill_id], verdict.bill_id
    return Case(verdict.case, "placement", why, deadline, 3, one.person.person_id, bill_id)


def _next(one: _Taken, account_id: str, now: datetime, *, shadow: bool) -> datetime | None:
    """When to check the account again (UTC); a bill reminded now waits for the result of sending."""
    times = [
        verdict.next_at
        for verdict in one.decision.verdicts
        if verdict.account_id == account_id
        and verdict.next_at
        and (shadow or not (verdict.verdict == "remind" or verdict.case))
    ]
    times += [one.planned.times[account_id]] if account_id in one.planned.times else []
    if shadow and one.planned.notice and one.planned.notice.account_id == account_id:
        times.append(now)
    at = min(times, default=None)
    return max(at, now + SHADOW_AGAIN) if at and shadow else at


def _row(run: _Run, one: _Taken, verdict: BillVerdict, outbox_id: int | None) -> Kept:
    installation, (account, bill) = run.installation, one.bills[verdict.bill_id]
    first = verdict.level == 1
    return Kept(
        at=run.now,
        made_by="run",
        verdict=verdict.verdict,
        reason=verdict.reason,
        policy=installation.policy.name,
        policy_version=installation.policy.version,
        customer_id=verdict.customer_id,
        account_id=verdict.account_id,
        bill_id=verdict.bill_id,
        outbox_id=outbox_id if verdict.verdict in _SAID else None,
        run_id=run.id,
        level=verdict.level,
        inputs={
            "owed": bill.owed,
            "due_on": bill.due_on.isoformat(),
            "heard": bill.heard,
            "episode": bill.episode,
            "zones": sorted(one.person.zones),
            "written_lately": len(one.person.past),
            "sending": run.sending,
            "checklist": checklist.walk(one.person, account, bill, installation.policy, run.now)
            if first
            else None,
        },
    )


_SAID = frozenset({"remind", "notice"})
