"""Reasons for adjustments and denials, and the step proposed to the desk for each.

The reasons are the claim adjustment reason codes (CARC) that X12 keeps as external code list 139
(x12.org/codes/claim-adjustment-reason-codes); what each means is put here in our own words. The step is
what the desk is proposed, never what happens by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from billing.payers.claims import Adjustment, AdjustmentGroup, ClaimVerdict


class DenialStep(StrEnum):
    """What the desk is proposed to do about a denial."""

    CORRECT = "correct"
    """Fix the claim and send it again."""
    APPEAL = "appeal"
    BILL_PERSON = "bill_person"
    OTHER_PAYER = "other_payer"
    """Another payer comes first, or is the right one."""
    DUPLICATE = "duplicate"
    """It was sent twice: find the first answer, and forgo what was booked twice."""
    LOST = "lost"
    """Nobody pays it any more, and the person never does."""
    LOOK = "look"
    """We know no rule for it: a person decides."""


@dataclass(frozen=True, slots=True)
class Denial:
    """One reason of X12's code list 139: what it means, and what to do.

    ``by_contract`` is what to do where the payer bars billing the person.
    """

    reason: str
    means: str
    step: DenialStep
    by_contract: DenialStep | None = None


_CORRECT: Final = {
    "4": "the modifier does not go with the service",
    "5": "the place of service does not go with the service",
    "6": "the service does not go with the patient's age",
    "7": "the service does not go with the patient's sex",
    "8": "the service does not go with the provider's speciality",
    "9": "the diagnosis does not go with the patient's age",
    "10": "the diagnosis does not go with the patient's sex",
    "11": "the diagnosis does not go with the service",
    "12": "the diagnosis does not go with the provider",
    "13": "the service is dated after the patient's death",
    "14": "the service is dated before the patient's birth",
    "16": "information is missing or wrong; the remark codes say which",
    "31": "the patient is not found among the payer's insured",
    "97": "it is paid within another service of the same visit",
    "107": "the claim it belongs to was not named",
    "110": "the bill is dated before the service",
    "125": "something was billed or sent wrongly; the remark codes say what",
    "129": "what was said of an earlier payer's answer looks wrong",
    "135": "a bill for part of a stay cannot be handled",
    "140": "the member number and the name do not belong together",
    "146": "the diagnosis was not valid on the day of service",
    "148": "another provider has not given information, or not enough",
    "163": "an attachment that was named has not come",
    "181": "the service code was not valid on the day of service",
    "182": "the modifier was not valid on the day of service",
    "189": "a general code was used where a specific one exists",
    "199": "the revenue code and the service code do not go together",
    "206": "the provider's national number is missing",
    "207": "the provider's national number is malformed",
    "208": "the provider's national number is not known to the payer",
    "226": "what the payer asked the provider for has not come, or not all of it",
    "250": "an attachment that came is not the one expected",
    "251": "an attachment that came is incomplete",
    "252": "an attachment or other document is needed",
    "267": "the claim covers more than one month",
    "B12": "the service is not documented in the record",
    "B15": "a service that has to go with it was not billed",
    "B16": "it was billed as for a new patient, and the patient is not new",
}
_APPEAL: Final = {
    "39": "it was refused when authorisation was asked for",
    "40": "the payer sees no emergency in it",
    "50": "the payer holds that it was not medically necessary",
    "55": "the payer holds it to be experimental",
    "56": "the payer holds it not to be proven effective",
    "58": "the payer holds that it was given in the wrong place",
    "95": "the plan's procedure was not followed",
    "150": "the payer sees no ground for this level of service",
    "151": "the payer sees no ground for so many services",
    "152": "the payer sees no ground for so long a service",
    "164": "an attachment came too late",
    "165": "the referral is missing, or used up",
    "193": "the payer looked again and keeps to its decision",
    "197": "prior authorisation is missing",
    "198": "prior authorisation is used up",
    "210": "authorisation was not asked for in time",
    "216": "a review organisation found against it",
    "272": "the guidelines for coverage were not met",
    "273": "the guidelines for coverage were exceeded",
    "284": "the authorisation does not cover this service",
    "A1": "it is denied; the remark codes say why",
}
_NOT_COVERED: Final = {
    "26": "it was given before the coverage began",
    "27": "it was given after the coverage had ended",
    "32": "the patient is no dependant who is covered",
    "33": "the insured has no coverage for dependants",
    "34": "the insured has no coverage for newborns",
    "177": "the patient does not meet the conditions of coverage",
    "179": "the patient's waiting time is not over",
    "200": "it was given while the coverage had lapsed",
}
_EXCLUDED: Final = {
    "35": "the benefit of a lifetime is used up",
    "49": "routine or preventive care is not covered",
    "51": "a condition that was there before is not covered",
    "96": "it is not covered; the remark codes say why",
    "119": "the benefit of this period is used up",
    "149": "the lifetime benefit for this service is used up",
    "167": "the diagnosis is not covered",
    "204": "the patient's plan does not cover it",
    "227": "what the payer asked the patient for has not come",
    "242": "it was not given by a provider of the network",
}
_ANOTHER: Final = {
    "19": "it is a work injury: the employer's insurer comes first",
    "20": "a liability insurer comes first",
    "21": "a no-fault insurer comes first",
    "22": "another payer may come first",
    "23": "another payer's answer changes what this one pays",
    "109": "this payer is not the right one",
    "B11": "it was handed on to the right payer",
}

TABLE: Final[dict[str, Denial]] = {
    one.reason: one
    for one in (
        *(Denial(reason, means, DenialStep.CORRECT) for reason, means in _CORRECT.items()),
        *(Denial(reason, means, DenialStep.APPEAL) for reason, means in _APPEAL.items()),
        *(
            Denial(reason, means, DenialStep.BILL_PERSON, DenialStep.OTHER_PAYER)
            for reason, means in _NOT_COVERED.items()
        ),
        *(
            Denial(reason, means, DenialStep.BILL_PERSON, DenialStep.APPEAL)
            for reason, means in _EXCLUDED.items()
        ),
        *(Denial(reason, means, DenialStep.OTHER_PAYER) for reason, means in _ANOTHER.items()),
        Denial("18", "it is the very same as one that was sent before", DenialStep.DUPLICATE),
        Denial("B13", "it was paid before", DenialStep.DUPLICATE),
        Denial("29", "it came after the time limit for filing", DenialStep.LOST),
        Denial("B4", "it came late, and the payer takes something off", DenialStep.LOST),
    )
}
"""By reason: every one that a person has to look at."""

OWN_SHARE: Final = frozenset({"1", "2", "3", "66", "142", "241", "247", "248"})
"""Deductible, co-insurance, co-payment and the like: the patient's share of what is covered."""


