"""Finds people, bills and messages by a part of a name, a phone, a reference or a word; the newest first.

Hits are collected first and ordered then: a database that is asked for the newest of a word that nobody wrote
would otherwise look at every message there is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, func, literal, select, tuple_, union

from billing.accounts import search_words
from billing.accounts.search_words import Sought
from storage import tables
from storage.database.id_lists import one_of
from storage.desk import search_index
from storage.desk.search_index import BILL, PERSON, PHONE
from storage.sealing.keys import of_dialect

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date, datetime

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import Session

PAGE: Final = 50
MOST_HITS: Final = 20_000
"""Hits that are ordered at most: of more, those last in the alphabet."""
_LOOKED_AT: Final = 2_000
"""Texts with the rarest of several words that are looked at, the newest ones."""
_OPENED: Final = 500
"""Texts that are opened to look for a beginning of more than four letters."""
_LAST: Final = "\U0010ffff"

Key = tuple[int, str]
"""How new a person or a bill is, and its id: where a page ends."""


@dataclass(frozen=True, slots=True)
class FoundPerson:
    """A customer who was found."""

    customer_id: str
    name: str
    guarantor_id: str | None
    key: Key


@dataclass(frozen=True, slots=True)
class FoundBill:
    """A bill that was found; ``amount`` in minor units."""

    bill_id: str
    invoice_number: str | None
    customer_id: str
    name: str
    amount: int
    currency: str
    due_on: date
    state: str
    key: Key


@dataclass(frozen=True, slots=True)
class FoundText:
    """A text of a customer that was found; ``at`` is UTC."""

    inbox_id: int
    at: datetime
    text: str
    contact_point_id: int
    people: tuple[tuple[str, str], ...]
    """The id and name of everybody who is reached where it came from."""


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The first page of each; the ``more`` flags say that there are further ones."""

    people: Sequence[FoundPerson]
    bills: Sequence[FoundBill]
    texts: Sequence[FoundText]
    more_people: bool
    more_bills: bool
    more_texts: bool

    @property
    def nothing(self) -> bool:
        """Whether nothing was found."""
        return not (self.people or self.bills or self.texts)


def search(session: Session, text: str, limit: int = PAGE) -> SearchResult:
    """People, bills and messages, the newest first, at most ``limit`` of each; at most seven statements."""
    question = Sought.of(text)
    found, owed, said = (
        people(session, question, None, limit + 1),
        bills(session, question, None, limit + 1),
        texts(session, question, None, limit + 1),
    )
    return SearchResult(
        found[:limit],
        owed[:limit],
        said[:limit],
        len(found) > limit,
        len(owed) > limit,
        len(said) > limit,
    )


def people(session: Session, question: Sought, before: Key | None, limit: int) -> list[FoundPerson]:
    """Customers with these beginnings of words in their name, this id, or a phone that ends so."""
    row = tables.Customer
    kinds = [_all_of(question.words)] if question.words else []
    kinds += [_range(PHONE, question.phone)] if question.phone else []
    kinds += [_range(PERSON, question.name)] if question.name else []
    if not kinds:
        return []
    hits = union(*kinds).cte("hits").prefix_with("MATERIALIZED")
    query = select(row.id, row.name, row.guarantor_id, hits.c.newness).join(hits, hits.c.ref == row.id)
    query = query if before is None else query.where(tuple_(hits.c.newness, row.id) < tuple_(*before))
    rows = session.execute(query.order_by(hits.c.newness.desc(), row.id.desc()).limit(limit))
    return [FoundPerson(one, name, guarantor, (newness, one)) for one, name, guarantor, newness in rows]


def bills(session: Session, question: Sought, before: Key | None, limit: int) -> list[FoundBill]:
    """Bills whose id, number or payment reference begins so."""
    if not question.name:
        return []
    row, person, account = tables.Bill, tables.Customer, tables.Account
    hits = union(_range(BILL, question.name)).cte("hits").prefix_with("MATERIALIZED")
    names = (row.id, row.invoice_number, person.id, person.name, row.amount, row.currency, row.due_on)
    query = (
        select(*names, row.state, hits.c.newness)
        .join(hits, hits.c.ref == row.id)
        .join(account, account.id == row.account_id)
        .join(person, person.id == account.customer_id)
    )
    query = query if before is None else query.where(tuple_(hits.c.newness, row.id) < tuple_(*before))
    rows = session.execute(query.order_by(hits.c.newness.desc(), row.id.desc()).limit(limit))
    return [FoundBill(*one[:-1], key=(one[-1], one[0])) for one in rows]


def texts(session: Session, question: Sought, before: int | None, limit: int) -> list[FoundText]:
    """Texts of customers with all of these words, before a row of the inbox, the newest first.

    A beginning of up to four letters is found in all of them, and so is a whole word. A longer beginning that
    is no word by itself is looked for in the newest texts with a word that begins alike.
    """
    if not question.said:
        return []
    ids = _with_words(session, question.said, before, limit)
    if not ids:
        return []
    row = tables.Inbox
    rows = session.execute(
        select(row.id, row.received_at, row.text, row.contact_point_id)
        .where(one_of(row.id, ids))
        .order_by(row.id.desc())
    ).all()
    kept = [one for one in rows if _has(one.text, question.said)][:limit]
    names = _reached(session, {one.contact_point_id for one in kept})
    return [FoundText(one, at, text, point, tuple(names.get(point, ()))) for one, at, text, point in kept]


