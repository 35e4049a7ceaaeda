"""Erases one person in every table, column by column, as the declaration says.

Values are written through the types of the columns, which may seal or pack them.
"""

from __future__ import annotations

from contextlib import contextmanager
from datetime import date, time
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import JSON, String, UniqueConstraint, and_, delete, insert, or_, select, update
from sqlalchemy.types import TypeDecorator

from billing.accounts.personal_marks import without_sentences
from storage import tables
from storage.privacy.declaration import rules, table_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from sqlalchemy import Column, Row, Table
    from sqlalchemy.orm import Session
    from sqlalchemy.types import TypeEngine

    from billing.accounts.personal_marks import PersonalMarks
    from storage.privacy.person_rows import PersonRows

BATCH: Final = 500

Found = dict[str, list[tuple[Any, ...]]]
"""The keys of rows, by table."""


class CannotBeEmpty(TypeError):
    """The declaration empties a column that has no empty value: a moment or a day that must be there."""


def empty(column: Column[Any]) -> Any:
    """The empty value of a column: NULL where it may be, else the neutral value of its Python type.

    Raises:
        CannotBeEmpty: it has neither.
    """
    if column.nullable:
        return None
    if isinstance(_plain(column.type), JSON):
        return _empty_json(column)
    kind = _plain(column.type).python_type
    if issubclass(kind, date | time):
        raise CannotBeEmpty(f"{column} has no empty value")
    return kind()


def erase_rows(session: Session, person: PersonRows, marks: PersonalMarks) -> None:
    """Empty or delete all that is the person's, and keep the records without what identifies them."""
    with _permit(session):
        # What others refer to is found through them, so that everything is looked up before anything goes.
        keys = {name: _keys(session, name, person) for name, rule in rules().items() if rule.whose}
        for name, rows in keys.items():
            if rules()[name].delete:
                continue
            rule, table = rules()[name], table_of(name)
            for chosen in _batches(rows):
                _empty_columns(session, table, chosen, (*rule.register, *rule.erase))
                words = dict.fromkeys((*rule.prose, *rule.books, *rule.scrub), marks)
                _rewrite(session, table, chosen, _changes(words, rule.prose, about=True))
        for name in _deleted_first(keys):
            for chosen in _batches(keys[name]):
                session.execute(delete(table_of(name)).where(_one_of_rows(table_of(name), chosen)))
        _end_identity(session, person.customer_id)


def erase_books(session: Session, person: PersonRows) -> None:
    """Empty what was kept with the records: their time is over."""
    with _permit(session):
        for name, rule in rules().items():
            if rule.whose and rule.books:
                for chosen in _batches(_keys(session, name, person)):
                    _empty_columns(session, table_of(name), chosen, rule.books)


def empty_late_payments(session: Session) -> None:
    """Empty what banks say about the sender of money that came for somebody who was erased before."""
    row, account, customer = tables.Payment, tables.Account, tables.Customer
    erased = (
        select(account.id)
        .join(customer, customer.id == account.customer_id)
        .where(customer.erased_at.is_not(None))
    )
    named = or_(row.payer != "", row.text != "")
    session.execute(
        update(row)
        .where(row.account_id.in_(erased), named)
        .values(payer="", text="")
        .execution_options(synchronize_session=False)
    )


def mentions(session: Session, marks: PersonalMarks) -> Found:
    """The rows of anybody, or nobody, in which a sure mark of the person is; every table is read."""
    found: Found = {}
    for name, rule in rules().items():
        table = table_of(name)
        columns = [table.c[one] for one in rule.cut if _has_words(table.c[one])]
        if not columns:
            continue
        keys = list(table.primary_key)
        rows = session.execute(select(*keys, *columns).execution_options(yield_per=BATCH))
        hits = [tuple(row[: len(keys)]) for row in rows if any(map(marks.in_text, row[len(keys) :]))]
        if hits:
            found[name] = hits
    return found


def cut_mentions(session: Session, marks: PersonalMarks, found: Found) -> None:
    """Cut what identifies the person out of these rows."""
    with _permit(session):
        for name, rows in found.items():
            words = dict.fromkeys(rules()[name].cut, marks)
            for chosen in _batches(rows):
                _rewrite(session, table_of(name), chosen, _changes(words, (), about=False))


def _changes(
    words: Mapping[str, PersonalMarks], prose: Collection[str], *, about: bool
) -> dict[str, Callable[[Any], Any]]:
    def change(name: str, marks: PersonalMarks) -> Callable[[Any], Any]:
        def changed(value: Any) -> Any:
            # What names the person for certain is about them: a birth date there is theirs.
            value = marks.cut(value, about=about or marks.in_text(value))
            return without_sentences(value) if name in prose else value

        return changed

    return {name: change(name, marks) for name, marks in words.items()}


