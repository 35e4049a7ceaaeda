"""Stripe: creates checkout pages, and reads the events that Stripe signs."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from stripe import SignatureVerificationError, StripeClient, StripeError, WebhookSignature

from billing.calendar import DayFar, refuse_far
from billing.card_numbers import masked
from billing.refusals import Refusal
from bot.card_amounts import asked_of_card, came_by_card
from bot.clock import system_clock
from handlers import logs
from handlers.payments.provider import EventKind, ProviderEvent
from storage.payments.checkouts import Checkout

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handlers.conversation.paying import Order

SOURCE: Final = "stripe"
PAGE_LASTS: Final = timedelta(hours=23)
"""How long a checkout page can be used; Stripe allows a day at most."""
TOLERANCE: Final = 300
"""Seconds a signature may be old, as Stripe's own libraries have it; and ahead, by a clock that is wrong."""
_ID: Final = re.compile(r"[!-~]{1,200}")
_LONGEST_TEXT: Final = 200


class NoPage(Refusal):
    """Stripe created no checkout page."""

    def __init__(self, why: str) -> None:
        super().__init__(f"Stripe made no page to pay on ({why}): check KVITT_STRIPE_SECRET_KEY")


class BadSignature(Refusal):
    """A checkout event lacks a valid signature of Stripe's, or the signature is not of now."""

    def __init__(self) -> None:
        super().__init__(
            "the signature is not Stripe's, or not of now: check KVITT_STRIPE_WEBHOOK_SECRET and the clock"
        )


class NoEvent(Refusal):
    """A body that Stripe signed is no event."""

    def __init__(self) -> None:
        super().__init__("the signature is Stripe's, but the body is no JSON object")


class StripeCheckout:
    """Creates checkout pages."""

    def __init__(self, secret_key: str, api_url: str | None, creditor: str, back_to: str) -> None:
        """Use a secret key; ``api_url`` is any server that speaks Stripe's API, ``back_to`` our page."""
        base = {"api": api_url.rstrip("/")} if api_url else {}
        self._client = StripeClient(secret_key, base_addresses=base, max_network_retries=2)  # type: ignore[arg-type]
        self._creditor = creditor
        self._back_to = back_to

    def page(self, order: Order, now: datetime) -> Checkout:
        """The address of a checkout page for this amount; within an hour the same one.

        Where cards cannot take all of its decimals, the page asks for what they can take.

        Raises:
            NoPage: Stripe refuses, does not answer, or cannot take the amount in its currency.
        """
        about = {"kvitt": "1", "account_id": order.account_id, "bill_id": order.bill_id or ""}
        expires_at = now + PAGE_LASTS
        asked = asked_of_card(order.amount)
        if asked is None:
            raise NoPage(f"it cannot take {order.amount.plain()} {order.amount.currency}")
        item = {
            "quantity": 1,
            "price_data": {
                "currency": order.amount.currency.lower(),
                "unit_amount": asked,
                "product_data": {"name": f"{self._creditor}, {order.reference}"},
            },
        }
        params: Any = {
            "mode": "payment",
            "line_items": [item],
            "client_reference_id": order.reference,
            "metadata": about,
            "payment_intent_data": {"metadata": about},
            "expires_at": int(expires_at.timestamp()),
            "success_url": self._back_to,
            "cancel_url": self._back_to,
        }
        try:
            made = self._client.v1.checkout.sessions.create(params, {"idempotency_key": _key(order, now)})
        except StripeError as error:
            raise NoPage(type(error).__name__) from None
        if not made.url:
            raise NoPage("no address came back")
        amount = order.amount
        return Checkout(
            made.id, order.account_id, order.bill_id, amount.minor, amount.currency, made.url, expires_at
        )


def verified(body: bytes, signature: str, secret: str) -> Mapping[str, Any]:
    """The posted event of Stripe's checkout, if its signature over the raw body is valid and of now.

    Raises:
        BadSignature: it is not.
        NoEvent: the signed body is no JSON object.
    """
    try:
        text = body.decode()
        WebhookSignature.verify_header(text, signature, secret, TOLERANCE)
    except (SignatureVerificationError, ValueError, TypeError):
        raise BadSignature from None
    # The library refuses what is old, and takes what was signed for a time to come.
    signed_at = int(next(one[2:] for one in signature.split(",") if one.startswith("t=")))
    if signed_at > system_clock().timestamp() + TOLERANCE:
        raise BadSignature
    try:
        found = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise NoEvent from None
    if not isinstance(found, dict):
        raise NoEvent
    return found


