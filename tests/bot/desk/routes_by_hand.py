"""Every address of the desk, written by hand: who may ask for it, and what each other gets."""

from __future__ import annotations

from typing import Final

from billing.accounts.roles import Role

V, R, A, O = Role.VIEWER, Role.REP, Role.APPROVER, Role.OPERATOR  # noqa: E741
EVERYBODY: Final = {V, R, A, O}
OPEN: Final = None
"""For whom is not signed in, too."""

BY_HAND: Final = {
    ("GET", "/desk/static/{name}"): OPEN,
    ("GET", "/desk/sign-in"): OPEN,
    ("POST", "/desk/sign-in"): OPEN,
    ("GET", "/desk/welcome/{secret}"): OPEN,
    ("POST", "/desk/welcome/{secret}"): OPEN,
    ("GET", "/desk"): EVERYBODY,
    ("GET", "/desk/cases/{id:int}"): EVERYBODY,
    ("POST", "/desk/cases/{id:int}/take"): {R, A, O},
    ("POST", "/desk/cases/{id:int}/return"): {R, A, O},
    ("POST", "/desk/cases/{id:int}/answer"): {R, A, O},
    ("POST", "/desk/cases/{id:int}/snooze"): {R, A, O},
    ("POST", "/desk/cases/{id:int}/take-over"): {A, O},
    ("GET", "/desk/person"): EVERYBODY,
    ("POST", "/desk/person/address"): {R, A, O},
    ("GET", "/desk/acts/{act}"): {R, A, O},
    ("POST", "/desk/acts/{act}"): {R, A, O},
    ("GET", "/desk/why"): EVERYBODY,
    ("GET", "/desk/search"): EVERYBODY,
    ("POST", "/desk/drafts"): EVERYBODY,
    ("GET", "/desk/me"): EVERYBODY,
    ("POST", "/desk/me/choices"): EVERYBODY,
    ("POST", "/desk/me/password"): EVERYBODY,
    ("POST", "/desk/me/codes"): EVERYBODY,
    ("POST", "/desk/me/token"): EVERYBODY,
    ("POST", "/desk/me/sessions"): EVERYBODY,
    ("POST", "/desk/sign-out"): EVERYBODY,
    ("GET", "/desk/users"): {O},
    ("POST", "/desk/users/invite"): {O},
    ("POST", "/desk/users/sign-out"): {O},
    ("POST", "/desk/sessions/{id:int}/end"): {O},
    ("GET", "/desk/audit"): {A, O},
}
