"""One claim, locked, with its payer's terms, bill and ledger; opening of claims, and their hold."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from billing.accounts.holds import Hold, HoldKind
from billing.bills.bills import BillState
from billing.calendar import local_day
from billing.payers import claim_days
from billing.payers.adjudication import adjudicate
from billing.payers.claim_entries import Book
from billing.payers.claiming import Service, ask
from billing.payers.claims import Claim, ClaimState, ClaimVerdict, Code
from billing.payers.coverage import PayerTerms
from billing.refusals import Refusal
from handlers.dunning.reschedule import answering_for, reschedule
from handlers.ledger import unused_money
from handlers.payers import payer_reminders
from storage.bills import bills
from storage.database.transaction import lock_customers
from storage.desk import escalations
from storage.desk.escalations import BY_ITSELF, Case
from storage.dunning import holds
from storage.ledger import accounts, ledger
from storage.payers import claim_reminders, claims, coverages

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from sqlalchemy.orm import Session

    from billing.ledger.ledger import Entry
    from billing.payers.adjudication import Outcome
    from billing.payers.claims import PayerAnswer
    from billing.payers.payer_levels import TakenReminder
    from handlers.context import Context
    from storage.bills.bills import Bill
    from storage.payers.claim_reminders import ClaimReminder
    from storage.payers.claims import ClaimRecord

BILL_PERSON: Final = "bill_person"
PASS_ON: Final = "pass_on"  # noqa: S105 - a decision
FORGO: Final = "forgo"
RESENT: Final = "resent"
"""Decisions about a denied claim; the stored reason of the claim begins with one of them."""
WAITS: Final = 2
"""Severity of a case that waits for a decision."""
_STAYS: Final = "overpaid"
"""The case that stays open when the claim is closed: money of the payer is still with us."""


class NoSuchClaim(Refusal):
    """No claim has this number."""

    def __init__(self, key: str) -> None:
        super().__init__(f"claim {key!r}: there is none under this number; see kvitt claims list --all")


@dataclass(slots=True)
class LockedClaim:
    """A claim locked until the transaction ends, with its bill and its payer's terms."""

    context: Context
    kept: ClaimRecord
    bill: Bill
    terms: PayerTerms

    @property
    def claim(self) -> Claim:
        """The claim with all changes so far."""
        return self.kept.claim

    @property
    def today(self) -> date:
        """Today in the creditor's time zone."""
        return local_day(self.context.now, self.context.creditor.zone)

    @property
    def book(self) -> Book:
        """The ledger of the claim, read anew."""
        return Book(self.claim, self.bill.account_id, ledger.of_bill(self.context.session, self.bill.id))

    @property
    def reminded(self) -> list[TakenReminder]:
        """Reminders to the payer that were sent or are queued."""
        return payer_reminders.taken(self.context, self.claim.key)

    @property
    def steps(self) -> list[ClaimReminder]:
        """Every reminder to the payer, with those that failed or were dropped."""
        return claim_reminders.of_claim(self.context.session, self.claim.key)

    def post(self, entries: Iterable[Entry]) -> None:
        """Book entries."""
        ledger.append(self.context.session, entries, self.context.now)

    def save(self, claim: Claim, reason: str = "") -> None:
        """Update the claim, with the day on which it is checked next; a closed one closes its cases."""
        look_on = claim_days.first_look(claim, self.terms, self.today, self.reminded)
        claims.change(self.context.session, claim, look_on, reason)
        self.kept = replace(self.kept, claim=claim, look_on=look_on, reason=reason)
        if not claim.state.open:
            self.close_cases(claim.state.value)

    def answer_in_force(self) -> PayerAnswer | None:
        """The payer's last decision that it has not reversed; None if there is none."""
        return answer_in_force(claims.answers_of(self.context.session, self.claim.key))

    def outcome(self) -> Outcome | None:
        """The outcome of the claim from the answer in force and our decision after it."""
        return outcome_of(self.kept, self.answer_in_force())

    def case(
        self, mark: str, reason: str, severity: int = WAITS, detail: Mapping[str, str] | None = None
    ) -> None:
        """Open a case about the claim, unless one of the same ``mark`` is open."""
        case = Case(
            key=f"claim:{self.claim.key}:{mark}",
            kind=f"claim_{mark}",
            reason=reason,
            deadline=self.context.answer_by(severity),
            severity=severity,
            customer_id=self.claim.customer_id,
            bill_id=self.bill.id,
            detail={"claim": self.claim.key, **(detail or {})},
        )
        escalations.open_case(self.context.session, case, self.context.now)

    def close_cases(self, outcome: str) -> None:
        """Close the claim's cases, except one about an overpayment."""
        mine = f"claim:{self.claim.key}:"
        open_keys = escalations.open_keys(self.context.session, [self.claim.customer_id])
        for key in sorted(open_keys.get(self.claim.customer_id, ())):
            if key.startswith(mine) and key != mine + _STAYS:
                escalations.close_key(self.context.session, key, BY_ITSELF, outcome, self.context.now)


