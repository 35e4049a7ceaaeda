"""Retention of texts: finds old ones, erases them or keeps them for a reason, and leaves a digest behind."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import delete, func, or_, select, update

from billing.retention import RetentionFacts
from storage import tables
from storage.database.id_lists import one_of
from storage.database.insert_once import insert_missing
from storage.desk import search_index

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from billing.retention import RetentionReason

KINDS: Final = ("inbox", "outbox", "escalations")
"""The tables with texts; the page of a letter is erased with its message."""
_UNSETTLED: Final = ("queued", "sending", "in_doubt", "parked")


@dataclass(frozen=True, slots=True)
class Text:
    """One text that is old enough to be forgotten; ``open`` means that its purpose is not finished.

    Rows are numbered by ``came_at``; ``said_at`` is when the text was last added to. Both are UTC.
    """

    kind: str
    row_id: int
    came_at: datetime
    said_at: datetime
    customer_id: str | None
    contact_point_id: int | None
    reference: str
    text: str
    open: bool = False


def hold_turn(session: Session, kind: str) -> int | None:
    """Lock one table's retention mark until the transaction ends; ``None`` if another process has it.

    Returns the id up to which the table was checked once.
    """
    mark = tables.RetentionMark
    insert_missing(session, mark, [{"kind": kind, "up_to": 0}])
    return session.scalar(select(mark.up_to).where(mark.kind == kind).with_for_update(skip_locked=True))


def next_old(session: Session, kind: str, after: int, before: datetime, limit: int) -> list[Text]:
    """The next texts to check for forgetting, by id, that came before a moment (UTC), at most ``limit``.

    Ids grow with time, so the first younger row ends the search: the cost depends on what is due, not on the
    size of the table.
    """
    found: list[Text] = []
    for text in _texts(session, kind, after, limit):
        if text.came_at > before:
            break
        found.append(text)
    return found


def looked_at(session: Session, kind: str, up_to: int) -> None:
    """Record that every text up to this id was checked once for its retention."""
    mark = tables.RetentionMark
    session.execute(update(mark).where(mark.kind == kind).values(up_to=up_to))


def next_retained(session: Session, kind: str, now: datetime, limit: int) -> list[Text]:
    """Texts that were retained, and are to be checked again by now."""
    row = tables.Retained
    due = select(row.row_id).where(row.kind == kind, row.look_at <= now).order_by(row.look_at).limit(limit)
    ids = list(session.scalars(due))
    return _texts(session, kind, 0, limit, ids) if ids else []


def save_retained(session: Session, texts: Iterable[tuple[Text, RetentionReason]]) -> None:
    """Retain these texts, to be checked again at their time."""
    chosen = list(texts)
    rows = [
        {"kind": text.kind, "row_id": text.row_id, "why": kept.why, "look_at": kept.until}
        for text, kept in chosen
    ]
    _let_go(session, [(text.kind, text.row_id) for text, _ in chosen])
    insert_missing(session, tables.Retained, rows)


def forget(session: Session, texts: Sequence[Text], policy_version: str, now: datetime) -> None:
    """Erase these texts, and save the length and digest of each."""
    rows = [
        {
            "kind": text.kind,
            "row_id": text.row_id,
            "forgotten_at": now,
            "policy_version": policy_version,
            "length": len(text.text),
            "digest": digest(text.reference, text.text),
        }
        for text in texts
    ]
    insert_missing(session, tables.Forgotten, rows)
    _let_go(session, [(text.kind, text.row_id) for text in texts])
    by_kind: dict[str, list[int]] = defaultdict(list)
    for text in texts:
        by_kind[text.kind].append(text.row_id)
    inbox, case = tables.Inbox, tables.Escalation
    session.execute(update(inbox).where(one_of(inbox.id, by_kind["inbox"])).values(text=""))
    session.execute(
        update(case).where(one_of(case.id, by_kind["escalations"])).values(detail={}, outcome="", reason="")
    )
    _empty_messages(session, by_kind["outbox"])
    # Last: whoever indexes a text holds its row, which was waited for above.
    search_index.forget_texts(session, by_kind["inbox"])


def digest(reference: str, text: str) -> str:
    """SHA-256 of a forgotten text with its row's reference: proves the text if shown, reveals nothing.

    The reference, which cannot be guessed, makes it useless to try short texts until one fits.
    """
    return hashlib.sha256(f"{reference}\n{text}".encode()).hexdigest()


def standings(
    session: Session, texts: Collection[Text], now: datetime
) -> dict[tuple[str, int], RetentionFacts]:
    """The facts that decide on each text's retention: of every customer whom it concerns."""
    whose = _whose(session, texts)
    people = {person for each in whose.values() for person in each}
    known = _of_people(session, people, now)
    points = {text.contact_point_id for text in texts if text.contact_point_id}
    busy = _points_in_cases(session, points)
    found = {}
    for text in texts:
        here = RetentionFacts(in_case=text.open or text.contact_point_id in busy)
        for person in whose[text.kind, text.row_id]:
            here = here.together(known.get(person, RetentionFacts()))
        found[text.kind, text.row_id] = here
    return found