def _no_number(name: str) -> None:
    """NaN and Infinity are Python's, and no JSON.

    Raises:
        ValueError: always.
    """
    raise ValueError(f"{name} is no JSON")


def event(payload: Mapping[str, Any]) -> ProviderEvent | None:
    """A checkout event as the ledger takes it; None for other events and malformed ones."""
    read = _READERS.get(str(payload.get("type")))
    data = payload.get("data")
    about = data.get("object") if isinstance(data, dict) else None
    if read is None or not isinstance(about, dict):
        return None
    try:
        return read(_name(payload["id"]), _time(payload["created"]), about)
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError, OSError) as error:
        logs.logger().warning("stripe.unreadable_event", error=type(error).__name__)
        return None


def _time(created: object) -> datetime:
    """When an event was; a time that cannot be is taken for now, since the money came all the same."""
    now = system_clock()
    try:
        at = datetime.fromtimestamp(int(str(created)), UTC)
        refuse_far("created", at.date(), now.date())
    except (DayFar, ValueError, OverflowError, OSError):
        return now
    return at


def _paid(event_id: str, at: datetime, session: Mapping[str, Any]) -> ProviderEvent | None:
    about = session.get("metadata") or {}
    if session.get("payment_status") != "paid" or not about.get("account_id"):
        return None
    details = session.get("customer_details") or {}
    return ProviderEvent(
        SOURCE,
        event_id,
        EventKind.PAID,
        at,
        _name(session["payment_intent"]),
        came_by_card(session["amount_total"], session["currency"]),
        reference=_text(about.get("bill_id") or about["account_id"]),
        payer=_text(details.get("name") or ""),
    )


def _paid_back(event_id: str, at: datetime, charge: Mapping[str, Any]) -> ProviderEvent:
    amount = came_by_card(charge["amount_refunded"], charge["currency"])
    payment = _name(charge["payment_intent"])
    return ProviderEvent(
        SOURCE, event_id, EventKind.PAID_BACK, at, payment, amount, about=_name(charge["id"])
    )


def _charged_back(event_id: str, at: datetime, dispute: Mapping[str, Any]) -> ProviderEvent:
    return _dispute(event_id, at, dispute, EventKind.CHARGED_BACK)


def _decided(event_id: str, at: datetime, dispute: Mapping[str, Any]) -> ProviderEvent:
    return _dispute(
        event_id, at, dispute, EventKind.LOST if dispute.get("status") == "lost" else EventKind.WON
    )


def _dispute(event_id: str, at: datetime, dispute: Mapping[str, Any], kind: EventKind) -> ProviderEvent:
    amount = came_by_card(dispute["amount"], dispute["currency"])
    payment, reason = _name(dispute["payment_intent"]), _text(dispute.get("reason") or "")
    return ProviderEvent(
        SOURCE, event_id, kind, at, payment, amount, about=_name(dispute["id"]), reason=reason
    )


_READERS: Final = {
    "checkout.session.completed": _paid,
    "checkout.session.async_payment_succeeded": _paid,
    "charge.refunded": _paid_back,
    "charge.dispute.created": _charged_back,
    "charge.dispute.closed": _decided,
}

EVENTS: Final = tuple(_READERS)
"""The events of Stripe that are read: its webhook has to post them."""


def _name(value: object) -> str:
    """An id, whether Stripe gives it alone or as an expanded object."""
    found = value.get("id") if isinstance(value, dict) else value
    if not isinstance(found, str) or not _ID.fullmatch(found):
        raise ValueError("no id")
    if found.isdigit() and masked(found) != found:
        raise ValueError("the number of a payment card")
    return found


def _text(value: object) -> str:
    """A text as it can be stored: in one line, and no longer than a name."""
    if not isinstance(value, str):
        raise TypeError("no text")
    return "".join(sign for sign in value if sign.isprintable())[:_LONGEST_TEXT]


def _key(order: Order, now: datetime) -> str:
    """The idempotency key: the same amount within the hour gets the same page."""
    source = f"{order.account_id}|{order.bill_id}|{order.amount.plain()}|{now:%Y-%m-%dT%H}"
    return hashlib.sha256(source.encode()).hexdigest()
