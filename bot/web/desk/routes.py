"""Every address of the desk in one table: its methods, the right it asks for, and what answers.

``tests/bot/desk/routes_by_hand.py`` says the same by hand: an address that is in one of them alone fails.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from billing.accounts.roles import Right
from bot.web.desk.views import (
    account,
    act,
    audit,
    case,
    drafts,
    me,
    search,
    sign_in,
    static,
    today,
    users,
    why,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.responses import Response

    from bot.web.desk.visit import Visit


@dataclass(frozen=True, slots=True)
class DeskRoute:
    """One address. Without a right anybody may ask, signed in or not."""

    path: str
    methods: tuple[str, ...]
    right: Right | None
    view: Callable[[Visit], Response]
    section: str = ""
    """Which entry of the top bar it belongs to."""
    any_form: bool = False
    """Takes the token of the form whose address is in the field ``form``, instead of one of its own."""
    static: bool = False
    """A file: no form, no session, no page."""


_GET: Final = ("GET",)
_POST: Final = ("POST",)

ROUTES: Final = (
    DeskRoute("/desk/static/{name}", _GET, None, static.file, static=True),
    DeskRoute("/desk/sign-in", ("GET", "POST"), None, sign_in.page),
    DeskRoute("/desk/welcome/{secret}", ("GET", "POST"), None, sign_in.welcome),
    DeskRoute("/desk", _GET, Right.LOOK, today.page, "today"),
    DeskRoute("/desk/cases/{id:int}", _GET, Right.LOOK, case.page, "today"),
    DeskRoute("/desk/cases/{id:int}/take", _POST, Right.WORK, case.take, "today"),
    DeskRoute("/desk/cases/{id:int}/return", _POST, Right.WORK, case.give_back, "today"),
    DeskRoute("/desk/cases/{id:int}/answer", _POST, Right.WORK, case.answer, "today"),
    DeskRoute("/desk/cases/{id:int}/snooze", _POST, Right.WORK, case.snooze, "today"),
    DeskRoute("/desk/cases/{id:int}/take-over", _POST, Right.APPROVE, case.take_over, "today"),
    DeskRoute("/desk/person", _GET, Right.LOOK, account.customer_page, "today"),
    DeskRoute("/desk/person/address", _POST, Right.WORK, account.address, "today"),
    DeskRoute("/desk/acts/{act}", _GET, Right.WORK, act.page, "today"),
    DeskRoute("/desk/acts/{act}", _POST, Right.WORK, act.do, "today", any_form=True),
    DeskRoute("/desk/why", _GET, Right.LOOK, why.page, "today"),
    DeskRoute("/desk/search", _GET, Right.LOOK, search.page, "search"),
    DeskRoute("/desk/drafts", _POST, Right.LOOK, drafts.save, any_form=True),
    DeskRoute("/desk/me", _GET, Right.LOOK, me.page),
    DeskRoute("/desk/me/choices", _POST, Right.LOOK, me.choices),
    DeskRoute("/desk/me/password", _POST, Right.LOOK, me.password),
    DeskRoute("/desk/me/codes", _POST, Right.LOOK, me.codes),
    DeskRoute("/desk/me/token", _POST, Right.LOOK, me.token),
    DeskRoute("/desk/me/sessions", _POST, Right.LOOK, me.end_sessions),
    DeskRoute("/desk/sign-out", _POST, Right.LOOK, me.sign_out),
    DeskRoute("/desk/users", _GET, Right.OPERATE, users.page, "users"),
    DeskRoute("/desk/users/invite", _POST, Right.OPERATE, users.invite, "users"),
    DeskRoute("/desk/users/sign-out", _POST, Right.OPERATE, users.sign_out, "users"),
    DeskRoute("/desk/sessions/{id:int}/end", _POST, Right.OPERATE, users.end, "users"),
    DeskRoute("/desk/audit", _GET, Right.APPROVE, audit.page, "audit"),
)