def _texts(
    session: Session, kind: str, after: int, limit: int, only: Collection[int] | None = None
) -> list[Text]:
    read = {"inbox": _inbox, "outbox": _outbox, "escalations": _cases}[kind]
    return read(session, after, limit, only)


def _inbox(session: Session, after: int, limit: int, only: Collection[int] | None) -> list[Text]:
    row = tables.Inbox
    chosen = row.id > after if only is None else one_of(row.id, only)
    rows = session.execute(
        select(row.id, row.received_at, row.contact_point_id, row.provider_id, row.text, row.state)
        .where(chosen)
        .order_by(row.id)
        .limit(limit)
    )
    return [
        Text("inbox", row_id, at, at, None, point, provider_id, text, state == "waiting")
        for row_id, at, point, provider_id, text, state in rows
    ]


def _outbox(session: Session, after: int, limit: int, only: Collection[int] | None) -> list[Text]:
    row = tables.Outbox
    chosen = row.id > after if only is None else one_of(row.id, only)
    rows = session.execute(
        select(
            row.id, row.created_at, row.customer_id, row.contact_point_id, row.reference, row.text, row.state
        )
        .where(chosen)
        .order_by(row.id)
        .limit(limit)
    )
    return [
        Text("outbox", row_id, at, at, customer, point, reference, text, state in _UNSETTLED)
        for row_id, at, customer, point, reference, text, state in rows
    ]


def _cases(session: Session, after: int, limit: int, only: Collection[int] | None) -> list[Text]:
    row = tables.Escalation
    chosen = row.id > after if only is None else one_of(row.id, only)
    found = []
    for case in session.scalars(select(row).where(chosen).order_by(row.id).limit(limit)):
        content = json.dumps([case.reason, case.detail, case.outcome], sort_keys=True, ensure_ascii=False)
        last = case.closed_at or case.opened_at
        text = Text("escalations", case.id, case.opened_at, last, case.customer_id, None, case.key, content)
        found.append(replace(text, open=case.closed_at is None))
    return found


def _empty_messages(session: Session, ids: Collection[int]) -> None:
    """Erase the texts and facts of messages, but not the names of what they said; and pages of letters."""
    row, letter = tables.Outbox, tables.Letter
    for outbox_id, sayings in session.execute(select(row.id, row.sayings).where(one_of(row.id, ids))).all():
        bare = [{"key": one["key"], "facts": {}} for one in sayings]
        session.execute(update(row).where(row.id == outbox_id).values(text="", sayings=bare, choices=[]))
    session.execute(update(letter).where(one_of(letter.outbox_id, ids)).values(page={}))


