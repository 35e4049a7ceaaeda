"""A card number over several texts: when its last part arrives, the earlier ones are masked everywhere.

Parts are harmless alone and are stored, answered and shown to the staff. Once the number is whole, every
column that can hold what people wrote is searched for them, in the rows that are the writer's or about them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Column, null, or_, select, update

from billing import card_numbers
from billing.accounts.channels import STAFF_CHAT
from storage import tables
from storage.conversation import inbox
from storage.database.id_lists import one_of
from storage.tables.base import UtcDateTime
from storage.tables.written import is_written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from storage.conversation.inbox import Inbound

_MOST: Final = 4
"""Over how many texts a number is looked for."""
_FEW, _MANY = 3, 6
"""With fewer digits a part is masked only in a copy of its whole text: "12" may be anything."""


def without_parts(
    session: Session, before: Inbound, text: str, issued: Callable[[str], bool], since: datetime
) -> str:
    """A new text without its part of a card number that begins in earlier texts of its writer.

    ``before`` is their newest text; earlier parts that came since then (UTC) are masked in every copy.
    """
    if not any(map(str.isdigit, text)) or not any(map(str.isdigit, before.text)):
        return text
    earlier = inbox.texts_before(session, before, since, _MOST - 1)
    masked = card_numbers.masked_parts([*(one.text for one in earlier), text], issued)
    parts = {one.text: new for one, new in zip(earlier, masked, strict=False) if one.text != new}
    if parts:
        _Copies(session, before.contact_point_id, earlier[0].received_at).mask(parts)
    return masked[-1]


class _Copies:
    """The rows with what one person wrote since a moment (UTC), in whichever table."""

    def __init__(self, session: Session, contact_point_id: int, since: datetime) -> None:
        self._session, self._since = session, since
        contact, point = tables.Contact, tables.ContactPoint
        rooms = session.scalars(select(point.id).where(point.channel == STAFF_CHAT.value))
        self._points = [contact_point_id, *rooms]
        mine = select(contact.customer_id).where(contact.contact_point_id == contact_point_id)
        self._customers = list(session.scalars(mine))

    def mask(self, parts: Mapping[str, str]) -> None:
        """Replace every copy of the parts: of a whole text, and of its digits within another."""
        tables.load_all()
        permit = None
        for mapper in tables.Table.registry.mappers:
            table: Any = mapper.class_.__table__
            for key, values in list(self._changed(table, parts)):
                if table.name in tables.APPEND_ONLY and permit is None:
                    # Triggers let words be changed while there is a permit, which no other transaction sees.
                    permit = tables.ErasurePermit(id=1)
                    self._session.add(permit)
                    self._session.flush()
                mine = (column == value for column, value in zip(table.primary_key, key, strict=True))
                self._session.execute(update(table).where(*mine).values(values))
        if permit is not None:
            self._session.delete(permit)
            self._session.flush()

    def _changed(
        self, table: Any, parts: Mapping[str, str]
    ) -> Iterator[tuple[Sequence[Any], dict[str, Any]]]:
        """The rows to change: the key, and the new values by column."""
        columns = [one for one in table.c if is_written(one.type)]
        moment = next(
            (one for one in table.c if isinstance(one.type, UtcDateTime) and not one.nullable), null()
        )
        where = self._where(table, moment) if columns else None
        if where is None:
            return
        keys = list(table.primary_key)
        for row in self._session.execute(select(moment, *keys, *columns).where(where)):
            at, key, values = row[0], row[1 : len(keys) + 1], row[len(keys) + 1 :]
            # What was there before, such as an address, may have a few of the digits by chance.
            fewest = _FEW if at is not None and at >= self._since else _MANY
            new = [_replaced(value, parts, fewest) for value in values]
            changed = {
                column.key: value
                for column, value, old in zip(columns, new, values, strict=True)
                if value != old
            }
            if changed:
                yield key, changed

    def _where(self, table: Any, moment: Any) -> ColumnElement[bool] | None:
        """Which rows may have a copy; None if none of the table can have one."""
        rows, owned = table.c, []
        if "contact_point_id" in rows:
            owned.append(one_of(rows.contact_point_id, self._points))
        if "customer_id" in rows:
            owned.append(one_of(rows.customer_id, self._customers))
        if owned:
            return or_(*owned)
        # What names nobody was written since.
        return moment >= self._since if isinstance(moment, Column) else None


def _replaced(value: Any, parts: Mapping[str, str], fewest: int) -> Any:
    """A text, or every text of a JSON value, without the parts that have so many digits at least."""
    match value:
        case str():
            for old, new in parts.items():
                value = new if value == old else value
                part = card_numbers.part_between(old, new)
                if sum(map(str.isdigit, part)) >= fewest:
                    value = re.sub(rf"(?<!\d){re.escape(part)}(?!\d)", "****", value)
            return value
        case dict():
            return {name: _replaced(one, parts, fewest) for name, one in value.items()}
        case list():
            return [_replaced(one, parts, fewest) for one in value]
    return value
