"""Every conversation there is, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from handlers.flows.contact_details import DetailsOffer, contact_details
from handlers.flows.explain_bill import ExplainOffer, explain_bill
from handlers.flows.identity import IdentityOffer, identity
from handlers.flows.payment_plan import PlanOffer, payment_plan
from handlers.flows.promise import PromiseOffer, promise
from handlers.talk.conversation import Scene

if TYPE_CHECKING:
    from collections.abc import Mapping

SCENES: Final[Mapping[str, Scene]] = {
    "identity": Scene(identity, IdentityOffer),
    "payment_plan": Scene(payment_plan, PlanOffer),
    "promise": Scene(promise, PromiseOffer),
    "contact_details": Scene(contact_details, DetailsOffer),
    "explain_bill": Scene(explain_bill, ExplainOffer),
}
