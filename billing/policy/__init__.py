"""A policy, typed: what may be said to whom, when, and what follows. Policies are data: policies/*.toml."""

from billing.accounts.channels import ContentClass
from billing.policy.agreements import HoldRules, Notices, Obligations, PlanRules, PromiseRules
from billing.policy.coverage import (
    AidProgramme,
    AidStep,
    Authorisations,
    EligibilityRules,
    GoodFaith,
    PatientCeiling,
    PovertyLine,
)
from billing.policy.demands import (
    Aid,
    Announcement,
    BankDays,
    Check,
    Checklist,
    Fee,
    HalfYear,
    InterestRules,
    Level,
    Limitation,
    Mention,
    PlacementRules,
    SmallSums,
)
from billing.policy.desk import DeskRules
from billing.policy.following import CorrectionRules, FollowingRules
from billing.policy.issuing import Billing
from billing.policy.loading import FOLDER, BadPolicy, every, load, names, overlays
from billing.policy.parts import (
    DAYS,
    Caps,
    ContactRules,
    Content_,
    Identity,
    PolicyPart,
    Retention,
    StopRules,
    TalkRules,
    Window,
)
from billing.policy.payments import PaymentRules, PromptPay
from billing.policy.policy import ANNOUNCED, Policy, Unverified

__all__ = [
    "ANNOUNCED",
    "DAYS",
    "FOLDER",
    "Aid",
    "AidProgramme",
    "AidStep",
    "Announcement",
    "Authorisations",
    "BadPolicy",
    "BankDays",
    "Billing",
    "Caps",
    "Check",
    "Checklist",
    "ContactRules",
    "ContentClass",
    "Content_",
    "CorrectionRules",
    "EligibilityRules",
    "Fee",
    "FollowingRules",
    "GoodFaith",
    "HalfYear",
    "HoldRules",
    "Identity",
    "InterestRules",
    "Level",
    "Limitation",
    "Mention",
    "Notices",
    "Obligations",
    "PatientCeiling",
    "PaymentRules",
    "PlacementRules",
    "PlanRules",
    "Policy",
    "PolicyPart",
    "PovertyLine",
    "PromiseRules",
    "PromptPay",
    "Retention",
    "SmallSums",
    "StopRules",
    "TalkRules",
    "Unverified",
    "Window",
    "every",
    "load",
    "names",
    "overlays",
]
