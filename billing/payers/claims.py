"""Claims: what a payer is asked for, and what it answered, line by line. All amounts are minor units."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from billing.refusals import Refusal

if TYPE_CHECKING:
    from datetime import date


@dataclass(frozen=True, slots=True)
class Code:
    """A claim's code of a service or condition in a code system, such as 430193006 of SNOMED CT."""

    system: str
    code: str


@dataclass(frozen=True, slots=True)
class ClaimLine:
    """One charge as this payer wants it coded. ``position`` counts from 1 within the claim."""

    position: int
    charge_id: str
    service_on: date
    code: Code
    description: str
    amount: int
    """What this payer is asked for: to a second payer, what the first one left."""
    charged: int
    """What the service costs, whoever pays."""
    quantity: str = "1"
    modifiers: tuple[str, ...] = ()
    authorisation: str = ""


class ClaimState(StrEnum):
    """State of a claim."""

    READY = "ready"
    """Scrubbed and in order: it may be sent."""
    HELD = "held"
    """A payer would refuse it: it must be corrected first."""
    SENT = "sent"
    PENDED = "pended"
    """The payer has it and asks for something, or for time."""
    ANSWERED = "answered"
    """The payer took its part; what it left is the next payer's, or the person's."""
    DENIED = "denied"
    """The payer refused some of it for a reason that may be fixed: the desk decides."""
    APPEALED = "appealed"
    CLOSED = "closed"
    """Decided after a denial: what is left goes on."""
    VOID = "void"
    """Withdrawn, or replaced by a corrected one."""

    @property
    def open(self) -> bool:
        """Whether its payer, or our desk, has still to act: nobody is reminded of the bill meanwhile."""
        return self not in {ClaimState.ANSWERED, ClaimState.CLOSED, ClaimState.VOID}


@dataclass(frozen=True, slots=True)
class Claim:
    """What one payer is asked to take over of one bill.

    ``key`` is our number for it (a claim is never sent under two). ``sequence`` is 1 for the payer that
    is asked first. Days are local to the creditor; they come from the payer's terms.
    """

    key: str
    bill_id: str
    customer_id: str
    payer_id: str
    coverage_id: str | None
    sequence: int
    currency: str
    lines: tuple[ClaimLine, ...]
    state: ClaimState = ClaimState.READY
    diagnoses: tuple[Code, ...] = ()
    replaces: str = ""
    """The key of the claim this one corrects."""
    their_reference: str = ""
    """What the payer calls it."""
    file_by: date | None = None
    filed_on: date | None = None
    answer_by: date | None = None
    appeal_by: date | None = None

    @property
    def amount(self) -> int:
        """What the payer is asked for."""
        return sum(line.amount for line in self.lines)


class AdjustmentGroup(StrEnum):
    """Who bears an adjustment (the claim adjustment group codes of X12)."""

    CONTRACT = "CO"
    """Nobody: the provider agreed with the payer to forgo it."""
    PATIENT = "PR"
    OTHER = "OA"
    PAYER = "PI"
    """The payer lowered it on its own; not the patient's unless a person decides so."""


@dataclass(frozen=True, slots=True)
class Adjustment:
    """Why a payer did not pay an amount: who bears it, and a reason (X12 CARC; 1 is a deductible)."""

    group: AdjustmentGroup
    reason: str
    amount: int


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """What became of one line; without a ``position`` it is about the claim as a whole."""

    position: int | None
    asked: int
    paid: int
    adjustments: tuple[Adjustment, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def off(self) -> int:
        """What paid and adjustments miss of what was asked; 0 where the line adds up."""
        return self.asked - self.paid - sum(each.amount for each in self.adjustments)


class ClaimVerdict(StrEnum):
    """What a payer says of a claim as a whole."""

    PAID = "paid"
    DENIED = "denied"
    PENDED = "pended"
    REVERSED = "reversed"
    """An earlier answer is taken back whole; a new one usually follows."""


@dataclass(frozen=True, slots=True)
class PayerAnswer:
    """A payer's answer to one claim; ``source`` and ``id`` together make it count once."""

    source: str
    id: str
    claim_key: str
    verdict: ClaimVerdict
    currency: str
    answered_on: date
    lines: tuple[AnswerLine, ...] = ()
    their_reference: str = ""
    payment_reference: str = ""
    """The trace number of the money that comes with it."""

    @property
    def paid(self) -> int:
        """What the payer takes over."""
        return sum(line.paid for line in self.lines)

    def check(self) -> None:
        """Check that every line adds up.

        Raises:
            DoesNotAddUp: on some line what was paid and adjusted is not what was asked.
        """
        for line in self.lines:
            if line.off:
                raise AnswerDoesNotAddUp(self.claim_key, line)


class AnswerDoesNotAddUp(Refusal):
    """A payer's answer says two different things about an amount."""

    def __init__(self, claim_key: str, line: AnswerLine) -> None:
        where = f"line {line.position}" if line.position else "the claim as a whole"
        super().__init__(
            f"claim {claim_key}, {where}: asked {line.asked}, but paid and adjusted come to "
            f"{line.asked - line.off} (minor units); ask the payer for a corrected answer"
        )
