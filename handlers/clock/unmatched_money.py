"""Money without an owner is a case: one for all of it, which closes once every payment has its account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from handlers.context import Context
from storage.desk import case_details, case_kinds, escalations
from storage.desk.escalations import Case
from storage.payments import payments

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from handlers.context import Clock
    from handlers.installation import Installation
    from storage.database.transaction import Database

KIND: Final = "unmatched_money"
_CAN_WAIT: Final = 3
_COUNT: Final = "payments"
_NEWEST: Final = "newest"


def ask(database: Database, installation: Installation, clock: Clock) -> bool:
    """Open the case, bring its count up to date, or close it; returns whether anything was to do.

    One that a person closed with money still unmatched is opened anew by newer money only.
    """
    with database.read() as session:
        if not _due(session):
            return False
    with database.write() as session:
        context = Context(session, installation, clock)
        newest, count = payments.newest_unmatched(session)
        case = case_kinds.latest(session, KIND)
        detail = {_COUNT: str(count), _NEWEST: str(newest)}
        if case is None or case.closed_at:
            if _due(session):
                escalations.open_case(session, _case(context, detail), context.now)
        elif count:
            case_details.write(session, case.key, detail)
        else:
            escalations.close_key(session, case.key, escalations.BY_ITSELF, "matched", context.now)
    return True


def _due(session: Session) -> bool:
    newest, count = payments.newest_unmatched(session)
    case = case_kinds.latest(session, KIND)
    if case is None or case.closed_at:
        seen = int(case.detail.get(_NEWEST, 0)) if case else 0
        return newest > seen
    return not count or case.detail.get(_COUNT) != str(count) or case.detail.get(_NEWEST) != str(newest)


def _case(context: Context, detail: dict[str, str]) -> Case:
    return Case(
        key=f"{KIND}:all",
        kind=KIND,
        reason="money came in that names no account: assign it, see kvitt payments unmatched",
        deadline=context.answer_by(_CAN_WAIT),
        severity=_CAN_WAIT,
        detail=detail,
    )
