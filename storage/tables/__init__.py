"""Every table and constraint. Rows stay in ``storage``: reads return values of the rules (``billing``).

Times are UTC, amounts are minor units, days are local days of the customer unless a column says otherwise.
"Only once" is always a unique key here, never a check in code: two processes that check at the same time
would both pass.
"""

from typing import Final

from storage.tables.agreements import Hold, Instalment, Plan, PlanBill, Promise
from storage.tables.aid import AidApplication
from storage.tables.base import Table
from storage.tables.billing_runs import (
    BillingRun,
    BillingRunBill,
    BillLink,
    BillSending,
    BillWay,
    NumberSeries,
)
from storage.tables.campaigns import Campaign, CampaignBatch, CampaignHalt, CampaignMember, SendingStop
from storage.tables.claims import Claim, ClaimAnswer, ClaimReminder, UnclaimedBill
from storage.tables.codes import ClaimFile, Code, CodeSystem, Crosswalk, PayerPayment
from storage.tables.coverage_checks import (
    Authorisation,
    EligibilityCheck,
    EligibilityQuestion,
    PlannedService,
)
from storage.tables.desk import CaseEvent, User
from storage.tables.keeping import Forgotten, Retained, RetentionMark
from storage.tables.letters import Letter, LetterBatch
from storage.tables.money import Account, Bill, Charge, Coverage, Entry, Payer, Payment
from storage.tables.payments import (
    BankFile,
    BankLine,
    Chargeback,
    Checkout,
    ClosedPeriod,
    PaymentMark,
    ProviderEvent,
    Refund,
)
from storage.tables.people import (
    Acceptance,
    Concern,
    Consent,
    Contact,
    ContactPoint,
    Customer,
    Invitation,
    Representative,
    Verification,
)
from storage.tables.placements import CollectorBatch, CollectorLine, CollectorRemittance, Placement
from storage.tables.prices import Estimate, Price
from storage.tables.reminders import Attempt, Audit, Decision, DunningRun, Escalation, Notice, Step
from storage.tables.subscriptions import MeterReading, Subscription, SubscriptionPeriod, TariffPrice
from storage.tables.talk import Conversation, Inbox, Outbox

APPEND_ONLY: Final = (
    "entries", "decisions", "audit", "acceptances", "collector_lines", "remittances", "case_events",
    "claim_answers", "bank_lines", "closed_periods", "eligibility_checks",
)  # fmt: skip
"""Tables whose rows triggers protect from update and delete."""

__all__ = [
    "APPEND_ONLY",
    "Acceptance",
    "Account",
    "AidApplication",
    "Attempt",
    "Audit",
    "Authorisation",
    "BankFile",
    "BankLine",
    "Bill",
    "BillLink",
    "BillSending",
    "BillWay",
    "BillingRun",
    "BillingRunBill",
    "Campaign",
    "CampaignBatch",
    "CampaignHalt",
    "CampaignMember",
    "CaseEvent",
    "Charge",
    "Chargeback",
    "Checkout",
    "Claim",
    "ClaimAnswer",
    "ClaimFile",
    "ClaimReminder",
    "ClosedPeriod",
    "Code",
    "CodeSystem",
    "CollectorBatch",
    "CollectorLine",
    "CollectorRemittance",
    "Concern",
    "Consent",
    "Contact",
    "ContactPoint",
    "Conversation",
    "Coverage",
    "Crosswalk",
    "Customer",
    "Decision",
    "DunningRun",
    "EligibilityCheck",
    "EligibilityQuestion",
    "Entry",
    "Escalation",
    "Estimate",
    "Forgotten",
    "Hold",
    "Inbox",
    "Instalment",
    "Invitation",
    "Letter",
    "LetterBatch",
    "MeterReading",
    "Notice",
    "NumberSeries",
    "Outbox",
    "Payer",
    "PayerPayment",
    "Payment",
    "PaymentMark",
    "Placement",
    "Plan",
    "PlanBill",
    "PlannedService",
    "Price",
    "Promise",
    "ProviderEvent",
    "Refund",
    "Representative",
    "Retained",
    "RetentionMark",
    "SendingStop",
    "Step",
    "Subscription",
    "SubscriptionPeriod",
    "Table",
    "TariffPrice",
    "UnclaimedBill",
    "User",
    "Verification",
]
