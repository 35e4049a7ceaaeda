"""What a kind of hold may mean, beside that nothing is demanded while it stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from billing.calendar import is_minor

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldTraits:
    """Everything that is decided by the kind of a hold. What is left out does not apply to the kind."""

    stop_state: bool = False
    """It has no end: only a person lifts it (docs/proof.md, invariant 38)."""
    last_day: str = ""
    """Why a case is opened on its last day, where it has one: it stands on until a person lifts it."""
    freezes: bool = False
    """No fee and no interest accrues while it stands."""
    also_called: tuple[str, ...] = ()
    """Further names that the desk may write."""

    intent: str = ""
    """The intent of a customer's text that places it in the same turn, on everything of theirs."""
    gravity: int = 0
    """The place of that intent among those that stop everything: of two in one text the lower counts."""
    says: str = ""
    """The message that is said to such a text."""
    everyday: bool = False
    """The words of the intent occur in other trades too: beside such words they must fit well."""
    interrupts: bool = False
    """It is acted on even in the middle of a conversation about a dispute or hardship."""
    takes_over: bool = False
    """A person goes on with the conversation; the reply is sent also where one has it already."""
    unlinks: bool = False
    """The contact point is nobody's any more: one more message would disclose a bill to a stranger."""

    not_the_customer: bool = False
    """Whoever writes may not be the customer: nobody is taken for them there before a person has looked."""

    case: str = ""
    """Why the case is opened that has the name of the kind; closing the case can lift the hold."""
    severity: int = 2
    """Of that case; 1 is a person in danger."""
    waits_for_desk: bool = False
    """Nothing is demanded before that case is closed, also when the hold is over."""

    calls_back: str = ""
    """Why the desk is asked to recall a bill that a collector has; empty where it stays there."""
    recall_reason: bool = False
    """A rep may give it as the reason of a recall, which then places it."""
    dispute: bool = False
    """The bill is said to be wrong: no campaign writes about anything meanwhile."""
    pay_asks_person: bool = False
    """Whether something is owed at all is open: who asks whether or how to pay is answered by a person."""
    ended_by: str = ""
    """What ends it where no person does: a daily check raises the others that have neither end nor case."""
    payer_undecided: bool = False
    """The check ``open_claim`` before a first reminder fails."""
    register: RegisterStop | None = None
    """What in the register makes it, without anybody placing it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterStop:
    """A stop state that follows from the register: what it means where nobody has placed a hold."""

    fact: RegisterFact
    excluded_as: str
    """The reason in verdicts of reminders, bills and billing runs."""
    calls_back: str
    """As of `HoldTraits`."""
    never: str
    """Why no campaign may ask for such people."""
    case: str = ""
    """Why a case is opened at once when such a person owes; empty where none is."""


class Registered(Protocol):
    """What the register knows of a guarantor, or of the customer whose account it is."""

    @property
    def died_on(self) -> date | None:
        """The day of their death."""

    @property
    def birth_date(self) -> date | None:
        """The day of their birth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterFact:
    """Something that the register says of a guarantor, or of the customer whose account it is."""

    of_guarantor: Callable[[Registered, date], bool]
    of_customer: Callable[[Registered], bool]
    guarantor_clause: Callable[[Registered], str]
    """As what follows their name in a sentence."""
    customer_clause: Callable[[Registered], str]
    """As a clause about "they"."""


DIED: Final = RegisterFact(
    of_guarantor=lambda person, _: person.died_on is not None,
    of_customer=lambda account: account.died_on is not None,
    guarantor_clause=lambda person: f"died on {person.died_on}",
    customer_clause=lambda account: f"they died on {account.died_on}",
)
UNDER_AGE: Final = RegisterFact(
    of_guarantor=lambda person, today: is_minor(person.birth_date, today),
    of_customer=lambda _: False,  # a child's bill is asked of whoever answers for the child
    guarantor_clause=lambda _: "is a minor",
    customer_clause=lambda _: "they are a minor, and names nobody who answers for them",
)
