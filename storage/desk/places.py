"""The place of each open case in the one order of the queue, stored so that a page of it is one short read.

The order is that of :func:`billing.accounts.cases.place_in_queue`: place, moment, deadline, id.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import case, literal

from billing.accounts import cases as rules
from storage import tables
from storage.tables.base import UtcDateTime

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import ColumnElement

COLUMNS: Final = ("grave", "place", "place_at")
"""What :func:`at_opening` returns, by name."""


def at_opening(
    about: str, severity: int, unanswered_since: datetime | None, deadline: datetime
) -> tuple[int | None, int, datetime]:
    """How grave a new case is, its place, and the moment (UTC) that orders it there."""
    grave = rules.grave_rank(about)
    place = rules.place_number(severity, grave, waits=unanswered_since is not None)
    waiting = place // rules.PLACES_APART == rules.Urgency.WAITING and unanswered_since is not None
    return grave, place, unanswered_since if waiting and unanswered_since else deadline


def after(values: Mapping[str, Any]) -> dict[str, Any]:
    """The place columns and the next version, for an update that sets ``values``.

    In an update, columns still have their old values; those that change are taken from ``values``.
    """
    row = tables.Escalation
    version = {"version": row.version + 1}
    if not values.keys() & {"unanswered_since", "deadline"}:
        return version
    waits: Any = _moment(values.get("unanswered_since", row.unanswered_since))
    deadline: Any = _moment(values.get("deadline", row.deadline))
    rest, apart = rules.Urgency.REST * rules.PLACES_APART, rules.PLACES_APART
    danger: ColumnElement[bool] = row.severity <= rules.GRAVEST
    place = [(danger, literal(rules.Urgency.DANGER * apart))]
    moment: list[tuple[ColumnElement[bool], Any]] = [(danger, deadline)]
    waiting = literal(rules.Urgency.WAITING * apart)
    grave = (row.grave.is_not(None), rules.Urgency.GRAVE * apart + row.grave)
    if waits is None:
        return version | {"place": case(*place, grave, else_=rest), "place_at": deadline}
    place.append((waits.is_not(None), waiting))
    moment.append((waits.is_not(None), waits))
    return version | {"place": case(*place, grave, else_=rest), "place_at": case(*moment, else_=deadline)}


def _moment(value: Any) -> Any:
    """A moment as a part of a statement, kept as UTC like any column of moments."""
    return literal(value, UtcDateTime()) if isinstance(value, datetime) else value
