"""The one shape of every kind of outgoing message, and how a row of the outbox finds its kind.

Delivery (``handlers/delivery/``) locks, asks the gate and stores results in one order for all. What a kind
adds is one class in its capability's folder, listed in ``bot/outgoing_kinds.py``; where it adds nothing, the
defaults here do nothing and read nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Final

from billing.facts import Saying
from billing.payers.obligations import Topic
from handlers import rendering

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date, datetime

    from billing.accounts.snapshot import PersonSnapshot, StepState
    from billing.campaigns.audience import CampaignMessage
    from billing.gate import GateVerdict, OutgoingMessage
    from billing.payers.payer_levels import ToPayer
    from handlers.context import Context
    from handlers.installation import Installation
    from storage.delivery.outbox import Message


@dataclass(frozen=True, slots=True)
class GateFacts:
    """What a kind knows of a message that is about to leave, for the gate; see :class:`OutgoingMessage`."""

    person: PersonSnapshot | None = None
    """The recipient with their accounts; None where the gate need not know them."""
    bill_ids: tuple[str, ...] = ()
    notice: str = ""
    campaign: CampaignMessage | None = None
    topic: Topic = Topic.BILLS
    payer: ToPayer | None = None
    over: str = ""


@dataclass(frozen=True, slots=True)
class Admitted:
    """A message that the gate let through: what it was asked about, its verdict, and the recipient."""

    leaving: OutgoingMessage
    verdict: GateVerdict
    person: PersonSnapshot | None


@dataclass(frozen=True, slots=True)
class WrittenLetter:
    """A letter as it will be printed: its sayings, their text, the page, and the day it asks an answer by."""

    sayings: tuple[Saying, ...]
    text: str
    page: dict[str, Any]
    answer_by: date | None
    final: bool = False


class OutgoingKind:
    """One kind of outgoing message. A kind says only what it does otherwise than these defaults.

    Delivery calls it in the transaction that stores the result; ``look_again`` and ``final_text`` under the
    locks of the contact point and of the customers of ``concerned``. Moments are UTC.
    """

    names: ClassVar[tuple[str, ...]] = ()
    """The values of ``storage/delivery/outbox.py: Message.kind`` that are this kind."""
    approved_with_run: ClassVar[bool] = False
    """Whether it belongs to no run and is released with the next run that a person approves."""
    desk_hears: ClassVar[bool] = True
    """Whether a refusal is noted at the address and raised at the desk."""
    reason: ClassVar[str] = "answers.why_payment"
    """The saying that answers "why did I get this?"."""
    reason_and_balance: ClassVar[bool] = False
    """Whether that answer goes on with what is owed."""

    def concerned(self, context: Context, message: Message) -> set[str]:
        """The ids of the customers to lock before anything about it is read."""
        return set()

    def look_again(self, context: Context, message: Message) -> GateFacts:
        """What is true of it now, for the gate."""
        return GateFacts()

    def final_text(self, context: Context, message: Message, passed: Admitted) -> Message:
        """The message as it leaves, after the gate; what is booked with it is booked here."""
        return message

    def letter(
        self, context: Context, message: Message, address: str, reference: str, post_on: date
    ) -> WrittenLetter | None:
        """What is printed where it goes by post, dated on the day of posting; None for its sayings alone.

        Raises:
            IncompleteDemand: it lacks something that the law requires in it.
        """
        return None

    def enclosed(self, context: Context, message: Message) -> Mapping[str, Any] | None:
        """The page attached to it by e-mail, as data."""
        return None

    def accepted(self, context: Context, message: Message, reference: str, at: datetime) -> None:
        """The carrier has it (or the post): it counts as heard from ``at``."""

    def delivered(self, context: Context, message: Message) -> None:
        """The carrier reports that it arrived."""

    def ended(self, context: Context, message: Message, state: StepState, reason: str) -> list[str]:
        """It reached nobody (UNHEARD), was withdrawn (CANCELLED), or nobody can tell (PARKED).

        Returns the bills whose demand it was.
        """
        return []

    def requeued(self, context: Context, message: Message) -> None:
        """It goes back to the queue, to leave again: what was booked with it is reversed."""

    def why(self, installation: Installation, message: Message, sent_on: date) -> Saying:
        """The answer to "why did I get this?"; ``sent_on`` is a local day."""
        return Saying(self.reason, {"sent_on": sent_on})


UNKNOWN: Final = OutgoingKind()
"""The kind of a row that another release queued: it is not sent by this one."""


class KindTwice(ValueError):
    """Two kinds claim the same rows of the outbox."""

    def __init__(self, name: str) -> None:
        super().__init__(f"two kinds of outgoing messages are named {name!r}")


def by_name(kinds: Iterable[OutgoingKind]) -> dict[str, OutgoingKind]:
    """The registry of these kinds, by name.

    Raises:
        KindTwice: two of them have the same name.
    """
    found: dict[str, OutgoingKind] = {}
    for kind in kinds:
        for name in kind.names:
            if name in found:
                raise KindTwice(name)
            found[name] = kind
    return found


def kind_of(installation: Installation, message: Message) -> OutgoingKind:
    """The kind of a message; :data:`UNKNOWN` where no kind of the installation has its name."""
    found = installation.outgoing().get(message.kind, UNKNOWN)
    assert isinstance(found, OutgoingKind)
    return found


def released_with_a_run(installation: Installation) -> list[str]:
    """The names of the kinds that are approved with any run."""
    return [
        name
        for name, kind in installation.outgoing().items()
        if isinstance(kind, OutgoingKind) and kind.approved_with_run
    ]


def said_anew(installation: Installation, message: Message, *said: Saying) -> Message:
    """The message with these sayings; its text is rendered again only if they changed."""
    if message.sayings == said:
        return message
    text = rendering.write(installation, said, message.language, message.channel)
    return replace(message, sayings=said, text=text)
