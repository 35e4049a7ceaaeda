"""Signed deep links that link a chat to a customer, once each."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from datetime import timedelta
from typing import TYPE_CHECKING

from billing.accounts.roles import Right
from handlers import rights
from handlers.registered import registered
from storage.desk import staff
from storage.desk.staff import AuditEntry
from storage.people import invitations

if TYPE_CHECKING:
    from handlers.context import Context

VALID_FOR = timedelta(days=30)
_NONCE = 16
_SIGNATURE = 24
"""Characters each; together they fit Telegram's 64."""


def invite(context: Context, customer_id: str, secret: str, by: str) -> str:
    """A token for a deep link, signed so that nobody can make one up; whoever has it first is linked.

    Raises:
        rights.NotAllowed: the user may only look.
        UnknownCustomer: no customer has this id.
    """
    by = rights.check(context.session, by, Right.WORK)
    registered(context.session, customer_id)
    nonce = secrets.token_urlsafe(_NONCE)[:_NONCE]
    invitations.invite(context.session, nonce, customer_id, context.now + VALID_FOR)
    staff.write_down(context.session, AuditEntry(context.now, by, "invited", f"customer:{customer_id}", {}))
    return f"{nonce}{_sign(nonce, secret)}"


def genuine(token: str, secret: str) -> str | None:
    """The nonce of an invitation's token that we signed; None for any other text."""
    if not secret:
        return None
    nonce, signature = token[:_NONCE], token[_NONCE:]
    expected = _sign(nonce, secret)
    return nonce if hmac.compare_digest(signature.encode(), expected.encode()) else None


def _sign(nonce: str, secret: str) -> str:
    digest = hmac.new(secret.encode(), nonce.encode(), hashlib.sha256).digest()
    return urlsafe_b64encode(digest).decode()[:_SIGNATURE]
