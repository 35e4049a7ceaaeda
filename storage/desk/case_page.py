"""What the page of a case begins with, in one statement: the case, whose it is, and drafts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from sqlalchemy import and_, func, select
from sqlalchemy.orm import aliased

from storage import tables
from storage.desk.escalations import Escalation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

_FIELDS = tuple(Escalation.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class CasePage:
    """A case as a page shows it."""

    case: Escalation
    newest_event: int
    customer_id: str | None
    """Whose case it is; without a customer of its own, the one who is reached where it came from."""
    people_here: int
    """How many customers are reached there."""
    drafts: Mapping[str, Mapping[str, str]]
    """What the user typed and did not send, by the address of the form."""

    BETWEEN: ClassVar = "."

    @property
    def version(self) -> str:
        """What a form says that it was made from: the case's version, and the last event that was shown."""
        return f"{self.case.version}{self.BETWEEN}{self.newest_event}"


def load(session: Session, escalation_id: int, user_id: int, forms: tuple[str, str]) -> CasePage | None:
    """A case, open or closed, with the drafts of a user in two forms; None if no case has this number."""
    row, event, contact = tables.Escalation, tables.CaseEvent, tables.Contact
    first, second = aliased(tables.DeskDraft), aliased(tables.DeskDraft)
    newest = select(func.max(event.id)).where(event.escalation_id == row.id).correlate(row)
    reached = and_(contact.contact_point_id == row.contact_point_id, contact.removed_at.is_(None))
    found = session.execute(
        select(
            *(getattr(row, name) for name in _FIELDS),
            newest.scalar_subquery(),
            select(func.min(contact.customer_id)).where(reached).correlate(row).scalar_subquery(),
            select(func.count()).select_from(contact).where(reached).correlate(row).scalar_subquery(),
            first.fields,
            second.fields,
        )
        .select_from(row)
        .outerjoin(first, and_(first.user_id == user_id, first.form == forms[0]))
        .outerjoin(second, and_(second.user_id == user_id, second.form == forms[1]))
        .where(row.id == escalation_id)
    ).first()
    if found is None:
        return None
    newest_id, at_point, here, *drafts = found[len(_FIELDS) :]
    case = Escalation(*found[: len(_FIELDS)])
    owner = case.customer_id or (at_point if here == 1 else None)
    kept = {form: one or {} for form, one in zip(forms, drafts, strict=True)}
    return CasePage(case, newest_id or 0, owner, here, kept)
