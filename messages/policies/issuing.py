"""In words: how bills are numbered, when they are due, and how they are sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from messages.policies.rule import PolicyRule, by, counted

if TYPE_CHECKING:
    from billing.policy import Billing, Policy


def billing(policy: Policy) -> PolicyRule:
    """Issuing in words: the steps from a finished account to a bill that reached its customer."""
    rules = policy.billing
    number = f"{rules.prefix}{1:0{rules.digits}d}"
    says = [
        (
            f"A bill is due {counted(rules.days_to_pay, 'day')} after it was issued, on a bank day, and "
            f"{counted(rules.least_days, 'day')} after it left at least; before that nothing is asked for."
        ),
        f"Bills are numbered without a gap, from {number} on; {_reference(rules)}.",
        f"It goes by {by(rules.ways)}, or by the way the customer chose; where one fails the next is tried.",
    ]
    if rules.smallest:
        says.append(f"Less than {rules.smallest:,} waits until more has come together.")
    says.append(
        "An e-mail brings the bill itself."
        if rules.email_pdf
        else "No message carries an amount or a service: it says that there is a bill, and where to see it."
    )
    reminders = "reminders carry it too" if rules.link_in_reminders else "reminders do not carry it"
    says.append(f"The link to a bill's page works for {counted(rules.link_days, 'day')}; {reminders}.")
    return PolicyRule("billing", "Bills", tuple(says), rules.source)


def _reference(rules: Billing) -> str:
    if rules.reference == "ocr":
        return "a payment carries a reference with length and check digit"
    return "a payment carries the number of the bill"