def _keys(session: Session, name: str, person: PersonRows) -> list[tuple[Any, ...]]:
    table = table_of(name)
    return [tuple(row) for row in session.execute(select(*table.primary_key).where(person.condition(name)))]


def _empty_columns(
    session: Session, table: Table, rows: Collection[tuple[Any, ...]], names: Collection[str]
) -> None:
    """Empty columns; one that is a part of a unique key gets a neutral value of its row."""
    plain = {name: empty(table.c[name]) for name in names if not _unique(table, name)}
    if plain and rows:
        session.execute(update(table).where(_one_of_rows(table, rows)).values(plain))
    for name in names:
        if _unique(table, name):
            for row in rows:
                value = None if table.c[name].nullable else f"erased-{'-'.join(map(str, row))}"
                session.execute(update(table).where(_one_of_rows(table, [row])).values({name: value}))


def _rewrite(
    session: Session,
    table: Table,
    rows: Collection[tuple[Any, ...]],
    changes: Mapping[str, Callable[[Any], Any]],
) -> None:
    """Change the words of rows one by one, where anything changes."""
    columns = [table.c[name] for name in changes if _has_words(table.c[name])]
    if not columns or not rows:
        return
    keys = list(table.primary_key)
    for row in session.execute(select(*keys, *columns).where(_one_of_rows(table, rows))).all():
        values = _changed(row, columns, len(keys), changes)
        if values:
            session.execute(
                update(table).where(_one_of_rows(table, [tuple(row[: len(keys)])])).values(values)
            )


def _changed(
    row: Row[Any], columns: Collection[Column[Any]], first: int, changes: Mapping[str, Callable[[Any], Any]]
) -> dict[str, Any]:
    values = {}
    for column, value in zip(columns, row[first:], strict=True):
        new = value if value is None else changes[column.key](value)
        if new != value:
            # Two keys that differed by what was cut out differ by their rows now.
            values[column.key] = f"{new}:{row[0]}" if _unique(column.table, column.key) else new
    return values


def _one_of_rows(table: Table, rows: Collection[tuple[Any, ...]]) -> Any:
    keys = list(table.primary_key)
    if len(keys) == 1:
        return keys[0].in_([row[0] for row in rows])
    one_row = [and_(*(key == value for key, value in zip(keys, row, strict=True))) for row in rows]
    return or_(*one_row)


def _batches(rows: list[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    for start in range(0, len(rows), BATCH):
        yield rows[start : start + BATCH]


def _deleted_first(names: Collection[str]) -> list[str]:
    """The tables whose rows are deleted, those that refer to others before them."""
    ordered = [table.name for table in reversed(tables.Table.metadata.sorted_tables)]
    return [name for name in ordered if name in names and rules()[name].delete]


def _end_identity(session: Session, customer_id: str) -> None:
    """Nobody counts as the person any more, where others are reached as well."""
    point = tables.ContactPoint
    session.execute(
        update(point)
        .where(point.identified_id == customer_id)
        .values(identified_id=None, identified_until=None, proved_until=None)
    )


@contextmanager
def _permit(session: Session) -> Iterator[None]:
    """Let words of append-only rows be erased, in this transaction alone."""
    permit = tables.ErasurePermit
    session.flush()
    session.execute(insert(permit).values(id=1))
    yield
    session.flush()
    session.execute(delete(permit).where(permit.id == 1))
    # What was loaded before is not what is stored now.
    session.expire_all()


def _unique(table: Table, name: str) -> bool:
    column = table.c[name]
    if column.unique:
        return True
    parts = [one.columns for one in table.constraints if isinstance(one, UniqueConstraint)]
    parts += [one.columns for one in table.indexes if one.unique]
    return any(column.key in each.keys() for each in parts)  # noqa: SIM118 - no dict has them


def _has_words(column: Column[Any]) -> bool:
    kind = _plain(column.type)
    return isinstance(kind, JSON | String)


def _plain(kind: Any) -> TypeEngine[Any]:
    """The type under those of ours, which seal a value or mask what is in it."""
    while isinstance(kind, TypeDecorator):
        kind = kind.impl_instance
    plain: TypeEngine[Any] = kind
    return plain


def _empty_json(column: Column[Any]) -> Any:
    """An empty value of the shape that the table is annotated with: an object, or a list."""
    mapped = next(one.class_ for one in tables.Table.registry.mappers if one.local_table is column.table)
    return [] if "[list[" in str(mapped.__annotations__[column.key]) else {}