def take(context: Context, key: str) -> LockedClaim:
    """A claim by its number, with its customer locked until the transaction ends.

    Raises:
        NoSuchClaim: no claim has this number.
    """
    known = claims.find(context.session, key)
    if known is None:
        raise NoSuchClaim(key)
    lock_customers(context.session, answering_for(context.session, [known.claim.customer_id]))
    # Read again under the lock: an answer may have been booked while we waited.
    kept = claims.find(context.session, key)
    bill = bills.find(context.session, known.claim.bill_id)
    assert kept is not None
    assert bill is not None
    return LockedClaim(context, kept, bill, terms_of(context.session, kept.claim.payer_id))


def terms_of(session: Session, payer_id: str) -> PayerTerms:
    """The payer's terms; the defaults for a payer that is not registered."""
    payer = coverages.payer(session, payer_id)
    return payer.terms if payer else PayerTerms()


def answer_in_force(answers: Iterable[PayerAnswer]) -> PayerAnswer | None:
    """A claim's last answer that paid or denied, unless it was reversed; pended ones decide nothing."""
    found: PayerAnswer | None = None
    for answer in answers:
        if answer.verdict is ClaimVerdict.REVERSED:
            found = None
        elif answer.verdict is not ClaimVerdict.PENDED:
            found = answer
    return found


def outcome_of(kept: ClaimRecord, answer: PayerAnswer | None) -> Outcome | None:
    """The outcome of a claim from its answer in force and the decision in its reason."""
    if answer is None:
        return None
    found = adjudicate(kept.claim, answer)
    decided = kept.reason.partition(":")[0]
    if kept.claim.state is not ClaimState.CLOSED:
        return found
    if decided == FORGO:
        return found.given_up()
    return found.released() if decided in {BILL_PERSON, PASS_ON} else found


def open_next(context: Context, bill: Bill, diagnoses: tuple[Code, ...] = ()) -> list[Claim]:
    """Open claims on the next payers for what is left of a bill, once none is open; returns the new ones.

    What no payer is left for is the patient's. Without ``diagnoses`` those of the previous claim are used.
    Payers are asked one after another, because each pays on what the one before has left.
    """
    kept = claims.of_bill(context.session, bill.id)
    account = accounts.get(context.session, bill.account_id)
    assert account is not None
    if any(one.claim.state.open for one in kept):
        return []
    in_force = [one for one in kept if one.claim.state is not ClaimState.VOID]
    services, reached = _left(context.session, bill, in_force)
    already = {one.claim.coverage_id for one in in_force if one.claim.coverage_id}
    covered = coverages.covering(context.session, [account.customer_id]).get(account.customer_id, [])
    if in_force and not diagnoses:
        diagnoses = in_force[-1].claim.diagnoses
    found: list[Claim] = []
    for asked in ask(services, covered, already):
        charge_ids = {line.charge_id for line in asked.lines}
        claim = Claim(
            key=_key(bill, len(kept) + len(found) + 1),
            bill_id=bill.id,
            customer_id=account.customer_id,
            payer_id=asked.covered.payer_id,
            coverage_id=asked.covered.coverage_id,
            sequence=1 + max(reached.get(one, 0) for one in charge_ids),
            currency=bill.currency,
            lines=asked.lines,
            diagnoses=diagnoses,
        )
        found.append(add_new(context, claim))
    return found


