"""Terms that a customer accepts before the service: stated, accepted, stored with their exact words.

A reminder fee and an agreed payment term need an acceptance older than the debt (lag 1981:739, 2 §), and
consent covers only the topics that were stated. Without acceptance there is no fee, and the policy's own
term.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from billing.dunning.fees import fee_to_agree
from billing.facts import Saying
from billing.payers import obligations as rules
from billing.payers.obligations import StatedObligations
from handlers.flows.obligations import ObligationsOffer
from handlers.turn_context import Reply, say
from messages.languages import languages
from storage.bills import acceptances
from storage.bills.acceptances import OBLIGATIONS
from storage.delivery import lookups
from storage.desk import staff
from storage.desk.staff import AuditEntry
from storage.people import contact_points

if TYPE_CHECKING:
    from billing.accounts.snapshot import PersonSnapshot
    from billing.outcomes import AcceptObligations
    from handlers.context import Context
    from handlers.installation import Installation
    from handlers.turn_context import Turn
    from storage.people.customers import Customer

_SHOWN = "obligations.stated"


def stated(installation: Installation) -> StatedObligations | None:
    """The terms (obligations) a customer is to accept under the policy, with their version; None if none."""
    policy, fee = installation.policy, fee_to_agree(installation.policy)
    terms = policy.obligations
    if terms is None and fee is None:
        return None
    whole = StatedObligations(fee)
    if terms:
        whole = StatedObligations(fee, terms.days_to_pay or policy.billing.days_to_pay, terms.topics)
    return replace(whole, version=rules.digest(wording(installation, whole, one) for one in languages()))


def wording(installation: Installation, of: StatedObligations, language: str) -> str:
    """The exact words in which the obligations are stated, in a language."""
    return "\n\n".join(installation.words.say(one.key, language, one.facts) for one in of.sayings())


def missing(context: Context, customer_id: str) -> StatedObligations | None:
    """The obligations that the policy states and this customer has not accepted in this version.

    A customer who accepted a fee before versions existed is not asked again about the fee alone.
    """
    now = stated(context.installation)
    known = acceptances.of_customer(context.session, customer_id) if now else []
    if any(one.version == now.version or (now.days is None and one.fee) for one in known if now):
        return None
    return now


def record_acceptance(turn: Turn, customer_id: str, accepted: StatedObligations) -> None:
    """Save a customer's acceptance of obligations with the words shown, and the consent to their topics."""
    text = wording(turn.context.installation, accepted, turn.language)
    acceptances.save_acceptance(
        turn.context.session,
        customer_id,
        turn.point.id,
        OBLIGATIONS,
        text,
        turn.language,
        turn.context.now,
        accepted,
    )
    if accepted.topics:
        basis = f"accepted the obligations {accepted.version[:12]}"
        contact_points.grant(
            turn.context.session, customer_id, turn.point.id, turn.today(), basis, accepted.topics
        )


def offer(turn: Turn, person: PersonSnapshot) -> ObligationsOffer | Saying:
    """The obligations a customer has yet to accept; a reply instead if all are accepted."""
    found = missing(turn.context, person.person_id)
    return ObligationsOffer(found) if found else Saying("obligations.nothing")


def accept(turn: Turn, customer: Customer, accepted: AcceptObligations) -> Reply:
    """Save the acceptance of an identified customer; it applies to bills of later services."""
    record_acceptance(turn, customer.id, accepted.stated)
    detail = {"version": accepted.stated.version[:12]}
    entry = AuditEntry(
        turn.context.now, "customer", "obligations_accepted", f"customer:{customer.id}", detail
    )
    staff.write_down(turn.context.session, entry)
    return say(Saying("obligations.accepted"))


def answers_them(turn: Turn) -> bool:
    """Whether a text says yes to obligations that the last message here has shown."""
    if turn.context.installation.reading.choice(turn.said, turn.language, ("accept_fee",)) is None:
        return False
    for customer in turn.people:
        last = lookups.last_unsolicited(turn.context.session, customer.id)
        here = last is not None and last.contact_point_id == turn.point.id
        if last and here and any(one.key == _SHOWN for one in last.sayings):
            return True
    return False
