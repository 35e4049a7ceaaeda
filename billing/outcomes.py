"""Outcomes of conversations, as commands; the facts are checked again when they are carried out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from datetime import date, time

    from billing.accounts.channels import Channel
    from billing.ledger.money import Money
    from billing.payers.obligations import StatedObligations
    from billing.plans.plans import Instalment


@dataclass(frozen=True, slots=True)
class OpenPlan:
    """Open a payment plan over what was quoted, in the place of a running one if ``replaces`` names it."""

    instalments: tuple[Instalment, ...]
    quoted: Money
    replaces: int = 0


@dataclass(frozen=True, slots=True)
class PausePlan:
    """Move every instalment that is not paid by a month."""

    plan_id: int


@dataclass(frozen=True, slots=True)
class EndPlan:
    """End a running plan; the reminders begin again, mildly."""

    plan_id: int


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
class NotTheCustomer:
    """Note that whoever writes does so for somebody else: a person looks first."""


@dataclass(frozen=True, slots=True)
class ConfirmDetails:
    """Note that the contact details on file are right."""


@dataclass(frozen=True, slots=True)
class ChangeDetail:
    """Have a person change one contact detail: ``phone``, ``email`` or ``address``."""

    what: str
    value: str


@dataclass(frozen=True, slots=True)
class KeepNumber:
    """Try a phone number again that could not be reached: the customer says it is theirs."""

    contact_point_id: int


@dataclass(frozen=True, slots=True)
class ReplaceNumber:
    """Give up a number that could not be reached; ``number`` (E.164, or empty for none) takes its place."""

    contact_point_id: int
    number: str


@dataclass(frozen=True, slots=True)
class SetHours:
    """Write to the customer only between these hours, local to them."""

    begins: time
    ends: time


@dataclass(frozen=True, slots=True)
class ChooseBillWay:
    """Send the customer's bills by this way from the next one on."""

    way: Channel


@dataclass(frozen=True, slots=True)
class SetLanguage:
    """Speak another language from now on."""

    language: str


@dataclass(frozen=True, slots=True)
class ProveMore:
    """See whether a second answer shows who is writing: the postal code on file."""

    postal_code: str


@dataclass(frozen=True, slots=True)
class NoteDispute:
    """Put before a person what is wrong, in the customer's words; of one bill, or (empty) of all."""

    words: str
    bill_id: str = ""


@dataclass(frozen=True, slots=True)
class SeekPayment:
    """Look for a payment the customer says was made, as they describe it."""

    words: str


@dataclass(frozen=True, slots=True)
class GiveEstimate:
    """Say what one service costs on a day; ``about`` is ``cost`` or ``approval``: what was asked."""

    code_system: str
    code: str
    service_on: date
    about: str = "cost"


@dataclass(frozen=True, slots=True)
class AskAuthorisation:
    """Have the payer asked to agree to a service beforehand."""

    code_system: str
    code: str
    service_on: date


@dataclass(frozen=True, slots=True)
class AcceptObligations:
    """Keep that the customer accepts the obligations that were stated, before a service."""

    stated: StatedObligations


@dataclass(frozen=True, slots=True)
class NoteInsurance:
    """Put a new coverage before a person; nothing is changed before they confirmed it."""

    payer: str
    member_id: str
    since: str


@dataclass(frozen=True, slots=True)
class NoteCounsel:
    """Add to the case of a lawyer, an insolvency or a debt adviser who speaks for the customer."""

    words: str


@dataclass(frozen=True, slots=True)
class ApplyForAid:
    """Apply for help with the cost: how many live in the household, what they earn in a month.

    A household of 0 was not asked: no programme goes by income.
    """

    household: int
    income: Money


@dataclass(frozen=True, slots=True)
class AskForAid:
    """Have a person send the application for help with the cost."""


@dataclass(frozen=True, slots=True)
class Report:
    """Put something before a person with a number and a day: a refund, a complaint, a copy."""

    kind: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class NoteRepresentative:
    """Note who says to speak for the customer; a person checks it before anything is disclosed."""

    name: str
    kind: str
    until: str


@dataclass(frozen=True, slots=True)
class Enrol:
    """Register a new customer, who has accepted the terms; empty fields were not given."""

    name: str
    birth_date: date
    address: str
    phone: str
    payer: str
    member_id: str
    needs: str
    stated: StatedObligations | None = None
    """The obligations that were stated with the terms, and accepted with them."""


@dataclass(frozen=True, slots=True)
class GoOn:
    """Go on with another wish of the customer, by its name, told in these words if there are any."""

    wish: str
    said: str = ""


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
    """Drop the answer to this question and all after it, and ask it again.

    With ``drop`` only these answers are dropped with it. With ``answered`` the last answer holds what the
    question asks for: "no, make it 100".
    """

    slot: str
    drop: tuple[str, ...] = ()
    answered: bool = False


Outcome: TypeAlias = (
    "OpenPlan | PausePlan | EndPlan | MakePromise | Identify | NotTheCustomer | ProveMore | ConfirmDetails | "
    "ChangeDetail | KeepNumber | ReplaceNumber | SetHours | SetLanguage | ChooseBillWay | NoteDispute | "
    "SeekPayment | NoteCounsel | "
    "AskForAid | Report | GiveEstimate | AcceptObligations | AskAuthorisation | NoteInsurance | "
    "ApplyForAid | NoteRepresentative | Enrol | ExplainBill | GoOn | LeaveAsIs | HandToPerson | AskAgain"
)
