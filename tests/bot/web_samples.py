"""What providers post when all is well: the samples that random shapes are made of."""

from __future__ import annotations

from typing import Any, Final

MESSAGE: Final = {
    "MessageSid": "SM1",
    "AccountSid": "AC1",
    "From": "+15035550142",
    "To": "+15035550100",
    "Body": "balance",
    "NumMedia": "0",
    "ProfileName": "Ada",
    "OptOutType": "",
    "ButtonPayload": "",
}
STATUS: Final = {
    "MessageSid": "SM1",
    "AccountSid": "AC1",
    "MessageStatus": "failed",
    "ErrorCode": "30005",
    "To": "+15035550142",
    "From": "+15035550100",
}
_CHAT: Final = {"id": 77, "type": "private", "first_name": "Ada"}
_USER: Final = {"id": 77, "is_bot": False, "first_name": "Ada"}
_SAID: Final = {"message_id": 1, "date": 1_772_000_000, "chat": _CHAT, "from": _USER, "text": "balance"}
_CONTACT: Final = {"phone_number": "15035550142", "first_name": "Ada", "user_id": 77}
_BLOCKED: Final = {
    "chat": _CHAT,
    "from": _USER,
    "date": 1_772_000_000,
    "old_chat_member": {"user": _USER, "status": "member"},
    "new_chat_member": {"user": _USER, "status": "kicked", "until_date": 0},
}
UPDATES: Final[tuple[dict[str, Any], ...]] = (
    {"update_id": 7, "message": _SAID},
    {"update_id": 8, "edited_message": _SAID | {"edit_date": 1_772_000_001}},
    {"update_id": 9, "message": {**_SAID, "text": None, "contact": _CONTACT}},
    {"update_id": 10, "my_chat_member": _BLOCKED},
)


def _event(kind: str, about: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": "evt_1",
        "object": "event",
        "type": kind,
        "created": 1_772_000_000,
        "data": {"object": {"payment_intent": "pi_1", "currency": "usd"} | about},
    }


_PAID: Final = {
    "id": "cs_1",
    "payment_status": "paid",
    "amount_total": 100,
    "metadata": {"kvitt": "1", "account_id": "A-ada", "bill_id": "B1"},
    "customer_details": {"name": "Ada"},
}
EVENTS: Final[tuple[dict[str, Any], ...]] = (
    _event("checkout.session.completed", _PAID),
    _event("charge.refunded", {"id": "ch_1", "amount_refunded": 50}),
    _event("charge.dispute.created", {"id": "dp_1", "amount": 100, "reason": "fraud"}),
    _event("charge.dispute.closed", {"id": "dp_1", "amount": 100, "status": "won"}),
)