def _let_go(session: Session, rows: Iterable[tuple[str, int]]) -> None:
    row = tables.Retained
    by_kind: dict[str, list[int]] = defaultdict(list)
    for kind, row_id in rows:
        by_kind[kind].append(row_id)
    for kind, ids in by_kind.items():
        session.execute(delete(row).where(row.kind == kind, one_of(row.row_id, ids)))


def _whose(session: Session, texts: Collection[Text]) -> dict[tuple[str, int], set[str]]:
    """The customers whom each text concerns: the one named, or all ever reached at its contact point."""
    contact = tables.Contact
    points = {text.contact_point_id for text in texts if text.contact_point_id}
    at: dict[int, set[str]] = defaultdict(set)
    for point, customer in session.execute(
        select(contact.contact_point_id, contact.customer_id).where(one_of(contact.contact_point_id, points))
    ):
        at[point].add(customer)
    return {
        (text.kind, text.row_id): {text.customer_id} if text.customer_id else at[text.contact_point_id or 0]
        for text in texts
    }


def _of_people(session: Session, people: Collection[str], now: datetime) -> dict[str, RetentionFacts]:
    """The facts of each customer, with the accounts they are liable for and those of their guarantor."""
    account, entry = tables.Account, tables.Entry
    mine: dict[str, set[str]] = defaultdict(set)
    owners: dict[str, set[str]] = {person: {person} for person in people}
    for account_id, customer, guarantor in session.execute(
        select(account.id, account.customer_id, account.guarantor_id).where(
            or_(one_of(account.guarantor_id, people), one_of(account.customer_id, people))
        )
    ):
        for person in {customer, guarantor} & owners.keys():
            mine[person].add(account_id)
            owners[person] |= {customer, guarantor}
    sums = session.execute(
        select(entry.account_id, func.sum(entry.amount), func.max(entry.recorded_at))
        .where(one_of(entry.account_id, {one for each in mine.values() for one in each}))
        .group_by(entry.account_id, entry.bill_id)
    )
    books: dict[str, RetentionFacts] = defaultdict(RetentionFacts)
    for account_id, owed, last in sums:
        books[account_id] = books[account_id].together(RetentionFacts(owes=bool(owed), last_at=last))
    everybody = {one for each in owners.values() for one in each}
    closed = _closed(session, everybody, now)
    found = {}
    for person in people:
        here = RetentionFacts()
        for one in owners[person]:
            here = here.together(closed.get(one, RetentionFacts()))
        for account_id in mine[person]:
            here = here.together(books[account_id])
        found[person] = here
    return found


def _closed(session: Session, people: Collection[str], now: datetime) -> dict[str, RetentionFacts]:
    """What keeps a customer's texts besides money: holds, open cases, and recent messages to them."""
    hold, case, out = tables.Hold, tables.Escalation, tables.Outbox
    found: dict[str, RetentionFacts] = defaultdict(RetentionFacts)
    active = or_(hold.until.is_(None), hold.until > now)
    for person in session.scalars(
        select(hold.customer_id).where(one_of(hold.customer_id, people), hold.lifted_at.is_(None), active)
    ):
        found[person] = found[person].together(RetentionFacts(held=True))
    opened = select(case.customer_id).where(one_of(case.customer_id, people), case.closed_at.is_(None))
    for whose in map(str, session.scalars(opened)):
        found[whose] = found[whose].together(RetentionFacts(in_case=True))
    rows: Any = session.execute(
        select(out.customer_id, func.max(out.created_at))
        .where(one_of(out.customer_id, people), out.purpose == "out")
        .group_by(out.customer_id)
    )
    for person, last in rows:
        found[person] = found[person].together(RetentionFacts(last_at=last))
    return found


def _points_in_cases(session: Session, points: Collection[int]) -> set[int | None]:
    case = tables.Escalation
    found = select(case.contact_point_id).where(
        case.closed_at.is_(None), one_of(case.contact_point_id, points)
    )
    return set(session.scalars(found))
