"""What somebody takes upon them beforehand: stated, accepted, kept with the words, and what that allows.

A reminder fee needs that it was agreed no later than the debt arose (lag 1981:739 2 §): an acceptance that
is older than the bill and than every service on it. Without one there is no fee.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing.facts import Saying
from billing.fees import fee_to_agree
from handlers.reply import Reply, say
from storage import acceptances, staff
from storage.acceptances import REMINDER_FEE
from storage.staff import Deed

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from billing.money import Money
    from billing.outcomes import AcceptObligations
    from handlers.house import House
    from handlers.reply import Turn
    from storage.customers import Customer


def stated(house: House) -> Money | None:
    """The reminder fee that is to be agreed under the policy; nothing where none may be charged."""
    return fee_to_agree(house.policy)


def saying(fee: Money) -> Saying:
    """The obligation as it is stated: these words are what is accepted."""
    return Saying("obligations.fee", {"fee": fee})


def missing(session: Session, house: House, customer_id: str) -> Money | None:
    """The fee that the policy has and this customer has not agreed to yet."""
    fee = stated(house)
    return fee if fee and acceptances.first(session, customer_id, REMINDER_FEE) is None else None


def keep(turn: Turn, customer_id: str, fee: Money) -> None:
    """Keep that it was accepted, in the very words that were shown."""
    said = saying(fee)
    text = turn.house.words.say(said.key, turn.language, said.facts)
    acceptances.keep(turn.session, customer_id, turn.point.id, REMINDER_FEE, text, turn.language, turn.now)


def accept(turn: Turn, customer: Customer, accepted: AcceptObligations) -> Reply:
    """Somebody accepts before a service; bills from then on may carry the fee that was stated."""
    keep(turn, customer.id, accepted.fee)
    deed = Deed(turn.now, "customer", "obligations_accepted", f"customer:{customer.id}", {})
    staff.write_down(turn.session, deed)
    return say(Saying("obligations.accepted"))