def _has(text: str, said: Collection[str]) -> bool:
    there = [one for one in search_words.of_message(text) if not one.endswith("*")]
    return all(
        any(one.startswith(word) if len(word) >= search_words.BEGINNING else one == word for one in there)
        for word in said
    )


def _with_words(session: Session, said: Sequence[str], before: int | None, limit: int) -> list[int]:
    keys = of_dialect(session.get_bind().dialect)
    row = tables.MessageWord
    earlier = [] if before is None else [row.inbox_id < before]
    if len(said) == 1:
        exact, alike = _numbers(keys, said[0])
        found = _newest(session, exact, earlier, limit)
        if alike:
            found |= _newest(session, alike, earlier, _OPENED)
        return sorted(found, reverse=True)
    each = [_numbers(keys, word) for word in said]
    wide = [[*alike] or [*exact] for exact, alike in each]
    counts = session.execute(select(*(_how_many(one) for one in wide))).one()
    order = sorted(range(len(wide)), key=lambda place: counts[place])
    if not counts[order[0]]:
        return []
    rarest = (
        select(row.inbox_id)
        .where(row.word.in_(wide[order[0]]), *earlier)
        .order_by(row.inbox_id.desc())
        .limit(_LOOKED_AT)
        .cte("rarest")
        .prefix_with("MATERIALIZED")
    )
    other = [
        select(literal(1))
        .where(row.inbox_id == rarest.c.inbox_id, row.word.in_(wide[place]))
        .correlate(rarest)
        .exists()
        for place in order[1:]
    ]
    query = select(rarest.c.inbox_id).where(*other).order_by(rarest.c.inbox_id.desc()).limit(_OPENED)
    return list(session.scalars(query))


def _newest(
    session: Session, numbers: Collection[int], earlier: Sequence[ColumnElement[bool]], limit: int
) -> set[int]:
    """The newest texts with any of these words: each word's newest, so that the index alone is read."""
    row = tables.MessageWord
    found: set[int] = set()
    for number in numbers:
        query = select(row.inbox_id).where(row.word == number, *earlier)
        found |= set(session.scalars(query.order_by(row.inbox_id.desc()).limit(limit)))
    return found


def _numbers(keys: Any, word: str) -> tuple[list[int], list[int]]:
    """The digests that find a word for certain, and those that only find what begins alike."""
    if len(word) < search_words.BEGINNING:
        return search_index.numbers(keys, word), []
    alike = search_index.numbers(keys, search_words.beginning(word))
    if len(word) == search_words.BEGINNING:
        return alike, []
    return search_index.numbers(keys, word), alike


def _how_many(numbers: Collection[int]) -> Any:
    row = tables.MessageWord
    some = select(row.inbox_id).where(row.word.in_(list(numbers))).limit(_LOOKED_AT).subquery()
    return select(func.count()).select_from(some).scalar_subquery()


def _reached(session: Session, points: Collection[int]) -> dict[int, list[tuple[str, str]]]:
    contact, person = tables.Contact, tables.Customer
    found: dict[int, list[tuple[str, str]]] = {}
    for point, customer_id, name in session.execute(
        select(contact.contact_point_id, person.id, person.name)
        .join(person, person.id == contact.customer_id)
        .where(one_of(contact.contact_point_id, points), contact.removed_at.is_(None))
        .order_by(person.id)
    ):
        found.setdefault(point, []).append((customer_id, name))
    return found


def _range(kind: str, begins: str) -> Select[str, int]:
    """Who or what has a word that begins so; at most as many as can be ordered at once."""
    term = tables.SearchTerm
    some = (
        select(term.ref, term.newness)
        .where(term.kind == kind, _begins(begins))
        .order_by(term.term.desc())
        .limit(MOST_HITS)
        .subquery()
    )
    return select(some.c.ref, some.c.newness)


def _all_of(words: Sequence[str]) -> Select[str, int]:
    """Who has words that begin with each of these: they are searched by the longest, and must have all."""
    term = tables.SearchTerm
    if len(words) == 1:
        return _range(PERSON, words[0])
    longest, *others = sorted(words, key=len, reverse=True)
    # An expression of the kind: the words of each hit are looked up by who they are of, not by the range.
    first = _range(PERSON, longest).subquery()
    each = [
        select(literal(1))
        .where(term.ref == first.c.ref, term.kind + "" == PERSON, _begins(word))
        .correlate(first)
        .exists()
        for word in others
    ]
    return select(first.c.ref, first.c.newness).where(and_(*each))


def _begins(word: str) -> ColumnElement[bool]:
    term = tables.SearchTerm
    return and_(term.term >= word, term.term < word + _LAST)
