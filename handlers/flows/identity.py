"""A conversation: who is writing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic.dataclasses import dataclass as offered

from billing.facts import Saying
from billing.outcomes import Identify, NotTheCustomer
from handlers.talk.questions import birth_date, text, whose_bill

if TYPE_CHECKING:
    from billing.outcomes import Outcome
    from handlers.talk.play import Talk


@offered(frozen=True, slots=True)
class IdentityOffer:
    """``again`` after a wrong answer; ``needs_name`` where two people share a birth date.

    ``said`` is the text before the question; it is answered afterwards. ``whose_unclear``: a text left open
    whose bill is talked about, which is asked first. ``own``: they have said that it is theirs.
    ``more``: it is not the first wrong answer. ``reminded``: it was asked before, and something else was
    said. ``child``: a parent writes about a child.
    """

    again: bool = False
    needs_name: bool = False
    said: str = ""
    whose_unclear: bool = False
    own: bool = False
    more: bool = False
    reminded: bool = False
    child: bool = False


async def identity(talk: Talk, offer: IdentityOffer) -> Outcome:
    """Ask for a birth date, and for a first name where that is not enough."""
    if offer.whose_unclear:
        whose = await talk.ask(
            whose_bill("whose", Saying("identity.whose_child" if offer.child else "identity.whose"))
        )
        if whose == "for_another":
            return NotTheCustomer()
    born = await talk.ask(birth_date("birth_date", Saying(_question(offer)), unread="identity.unread"))
    if not offer.needs_name:
        return Identify(born)
    name = await talk.ask(text("first_name", Saying("identity.which_name"), longest=60))
    return Identify(born, name)


def _question(offer: IdentityOffer) -> str:
    if offer.again and offer.more:
        return "identity.again_own"
    if offer.again:
        return "identity.again_parent" if offer.child else "identity.again"
    if offer.reminded:
        return "identity.still"
    return "identity.ask_parent" if offer.child else "identity.ask"
