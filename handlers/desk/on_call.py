"""Pages whoever is on call when a person is in danger, until somebody has taken the case.

No approval, stop or shadow holds a page: it goes to our own staff, and names a case and no customer.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from billing.accounts import on_call
from billing.accounts.cases import GRAVEST
from billing.accounts.channels import STAFF_CHAT
from billing.accounts.roles import Right
from billing.facts import Saying
from billing.gate import Purpose
from billing.refusals import Refusal
from handlers import rendering, rights
from handlers.context import Context
from handlers.desk import staff_room
from handlers.rights import NoSuchUser
from storage.delivery import drafts
from storage.desk import case_events, escalations, staff
from storage.desk.case_events import CaseEvent, What
from storage.desk.staff import AuditEntry
from storage.people import contact_points

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from sqlalchemy.orm import Session

    from billing.accounts.channels import Channel
    from handlers.context import Clock
    from handlers.installation import Installation
    from storage.database.transaction import Database
    from storage.desk.escalations import Escalation
    from storage.desk.staff import User

_WITHIN: Final = timedelta(hours=1)
"""A page older than this is dropped: the next round has been sent."""


class CannotBePaged(Refusal):
    """A user was put on call who has no way to be paged."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} cannot be paged: give them a number with kvitt users role {name} --phone")


class NobodyOnCall(Refusal):
    """Nobody is on call."""

    def __init__(self) -> None:
        super().__init__(
            "nobody who can be paged: when a customer is in danger everybody is paged; "
            "kvitt users on-call NAME sets who is"
        )


def rota(session: Session) -> list[User]:
    """Who is on call, in the order in which they are paged."""
    return sorted((one for one in _active(session) if one.on_call), key=lambda one: one.on_call or 0)


def check_rota(session: Session, available: Collection[Channel]) -> list[User]:
    """Who is on call.

    Raises:
        NobodyOnCall: nobody is who can be paged by one of the ``available`` channels.
    """
    found = rota(session)
    if not any(_can_be_paged(available, user) for user in found):
        raise NobodyOnCall
    return found


def _can_be_paged(available: Collection[Channel], user: User) -> bool:
    return any(_addresses(available, user))


def set_rota(context: Context, names: Sequence[str], by: str) -> list[str]:
    """Set who is on call, in this order; nobody where no name is given. Returns the names as they are stored.

    Raises:
        rights.NotAllowed: the acting user is no operator.
        NoSuchUser: no active user has that name.
        CannotBePaged: one has neither a phone number nor a Telegram id.
    """
    by = rights.check(context.session, by, Right.OPERATE)
    found = []
    for name in names:
        user = staff.named(context.session, name)
        if user is None or not user.active:
            raise NoSuchUser(name)
        if not (user.phone or user.telegram_id):
            raise CannotBePaged(user.name)
        if user.name not in found:
            found.append(user.name)
    staff.set_rota(context.session, found)
    detail = {"rota": ", ".join(found)}
    staff.write_down(context.session, AuditEntry(context.now, by, "on_call_set", "users", detail))
    return found


def page(database: Database, installation: Installation, clock: Clock) -> int:
    """Queue the pages that are due about people in danger; returns how many."""
    with database.read() as session:
        found = [case.id for case in escalations.of_severity(session, GRAVEST)]
    if not found:
        return 0
    with database.write() as session:
        context = Context(session, installation, clock)
        rooms = staff_room.rooms(context)
        # Read under the locks of the chats: two processes page once.
        cases = [case for case in escalations.of_severity(session, GRAVEST) if case.id in found]
        return sum(_page(context, case, rooms) for case in cases)


def _page(context: Context, case: Escalation, rooms: Sequence[contact_points.ContactPoint]) -> int:
    staff_now = {user.name: user for user in _active(context.session)}
    pages = _due(context, case, staff_now)
    queued = 0
    paged: dict[str, list[str]] = {}
    for mark, name in pages:
        user = staff_now.get(name)
        sent = [_queue(context, case, mark, point) for point in _points(context, user)] if user else []
        if any(sent):
            queued += sum(sent)
            paged.setdefault(mark, []).append(name)
    for mark, names in paged.items():
        event = CaseEvent(context.now, escalations.BY_ITSELF, What.PAGED, {"who": ", ".join(names)})
        if mark in {"0", "1"} or mark.startswith("wrote"):
            # One line for each who is on call, one for everybody: later rounds would hide the rest.
            case_events.add(context.session, case.id, event, f"paged:{case.id}:{mark}:{names[0]}")
    if case.owner is None:
        queued += sum(_queue(context, case, "0", room) for room in rooms)
    return queued


def _due(context: Context, case: Escalation, staff_now: Mapping[str, User]) -> list[tuple[str, str]]:
    """The rounds and names of the pages that are due about a case by now."""
    available, everybody = context.installation.available, sorted(staff_now)
    # Nobody is waited for who cannot be paged.
    names = [user.name for user in rota(context.session) if _can_be_paged(available, user)]
    if case.owner is None:
        due = on_call.pages(names, everybody, case.opened_at, context.now)
        return [(f"{one.round}", one.name) for one in due]
    since = case.unanswered_since
    if since is None:
        return []
    # It is theirs, and the customer wrote again: they are paged first, and then the others, each once.
    owner = staff_now.get(case.owner)
    first = [owner.name] if owner and _can_be_paged(available, owner) else []
    names = [*first, *(name for name in names if name != case.owner)]
    due = [one for one in on_call.pages(names, everybody, since, context.now) if one.round <= 1]
    return [(f"wrote:{since.isoformat()}" + ":1" * one.round, one.name) for one in due]


def _queue(context: Context, case: Escalation, mark: str, point: contact_points.ContactPoint) -> bool:
    """Queue one page, once a round and address; whether it is new."""
    said = Saying("staff.page", {"number": case.id, "owner": case.owner or ""})
    key = f"page:{case.id}:{mark}:{point.id}"
    draft = rendering.draft(
        context.installation, point, key, Purpose.PAGE, (said,), context.now, _WITHIN,
        language=context.creditor.language,
    )  # fmt: skip
    return drafts.queue(context.session, draft, context.now) is not None


def _points(context: Context, user: User) -> Iterator[contact_points.ContactPoint]:
    """Every address that a user is paged at: their phone, and their own chat."""
    for channel, address in _addresses(context.installation.available, user):
        language = context.creditor.language
        point = contact_points.at(context.session, channel, address, (), language, context.now)
        yield contact_points.get(context.session, point)


def _addresses(available: Collection[Channel], user: User) -> Iterator[tuple[Channel, str]]:
    texts = [one for one in available if one.by_phone and one.capabilities.costs_per_segment]
    if user.phone:
        yield from ((channel, user.phone) for channel in texts)
    if user.telegram_id and STAFF_CHAT in available:
        yield STAFF_CHAT, user.telegram_id


def _active(session: Session) -> list[User]:
    return [user for user in staff.every(session) if user.active]
