"""Builds people who owe: ``a_person().owing(60000, due="2026-01-31").with_sms().snapshot``."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

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
from billing.plans.plans import Plan, spread
from billing.plans.promises import Promise

if TYPE_CHECKING:
    from collections.abc import Iterable


def day(text: str) -> date:
    """A calendar day: ``2026-01-31``."""
    return date.fromisoformat(text)


def moment(text: str, zone: str = "UTC") -> datetime:
    """A moment (UTC) from local time in ``zone``: ``2026-01-31 09:00``."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def heard(level: int, at: str, answer_by: date | None = None) -> DunningStep:
    """A reminder level that was delivered at a moment (UTC)."""
    return DunningStep(level, StepState.HEARD, moment(at), answer_by=answer_by)


def heard_up_to(level: int, at: str) -> tuple[DunningStep, ...]:
    """Every level up to this one, all delivered at a moment (UTC)."""
    return tuple(heard(number, at) for number in range(1, level + 1))


def a_bill(
    owed: int = 60000,
    due: str = "2026-01-31",
    *,
    bill_id: str = "b1",
    issued: str = "2026-01-01",
    steps: Iterable[DunningStep] = (),
    placement: PlacementState | None = None,
    since: str | None = None,
) -> BillSnapshot:
    """One bill, amounts in minor units; ``since`` is when its current episode began."""
    return BillSnapshot(
        bill_id=bill_id,
        issued_on=day(issued),
        due_on=day(due),
        owed=owed,
        episode_since=moment(since) if since else None,
        steps=tuple(steps),
        placement=placement,
    )


def a_person(person_id: str = "p1", *, country: str = "", region: str = "", currency: str = "USD") -> Someone:
    """An adult in UTC with one account, nothing owed, and no contact point."""
    account = AccountSnapshot("a1", person_id, currency, country, region)
    return Someone(PersonSnapshot(person_id, "en", (account,), zones=frozenset({"UTC"})))


_LATE = datetime(2040, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Someone:
    """A person being built; ``snapshot`` is what the rules get."""

    snapshot: PersonSnapshot

    @property
    def account(self) -> AccountSnapshot:
        """The account added last."""
        return self.snapshot.accounts[-1]

    @property
    def bill(self) -> BillSnapshot:
        """The bill added last."""
        return self.account.bills[-1]

    def owing(self, owed: int, due: str = "2026-01-31", **more: object) -> Someone:
        """Add a bill to the last account: ``b1``, ``b2``, …; ``more`` is passed to :func:`a_bill`."""
        number = 1 + sum(len(account.bills) for account in self.snapshot.accounts)
        bill = a_bill(owed, due, **{"bill_id": f"b{number}", **more})  # type: ignore[arg-type]
        return self._account(bills=(*self.account.bills, bill))

    def answering_for(self, customer_id: str, **more: object) -> Someone:
        """Add an account of a customer whom this person is liable for; later bills are added to it."""
        number = len(self.snapshot.accounts) + 1
        theirs = AccountSnapshot(f"a{number}", customer_id, "USD", "", "")
        account = replace(theirs, **more)  # type: ignore[arg-type]
        return self._person(accounts=(*self.snapshot.accounts, account))

    def with_sms(self, **more: bool) -> Someone:
        """Add a phone number with consent, or ``stopped``, ``unreachable``, ``consented=False``."""
        return self.reached_by(Channel.SMS, **more)

    def with_telegram(self, **more: bool) -> Someone:
        """Add a Telegram chat with consent, or ``stopped``, ``unreachable``, ``consented=False``."""
        return self.reached_by(Channel.TELEGRAM, **more)

    def with_letter(self) -> Someone:
        """Add a postal address."""
        return self.reached_by(Channel.LETTER)

    def reached_by(self, channel: Channel, *, consented: bool = True, **more: Any) -> Someone:
        """Add a contact point, numbered from 1, confirmed just now."""
        number = len(self.snapshot.reaches) + 1
        reach = Reach(number, channel, f"{channel.value}-{number}", consented, known_at=_LATE, **more)
        return self._person(reaches=(*self.snapshot.reaches, reach))

    def silent_since(self, at: str) -> Someone:
        """Nothing has confirmed the last contact point since then (UTC)."""
        *others, last = self.snapshot.reaches
        return self._person(reaches=(*others, replace(last, known_at=moment(at))))

    def in_zones(self, *zones: str) -> Someone:
        """Set the time zones that the person may be in; none leaves the zone unknown."""
        return self._person(zones=frozenset(zones))

    def born(self, birth_date: str) -> Someone:
        """Set the birth date."""
        return self._person(birth_date=day(birth_date))

    def dead(self) -> Someone:
        """Mark the person as dead before the test begins."""
        return self._person(died_on=day("2026-01-01"))

    def stopped(self) -> Someone:
        """Mark the person as opted out of messages."""
        return self._person(stopped=True)

    def with_a_person(self) -> Someone:
        """Mark a member of staff as having taken over the conversation."""
        return self._person(with_a_person=True)

    def held(
        self,
        kind: HoldKind,
        until: str | None = None,
        *,
        account_id: str | None = None,
        bill_id: str | None = None,
    ) -> Someone:
        """Add a hold; without ``until`` it is active until a person lifts it."""
        hold = Hold(kind, "said so", moment(until) if until else None, account_id, bill_id)
        return self._person(holds=(*self.snapshot.holds, hold))

    def written_to(self, at: str, *bill_ids: str) -> Someone:
        """Add an unsolicited message sent at a moment (UTC) about these bills."""
        message = PastMessage(moment(at), frozenset(bill_ids))
        return self._person(past=(*self.snapshot.past, message))

    def with_case(self, key: str) -> Someone:
        """Add a case that is open at the desk."""
        return self._person(cases=self.snapshot.cases | {key})

    def on_plan(self, count: int, pay_day: int, after: str) -> Someone:
        """Add a payment plan over every bill of the last account."""
        ids = tuple(bill.bill_id for bill in self.account.bills)
        amount = self.account.balance
        plan = Plan(1, self.account.account_id, amount, spread(amount, count, pay_day, day(after)), ids)
        return self._account(plan=plan)

    def promising(self, amount: int, by: str) -> Someone:
        """Add a promise to pay by a day, on the last account."""
        promise = Promise(1, self.account.account_id, amount, day(by), self.account.balance)
        return self._account(promise=promise)

    def _account(self, **more: object) -> Someone:
        account = replace(self.account, **more)  # type: ignore[arg-type]
        return self._person(accounts=(*self.snapshot.accounts[:-1], account))

    def _person(self, **more: object) -> Someone:
        return Someone(replace(self.snapshot, **more))  # type: ignore[arg-type]