def others(session: Session, claim: Claim) -> bool:
    """Whether another coverage, not asked yet, is valid on a day of the claim."""
    kept = claims.of_bill(session, claim.bill_id)
    asked = {one.claim.coverage_id for one in kept if one.claim.state is not ClaimState.VOID}
    covered = coverages.covering(session, [claim.customer_id]).get(claim.customer_id, [])
    services = [
        Service(one.charge_id, one.service_on, one.code, one.description, one.charged, one.amount)
        for one in claim.lines
    ]
    return bool(ask(services, covered, {one for one in asked if one}))


def add_new(context: Context, claim: Claim) -> Claim:
    """Insert a new claim with the deadlines of its payer's terms."""
    terms = terms_of(context.session, claim.payer_id)
    opened = claim_days.opened(claim, terms)
    today = local_day(context.now, context.creditor.zone)
    number = claims.next_number(context.session, claim.bill_id, claim.sequence)
    claims.add(context.session, opened, number, claim_days.look_on(opened, terms, today), context.now)
    return opened


def next_key(session: Session, bill: Bill) -> str:
    """The number of the next claim about a bill."""
    return _key(bill, len(claims.of_bill(session, bill.id)) + 1)


def update_claim_hold(context: Context, bill: Bill, customer_id: str) -> None:
    """Place or lift the hold of a bill after a change of its claims: no reminder while one is open.

    After the last claim, what the customer paid meanwhile settles what is left; the rest is credit. A bill
    that is not issued needs no hold. Reason: the patient's share is known only after adjudication.
    """
    if claims.with_open(context.session, [bill.id]):
        if bill.state is BillState.ISSUED:
            reason = "a payer has not answered for good"
            hold = Hold(HoldKind.CLAIM_OPEN, reason, None, bill.account_id, bill.id)
            holds.place(context.session, customer_id, hold, BY_ITSELF, context.now)
    else:
        holds.lift_from_bill(
            context.session, customer_id, bill.id, HoldKind.CLAIM_OPEN, BY_ITSELF, context.now
        )
        today = local_day(context.now, context.creditor.zone)
        unused_money.free(context, bill.account_id, bill.currency, today)
        unused_money.use(context, bill.account_id, bill.currency, today)
    reschedule(context, [customer_id])


def _left(session: Session, bill: Bill, kept: Sequence[ClaimRecord]) -> tuple[list[Service], dict[str, int]]:
    """What is left of each charge, and the number of payers asked for it so far."""
    found: dict[str, Service] = {}
    reached: dict[str, int] = {}
    for one in kept:
        outcome = outcome_of(one, answer_in_force(claims.answers_of(session, one.claim.key)))
        for part in outcome.parts if outcome else ():
            line = part.line
            before = found.get(line.charge_id)
            more = before.left if before and reached[line.charge_id] == one.claim.sequence else 0
            reached[line.charge_id] = one.claim.sequence
            found[line.charge_id] = Service(
                line.charge_id,
                line.service_on,
                line.code,
                line.description,
                line.charged,
                part.left + more,
                line.quantity,
                line.modifiers,
                line.authorisation,
            )
    if kept:
        return list(found.values()), reached
    return [
        Service(
            charge.id,
            charge.service_on,
            Code(charge.code_system, charge.code),
            charge.description,
            charge.amount,
            charge.amount,
            charge.quantity,
        )
        for charge in bills.charges_of(session, bill.id)
    ], {}


def _key(bill: Bill, count: int) -> str:
    """The claim number; X12 carries 20 characters at most."""
    return f"C{bill.number}-{count}"
