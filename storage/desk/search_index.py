"""What the desk finds people, bills and messages by: brought up to date in batches, never in a turn.

Names, phones and references are kept as they are searched for. Of texts, which are sealed, only keyed digests
of words are kept (HMAC-SHA256, cut to 60 bits): whoever has the database and not the key reads no word.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, select

from billing.accounts import search_words
from billing.bills.reference_numbers import reference_for
from storage import tables
from storage.database.bulk import insert_rows
from storage.database.id_lists import one_of
from storage.sealing.keys import of_dialect

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy.orm import Session

    from storage.sealing.keys import Keys

PERSON: Final = "person"
PHONE: Final = "phone"
BILL: Final = "bill"
_PURPOSE: Final = "word of a message"
_BITS_AS_HEX: Final = 15
_TERMS: Final = ("kind", "term", "ref", "customer_id", "newness")


def numbers(keys: Keys, word: str) -> list[int]:
    """The digests that rows may have for a word: more than one while keys are rotated."""
    return [int(one[:_BITS_AS_HEX], 16) for one in keys.indexes(_PURPOSE, word)]


def index_people(session: Session, customer_ids: Collection[str]) -> None:
    """Keep what these customers are found by now: name, id, phones; nothing of who was erased."""
    term, row = tables.SearchTerm, tables.Customer
    session.execute(
        delete(term).where(one_of(term.customer_id, customer_ids), term.kind.in_([PERSON, PHONE]))
    )
    newness: dict[str, int] = {}
    found: set[tuple[str, str, str]] = set()
    chosen = (one_of(row.id, customer_ids), row.erased_at.is_(None))
    for customer_id, name, created_at in session.execute(
        select(row.id, row.name, row.created_at).where(*chosen)
    ):
        newness[customer_id] = int(created_at.timestamp())
        own = {*search_words.words(name), *search_words.words(customer_id), search_words.key(customer_id)}
        found |= {(PERSON, one, customer_id) for one in own}
    contact, point = tables.Contact, tables.ContactPoint
    for customer_id, address in session.execute(
        select(contact.customer_id, point.address)
        .join(point, point.id == contact.contact_point_id)
        .where(one_of(contact.customer_id, list(newness)), contact.removed_at.is_(None))
    ):
        if "@" in address:
            found |= {(PERSON, one, customer_id) for one in search_words.words(address.partition("@")[0])}
        elif phone := search_words.phone(address):
            found.add((PHONE, phone, customer_id))
    rows = [(kind, one, ref, ref, newness[ref]) for kind, one, ref in sorted(found) if one]
    insert_rows(session, term, _TERMS, rows)


def index_bills(session: Session, bill_ids: Collection[str]) -> None:
    """Keep what these bills are found by now: id, invoice number, payment reference."""
    term, row, account, person = tables.SearchTerm, tables.Bill, tables.Account, tables.Customer
    session.execute(delete(term).where(one_of(term.ref, bill_ids), term.kind == BILL))
    bills = session.execute(
        select(row.id, row.number, row.invoice_number, row.issued_on, account.customer_id)
        .join(account, account.id == row.account_id)
        .join(person, person.id == account.customer_id)
        .where(one_of(row.id, bill_ids), person.erased_at.is_(None))
    )
    rows = []
    for bill_id, number, invoice, issued_on, customer_id in bills:
        names = {search_words.key(one) for one in (bill_id, invoice or "", reference_for(number))}
        newness = issued_on.toordinal() * 86400
        rows += [(BILL, one, bill_id, customer_id, newness) for one in sorted(names) if one]
    insert_rows(session, term, _TERMS, rows)


def index_texts(session: Session, inbox_ids: Collection[int]) -> None:
    """Keep digests of the words of these texts of customers; of one that was forgotten nothing is left."""
    word, row = tables.MessageWord, tables.Inbox
    keys = of_dialect(session.get_bind().dialect)
    known: dict[str, int] = {}
    # Locked, so that whoever forgets a text meanwhile waits, and then deletes what is written here.
    texts = session.execute(
        select(row.id, row.text).where(one_of(row.id, inbox_ids)).with_for_update(read=True)
    ).all()
    session.execute(delete(word).where(one_of(word.inbox_id, inbox_ids)))
    rows = []
    for inbox_id, text in texts:
        for one in search_words.of_message(text):
            if one not in known:
                known[one] = numbers(keys, one)[0]
        rows += [(number, inbox_id) for number in {known[one] for one in search_words.of_message(text)}]
    insert_rows(session, word, ("word", "inbox_id"), rows)


def forget_texts(session: Session, inbox_ids: Collection[int]) -> None:
    """Delete what these texts are found by."""
    word = tables.MessageWord
    session.execute(delete(word).where(one_of(word.inbox_id, inbox_ids)))
