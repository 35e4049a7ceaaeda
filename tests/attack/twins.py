"""Faulty twins of the entrances: each leaves one hole, and calls the real code for the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text

from handlers import snapshot
from handlers.conversation import bill_page, paying, turn
from handlers.conversation.bill_page import Access, OpenedPage
from storage.bills import bill_links
from storage.conversation import inbox
from storage.people import customers
from tests.attack.entrances import Entrances

if TYPE_CHECKING:
    from collections.abc import Callable

    from handlers.context import Context

_NOBODY_ELSE: Final = "UPDATE contact_points SET not_the_customer_at = NULL"


def _before_each_turn(*statements: str) -> Callable[..., None]:
    """Change what is known before every message is answered."""

    def take(database: Any, installation: Any, arrived: Any, clock: Any) -> None:
        with database.write() as session:
            for statement in statements:
                session.execute(text(statement))
        turn.take(database, installation, arrived, clock)

    return take


def _connects_anybody(database: Any, installation: Any, arrived: Any, clock: Any) -> None:
    """Connect a chat by a deep link although somebody else writes there."""
    with database.write() as session:
        if inbox.get(session, arrived.id).kind == "link":
            session.execute(text(_NOBODY_ELSE))
    turn.take(database, installation, arrived, clock)


def _admits_without_end(database: Any, installation: Any, arrived: Any, clock: Any) -> None:
    """Forget at each enrolment who was linked to the phone before."""
    with database.write() as session:
        if inbox.get(session, arrived.id).text == "register":
            session.execute(text("DELETE FROM contacts WHERE customer_id LIKE 'T-%'"))
    turn.take(database, installation, arrived, clock)


def _compares_always(context: Context, token: str, born: Any, code: str) -> tuple[OpenedPage, bool]:
    """Compare an answer on the page although it is locked."""
    link = bill_links.find(context.session, token)
    person = customers.find(context.session, link.person_id) if link else None
    if link and person and person.birth_date == born:
        return OpenedPage(Access.ASK, link, person), True
    return bill_page.answer(context, token, born, code)


def _counts_for_the_chat(context: Context, token: str, born: Any, code: str) -> tuple[OpenedPage, bool]:
    """Count a wrong answer on the page like one in the customer's own chat."""
    found = bill_page.answer(context, token, born, code)
    context.session.execute(text("UPDATE wrong_answers SET verified = TRUE WHERE entrance = 'page'"))
    return found


def _shows_anybody(context: Context, name: str) -> Any:
    """Show the amount to whoever has a payment link."""
    context.session.execute(text(_NOBODY_ELSE))
    return paying.order(context, name)


def _writes_to_anybody(context: Context, ids: Any) -> Any:
    """Write to a phone although somebody else has it."""
    context.session.execute(text(_NOBODY_ELSE))
    return snapshot.load(context, ids)


HOLES: Final = {
    "the chat forgets wrong answers": Entrances(take=_before_each_turn("DELETE FROM wrong_answers")),
    "the chat forgets who said to be somebody else": Entrances(take=_before_each_turn(_NOBODY_ELSE)),
    "the second answer is compared without end": Entrances(
        take=_before_each_turn("DELETE FROM wrong_answers WHERE entrance = 'second_answer'")
    ),
    "the page compares while it is locked": Entrances(answer=_compares_always),
    "guesses on the page lock the customer's own chat": Entrances(answer=_counts_for_the_chat),
    "a deep link connects anybody": Entrances(take=_connects_anybody),
    "the payment page shows the amount to anybody": Entrances(order=_shows_anybody),
    "a birth date buys tries at the postal code": Entrances(
        take=_before_each_turn("UPDATE wrong_answers SET entrance = 'chat'")
    ),
    "a yes counts whoever asked": Entrances(
        take=_before_each_turn("UPDATE verifications SET asked_from_id = NULL")
    ),
    "whoever said to be somebody else is reminded": Entrances(load=_writes_to_anybody),
    "enrolment tells which birth date is known": Entrances(take=_admits_without_end),
}
"""What is wrong, and the entrances in which it is."""
