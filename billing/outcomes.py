"""What a conversation can decide: orders in the imperative, carried out after looking again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from datetime import date

    from billing.money import Money
    from billing.plans import Instalment


@dataclass(frozen=True, slots=True)
class OpenPlan:
    """Open a payment plan over what was quoted."""

    instalments: tuple[Instalment, ...]
    quoted: Money


@dataclass(frozen=True, slots=True)
class MakePromise:
    """Note a promise to pay so much by a local day; ``quoted`` is the balance it was given on."""

    amount: Money
    due_on: date
    quoted: Money


@dataclass(frozen=True, slots=True)
class Identify:
    """See whether this answer shows who is writing; the first name is empty unless it was asked."""

    birth_date: date
    first_name: str = ""


@dataclass(frozen=True, slots=True)
class ConfirmDetails:
    """Note that the contact details on file are right."""


@dataclass(frozen=True, slots=True)
class ChangeDetail:
    """Have a person change one contact detail: ``phone``, ``email`` or ``address``."""

    what: str
    value: str


@dataclass(frozen=True, slots=True)
class ExplainBill:
    """Explain one bill to the cent."""

    bill_id: str


@dataclass(frozen=True, slots=True)
class LeaveAsIs:
    """Change nothing, and say so with this message."""

    key: str


@dataclass(frozen=True, slots=True)
class HandToPerson:
    """Hand the conversation to a person."""

    reason: str


@dataclass(frozen=True, slots=True)
class AskAgain:
    """Drop the answer to this question and all after it, and ask it again."""

    slot: str


Outcome: TypeAlias = (
    "OpenPlan | MakePromise | Identify | ConfirmDetails | ChangeDetail | ExplainBill | LeaveAsIs | "
    "HandToPerson | AskAgain"
)