class DenialFate(StrEnum):
    """What happens to an amount that a payer did not pay."""

    FORGONE = "forgone"
    """Nobody's: it is taken off the bill."""
    LEFT = "left"
    """The next payer's, or the person's."""
    DENIED = "denied"
    """The payer is still asked for it until a person has decided."""


def fate(adjustment: Adjustment, verdict: ClaimVerdict) -> DenialFate:
    """Whether a payer's adjustment is a denial, the patient's own share, or forgone.

    Only the patient's own share is left, and only what the contract takes off is forgone; what is denied
    for a reason of the table, whatever the payer lowered on its own, and whatever else comes with a denial,
    is for a person. An amount below zero takes back what another line says, and is booked as it stands.
    """
    patients = adjustment.group is AdjustmentGroup.PATIENT
    if adjustment.amount < 0 or (patients and adjustment.reason in OWN_SHARE):
        return DenialFate.LEFT if patients else DenialFate.FORGONE
    if adjustment.reason in TABLE or verdict is ClaimVerdict.DENIED:
        return DenialFate.DENIED
    return {AdjustmentGroup.PATIENT: DenialFate.LEFT, AdjustmentGroup.CONTRACT: DenialFate.FORGONE}.get(
        adjustment.group, DenialFate.DENIED
    )


def step(adjustment: Adjustment) -> DenialStep:
    """What the desk is proposed to do about a denied amount; not to bill the person where CO bars it."""
    known = TABLE.get(adjustment.reason)
    if known is None:
        return DenialStep.BILL_PERSON if adjustment.group is AdjustmentGroup.PATIENT else DenialStep.LOOK
    if adjustment.group is AdjustmentGroup.CONTRACT and known.by_contract:
        return known.by_contract
    return known.step


def may_bill(adjustment: Adjustment) -> bool:
    """Whether a person at the desk may decide that the patient pays a denied amount.

    What the contract puts on the provider (CO), and what was filed too late, is never the patient's.
    """
    return adjustment.group is not AdjustmentGroup.CONTRACT and step(adjustment) is not DenialStep.LOST
