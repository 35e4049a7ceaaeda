"""Whether a guarantor may see what an account's services were: an adult's are their own.

What is owed and when concerns who pays; what was done concerns the patient alone (HIPAA minimum necessary,
45 CFR 164.502(b)). A minor's parent sees it; anybody else only where the policy says so, with its source.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing.calendar import is_minor, local_day

if TYPE_CHECKING:
    from datetime import date

    from handlers.context import Context


def services_shown(context: Context, customer_id: str, birth_date: date | None, person_id: str) -> bool:
    """Whether the services of a customer, born on this day, may be named to a person.

    Without a birth date they are an adult.
    """
    if customer_id == person_id or context.policy.guarantor.sees_services:
        return True
    return is_minor(birth_date, local_day(context.now, context.creditor.zone))
