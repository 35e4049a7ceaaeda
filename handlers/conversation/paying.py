"""Payment links: a signed link of ours that leads to the checkout page of the payment provider.

The link names a bill or an account, never an amount: the balance is read when the link is followed, so that
an old link cannot collect too much.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from billing.accounts.identity import Entrance, IdentityDecision
from billing.bills.bills import BillState
from billing.ledger.money import Money
from handlers.people.identity import at_entrance
from storage.bills import bills
from storage.ledger import accounts, ledger
from storage.payments import checkouts
from storage.people import contact_points, customers

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from billing.accounts.snapshot import PersonSnapshot
    from handlers.context import Context
    from handlers.installation import Installation
    from storage.payments.checkouts import Checkout
    from storage.people.customers import Customer

_SIGNATURE: Final = 22
_BILL: Final = "b:"
_ACCOUNT: Final = "a:"
_SENT_TO: Final = re.compile(r"p:(\d+):(.*)", re.DOTALL)
"""The contact point that a link was sent to, before what it is for; links of earlier releases name none."""


class NotShown(Exception):
    """A payment link leads nowhere: it was sent to a number that is not to learn the amount by now."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a payment link asks for now: an amount on one bill, or on the account (``bill_id`` None)."""

    account_id: str
    bill_id: str | None
    amount: Money
    reference: str
    """Payment reference by which the payment is matched to its bill."""


def link(installation: Installation, person: PersonSnapshot, contact_point_id: int) -> str:
    """The payment link for a person's open bills, sent to a contact point; empty where nothing is owed.

    It is for the account of the oldest bill, or for that bill alone if it is the only one.
    """
    oldest = min(person.payable, key=lambda bill: (bill.due_on, bill.bill_id), default=None)
    if not installation.pay_url or not installation.link_secret or oldest is None:
        return ""
    mine = next(one for one in person.accounts if oldest in one.bills)
    owing = [bill for bill in mine.bills if bill.owed > 0]
    named = f"{_BILL}{oldest.bill_id}" if len(owing) == 1 else f"{_ACCOUNT}{mine.account_id}"
    return f"{installation.pay_url}{token(f'p:{contact_point_id}:{named}', installation.link_secret)}"


def token(named: str, secret: str) -> str:
    """The token of a payment link: the encoded name and its HMAC, so that nobody can make a link up."""
    return f"{urlsafe_b64encode(named.encode()).decode().rstrip('=')}.{_sign(named, secret)}"


def named_by(reference: str, secret: str) -> str | None:
    """The name in a token with a genuine signature; None for any other text."""
    body, _, signature = reference.partition(".")
    try:
        name = urlsafe_b64decode(body + "=" * (-len(body) % 4)).decode()
    except (Error, ValueError):
        return None
    # compare_digest: a comparison that stops at the first wrong character would leak the signature by its
    # timing.
    genuine = bool(secret) and hmac.compare_digest(signature.encode(), _sign(name, secret).encode())
    return name if genuine else None


def order(context: Context, name: str) -> Order | None:
    """What a payment link asks for now, by the bill or account it names; None if nothing or unknown.

    Raises:
        NotShown: the amount is not shown to whoever has this link.
    """
    session, sent_to = context.session, _SENT_TO.fullmatch(name)
    name = sent_to[2] if sent_to else name
    bill = bills.find(session, name.removeprefix(_BILL)) if name.startswith(_BILL) else None
    account = accounts.get(session, bill.account_id if bill else name.removeprefix(_ACCOUNT))
    if account is None:
        return None
    guarantor = customers.find(session, account.guarantor_id)
    points = (
        [int(sent_to[1])]
        if sent_to
        else contact_points.of_customers(session, [account.guarantor_id])[account.guarantor_id]
    )
    if guarantor is None or not _shown(context, guarantor, points):
        raise NotShown
    owed = ledger.owed_by_bill(session, [account.id])[account.id]
    issued = [
        one
        for one in bills.by_id(session, [bill_id for bill_id in owed if bill_id]).values()
        if one.state is BillState.ISSUED and owed[one.id] > 0 and (bill is None or one.id == bill.id)
    ]
    amount = sum(owed[one.id] for one in issued)
    if bill is None:
        # Money on the account that no bill has used yet (a negative balance) lowers what is asked for.
        amount += min(owed.get(None, 0), 0)
    if amount <= 0:
        return None
    oldest = min(issued, key=lambda one: (one.due_on, one.id))
    return Order(account.id, bill.id if bill else None, Money(amount, account.currency), oldest.reference)


def _shown(context: Context, guarantor: Customer, points: Sequence[int]) -> bool:
    """Whether the amount is shown: by a contact point that may be taken for whoever owes it."""
    return any(
        at_entrance(context, Entrance.PAYMENT, point_id).decision(guarantor) is IdentityDecision.OPEN
        for point_id in points
    )


def usable(session: Session, wanted: Order, until: datetime) -> str:
    """URL of a payment provider's checkout page for this very order, valid at ``until`` (UTC); else empty.

    Reused, so that a customer who follows the link twice does not get two pages and pays once.
    """
    found = checkouts.usable(session, wanted.account_id, wanted.bill_id, wanted.amount.minor, until)
    return found.url if found else ""


def save_checkout(context: Context, made: Checkout) -> None:
    """Save a checkout page that the payment provider made."""
    checkouts.save_checkout(context.session, made, context.now)


def _sign(name: str, secret: str) -> str:
    digest = hmac.new(secret.encode(), b"pay:" + name.encode(), hashlib.sha256).digest()
    return urlsafe_b64encode(digest).decode()[:_SIGNATURE]
