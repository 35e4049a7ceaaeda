"""A payer's terms, set by a rep: form of claims, deadlines, addresses, days of reminders."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, Final

from billing.accounts.roles import Right
from billing.calendar import local_day
from billing.payers import claim_days
from billing.payers.claims import ClaimState
from billing.refusals import Refusal
from handlers import rights
from handlers.import_results import UnknownPayer
from handlers.payers import payer_reminders
from storage.desk import staff
from storage.desk.staff import AuditEntry
from storage.payers import claims, coverages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from billing.payers.coverage import PayerTerms
    from handlers.context import Context
    from storage.payers.coverages import Payer

FORMS: Final = ("x12", "fhir", "csv", claim_days.INVOICE)


class NoSuchForm(Refusal):
    """The form of claims is unknown."""

    def __init__(self, form: str) -> None:
        super().__init__(f"--form {form}: write one of {', '.join(FORMS)}")


class BadLadder(Refusal):
    """The days of reminders in a payer's terms do not increase."""

    def __init__(self, days: Sequence[int]) -> None:
        written = ",".join(str(day) for day in days)
        super().__init__(f"--remind {written}: write days after filing that grow, like 30,45,60")


class NoLadderByFile(Refusal):
    """Reminders are set for a payer that is not billed by invoice."""

    def __init__(self, payer_id: str, form: str) -> None:
        super().__init__(
            f"{payer_id} is billed as {form}, and only who is billed by invoice is reminded: add "
            f"--form {claim_days.INVOICE}, or --remind none"
        )


def listed(session: Session) -> list[Payer]:
    """All payers with their terms."""
    return list(coverages.payers(session).values())


def agree(context: Context, payer_id: str, changes: dict[str, Any], by: str) -> PayerTerms:
    """Change a payer's terms (fields of ``PayerTerms``) and recompute the days of its open claims.

    Raises:
        rights.NotAllowed: the user may only look.
        UnknownPayer: it is not registered.
        NoSuchForm: the form is none of ours.
        BadLadder: the reminder days do not increase.
        NoLadderByFile: reminders are for who is billed by invoice.
    """
    by = rights.check(context.session, by, Right.WORK)
    payer = coverages.payer(context.session, payer_id)
    if payer is None:
        raise UnknownPayer(payer_id)
    terms = replace(payer.terms, **changes)
    _check(payer_id, terms)
    coverages.set_payer_terms(context.session, payer_id, terms)
    today = local_day(context.now, context.creditor.zone)
    for kept in claims.in_states(context.session, [state for state in ClaimState if state.open], payer_id):
        steps = payer_reminders.taken(context, kept.claim.key)
        claims.look_again(
            context.session, kept.claim.key, claim_days.first_look(kept.claim, terms, today, steps)
        )
    detail = {
        name: list(value) if isinstance(value, tuple) else value for name, value in asdict(terms).items()
    }
    staff.write_down(context.session, AuditEntry(context.now, by, "payer_terms", f"payer:{payer_id}", detail))
    return terms


def _check(payer_id: str, terms: PayerTerms) -> None:
    if terms.form not in FORMS:
        raise NoSuchForm(terms.form)
    days = terms.remind_days
    if list(days) != sorted(set(days)) or any(day < 1 for day in days):
        raise BadLadder(days)
    if days and terms.form != claim_days.INVOICE:
        raise NoLadderByFile(payer_id, terms.form)
