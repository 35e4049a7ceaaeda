"""Users of the desk and their roles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from billing.accounts.roles import Right, Role
from billing.refusals import Refusal
from handlers import rights
from handlers.desk import cases, signing_in
from storage.desk import escalations, logins, sessions, staff
from storage.desk.case_events import CaseEvent, What
from storage.desk.staff import AuditEntry, User

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from handlers.context import Context


class NoSuchRole(Refusal):
    """No role that a user of the desk can have has this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name!r} is no role: write one of {', '.join(role.value for role in Role)}")


class ReservedName(Refusal):
    """The audit trail calls somebody else so."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name!r} is nobody's name: the audit trail means Kvitt or a customer by it")


class LastOperator(Refusal):
    """Nobody would be left who may say who works here."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is the last operator who can sign in: make a colleague one first")


class UserNameTaken(Refusal):
    """A user has this name already."""

    def __init__(self, name: str) -> None:
        super().__init__(f"a user {name} exists already: choose another name, or kvitt users role")


class TelegramTaken(Refusal):
    """The Telegram user id belongs to another user."""

    def __init__(self, telegram_id: str, name: str) -> None:
        super().__init__(f"Telegram user {telegram_id} is {name} here already: see kvitt users list")


class BadTelegramId(Refusal):
    """The text is no Telegram user id."""

    def __init__(self, text: str) -> None:
        super().__init__(
            f"{text!r} is no Telegram user id: write the number the bot names when it refuses them"
        )


_RESERVED: Final = frozenset({"kvitt", "customer", rights.NOBODY})


def role_named(name: str) -> Role:
    """The role of desk users with this name.

    Raises:
        NoSuchRole: there is none.
    """
    try:
        return Role(name.strip().lower())
    except ValueError:
        raise NoSuchRole(name) from None


def everybody(session: Session) -> list[User]:
    """All users, with those that were removed."""
    return staff.every(session)


def add(
    context: Context, name: str, role: Role, telegram_id: str | None, by: str, phone: str | None = None
) -> str:
    """Add a user, and return the token they sign in with; a removed one of that name becomes active again.

    ``phone`` is where they are paged.

    Raises:
        rights.NotAllowed: the acting user is no operator.
        UserNameTaken: an active user has that name.
        ReservedName: the audit trail calls somebody else so.
        TelegramTaken: the Telegram user id belongs to another user.
        BadTelegramId: a Telegram user id is a number.
        handlers.people.phones.BadPhone: the text is no phone number.
    """
    by = rights.check(context.session, by, Right.OPERATE)
    phone = _number(context, phone)
    name = " ".join(name.split())
    if name.casefold() in _RESERVED or not name:
        raise ReservedName(name)
    known = staff.named(context.session, name)
    if known and known.active:
        raise UserNameTaken(known.name)
    telegram_id = _free(context.session, telegram_id, name) if telegram_id else None
    if known:
        name = known.name
        staff.change(context.session, name, role=role, telegram_id=telegram_id, phone=phone)
    elif not staff.add(context.session, User(name, role, telegram_id, active=True, phone=phone), context.now):
        raise UserNameTaken(name)
    _write_down(context, "user_added", name, by, {"role": role.value})
    return signing_in.make_token(context, name, by)


def add_first(
    context: Context, name: str, role: Role, telegram_id: str | None, phone: str | None = None
) -> str:
    """Add the first user who can sign in, an operator, and return their token.

    Raises:
        signing_in.NotSignedIn: users have tokens already.
        signing_in.OperatorFirst: the role is another.
        billing.refusals.Refusal: as :func:`add` does.
    """
    if not signing_in.may_begin(context.session):
        raise signing_in.NotSignedIn
    if role is not Role.OPERATOR:
        raise signing_in.OperatorFirst
    return add(context, name, role, telegram_id, name, phone)


def set_role(
    context: Context, name: str, role: Role, telegram_id: str | None, by: str, phone: str | None = None
) -> None:
    """Change a user's role, or their Telegram user id or phone (empty keeps it).

    Raises:
        rights.NotAllowed: the acting user is no operator.
        rights.NoSuchUser: no active user has that name.
        LastOperator: nobody else could change it back.
        TelegramTaken: the Telegram user id belongs to another user.
        BadTelegramId: a Telegram user id is a number.
    """
    by = rights.check(context.session, by, Right.OPERATE)
    user = rights.active_user(context.session, name)
    if role is not Role.OPERATOR:
        _keep_an_operator(context.session, user)
    kept = _free(context.session, telegram_id, user.name) if telegram_id else user.telegram_id
    number = _number(context, phone) or user.phone
    staff.change(context.session, user.name, role=role, telegram_id=kept, phone=number)
    _write_down(context, "user_role", user.name, by, {"role": role.value})


def remove(context: Context, name: str, by: str) -> None:
    """Remove a user's rights, password and sessions, and return their cases to the queue.

    The audit trail of their actions stays.

    Raises:
        rights.NotAllowed: the acting user is no operator.
        rights.NoSuchUser: no active user has that name.
        LastOperator: nobody else could change it back.
    """
    by = rights.check(context.session, by, Right.OPERATE)
    user = rights.active_user(context.session, name)
    _keep_an_operator(context.session, user)
    # Deactivated, not deleted: the audit trail names the user.
    staff.change(context.session, user.name, role=user.role, active=False)
    sessions.end_all(context.session, user.name)
    logins.clear(context.session, user.name)
    for case in escalations.owned(context.session, user.name):
        event = CaseEvent(context.now, by, What.RETURNED, {"why": f"{user.name} was removed"})
        escalations.happened(context.session, case, event, owner=None)
        found = escalations.find(context.session, case)
        cases.bot_goes_on(context.session, found.contact_point_id if found else None)
    _write_down(context, "user_removed", user.name, by, {})


def _keep_an_operator(session: Session, user: User) -> None:
    can_sign_in = {one.name for one in signing_in.can_sign_in(session) if one.role is Role.OPERATOR}
    if can_sign_in == {user.name}:
        raise LastOperator(user.name)


def _free(session: Session, telegram_id: str, name: str) -> str:
    if not telegram_id.isascii() or not telegram_id.isdigit():
        raise BadTelegramId(telegram_id)
    other = staff.on_telegram(session, telegram_id)
    if other and other.name != name:
        raise TelegramTaken(telegram_id, other.name)
    return telegram_id


def _number(context: Context, phone: str | None) -> str | None:
    if not phone:
        return None
    from handlers.people import phones  # noqa: PLC0415 - slow to load, and few commands need it

    return phones.e164(phone, context.creditor.country)


def _write_down(context: Context, action: str, name: str, by: str, detail: dict[str, str]) -> None:
    staff.write_down(context.session, AuditEntry(context.now, by, action, f"user:{name}", detail))
