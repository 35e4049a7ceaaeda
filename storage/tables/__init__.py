"""Every table and constraint. Rows stay in ``storage``: reads return values of the rules (``billing``).

Times are UTC, amounts are minor units, days are local days of the customer unless a column says otherwise.
"Only once" is always a unique key here, never a check in code: two processes that check at the same time
would both pass.

Eighty tables take a while to set up, and most commands need a few. A file of tables is loaded when one of its
tables is first used, and with it the files of the tables its keys refer to.
"""

from importlib import import_module
from threading import RLock
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from storage.tables.agreements import Hold, Instalment, Plan, PlanBill, Promise
    from storage.tables.aid import AidApplication
    from storage.tables.base import Table
    from storage.tables.bill_changes import CreditNote, MovedDueDay
    from storage.tables.billing_runs import (
        BillingRun,
        BillingRunBill,
        BillLink,
        BillSending,
        BillWay,
        NumberSeries,
    )
    from storage.tables.campaigns import Campaign, CampaignBatch, CampaignHalt, CampaignMember
    from storage.tables.claims import Claim, ClaimAnswer, ClaimReminder, UnclaimedBill
    from storage.tables.codes import ClaimFile, Code, CodeSystem, Crosswalk, PayerPayment
    from storage.tables.coverage_checks import (
        Authorisation,
        EligibilityCheck,
        EligibilityQuestion,
        PlannedService,
    )
    from storage.tables.desk import Audit, CaseEvent, Escalation, StaffChatMove, User
    from storage.tables.finding import BookDay, DeskChange, DeskMark, MessageWord, SearchTerm
    from storage.tables.keeping import Forgotten, Retained, RetentionMark
    from storage.tables.letters import Letter, LetterBatch
    from storage.tables.money import Account, Bill, Charge, Coverage, Entry, Payer, Payment
    from storage.tables.notes import Note
    from storage.tables.open_items import FollowedBill, OpenItemList
    from storage.tables.payments import (
        BankAccountName,
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
        WrongAnswer,
    )
    from storage.tables.placements import CollectorBatch, CollectorLine, CollectorRemittance, Placement
    from storage.tables.prices import Estimate, Price
    from storage.tables.privacy import ErasedMark, Erasure, ErasurePermit
    from storage.tables.reminders import Attempt, Decision, DunningRun, Notice, Step
    from storage.tables.sealing import SealingKey
    from storage.tables.sending import SendingStop
    from storage.tables.sign_in import DeskDraft, DeskFormKey, DeskLogin, DeskSession, DeskTry
    from storage.tables.subscriptions import MeterReading, Subscription, SubscriptionPeriod, TariffPrice
    from storage.tables.talk import Conversation, Inbox, Outbox


APPEND_ONLY: Final = (
    "entries", "decisions", "audit", "acceptances", "collector_lines", "remittances", "case_events",
    "claim_answers", "bank_lines", "closed_periods", "eligibility_checks",
)  # fmt: skip
"""Tables whose rows triggers protect from update and delete."""


class _File(NamedTuple):
    """The tables of a file, and the files of the tables that its foreign keys refer to."""

    tables: tuple[str, ...]
    refers: tuple[str, ...]


_FILES: Final = {
    "agreements": _File(("Hold", "Instalment", "Plan", "PlanBill", "Promise"), ("money", "people")),
    "aid": _File(("AidApplication",), ("people",)),
    "bill_changes": _File(("CreditNote", "MovedDueDay"), ("money",)),
    "billing_runs": _File(
        ("BillingRun", "BillingRunBill", "BillLink", "BillSending", "BillWay", "NumberSeries"),
        ("money", "people", "talk"),
    ),
    "campaigns": _File(("Campaign", "CampaignBatch", "CampaignHalt", "CampaignMember"), ("people", "talk")),
    "claims": _File(("Claim", "ClaimAnswer", "ClaimReminder", "UnclaimedBill"), ("money", "people", "talk")),
    "codes": _File(("ClaimFile", "Code", "CodeSystem", "Crosswalk", "PayerPayment"), ("money",)),
    "coverage_checks": _File(
        ("Authorisation", "EligibilityCheck", "EligibilityQuestion", "PlannedService"),
        ("codes", "money", "people", "prices"),
    ),
    "desk": _File(("Audit", "CaseEvent", "Escalation", "StaffChatMove", "User"), ("money", "people")),
    "finding": _File(("BookDay", "DeskChange", "DeskMark", "MessageWord", "SearchTerm"), ()),
    "keeping": _File(("Forgotten", "Retained", "RetentionMark"), ()),
    "letters": _File(("Letter", "LetterBatch"), ("talk",)),
    "money": _File(("Account", "Bill", "Charge", "Coverage", "Entry", "Payer", "Payment"), ("people",)),
    "notes": _File(("Note",), ("people",)),
    "open_items": _File(("FollowedBill", "OpenItemList"), ("money",)),
    "payments": _File(
        (
            "BankAccountName",
            "BankFile",
            "BankLine",
            "Chargeback",
            "Checkout",
            "ClosedPeriod",
            "PaymentMark",
            "ProviderEvent",
            "Refund",
        ),
        ("money",),
    ),
    "people": _File(
        (
            "Acceptance",
            "Concern",
            "Consent",
            "Contact",
            "ContactPoint",
            "Customer",
            "Invitation",
            "Representative",
            "Verification",
            "WrongAnswer",
        ),
        (),
    ),
    "placements": _File(("CollectorBatch", "CollectorLine", "CollectorRemittance", "Placement"), ("money",)),
    "prices": _File(("Estimate", "Price"), ("money", "people")),
    "privacy": _File(("ErasedMark", "Erasure", "ErasurePermit"), ("people",)),
    "reminders": _File(
        ("Attempt", "Decision", "DunningRun", "Notice", "Step"),
        ("money", "talk"),
    ),
    "sealing": _File(("SealingKey",), ()),
    "sending": _File(("SendingStop",), ()),
    "sign_in": _File(("DeskDraft", "DeskFormKey", "DeskLogin", "DeskSession", "DeskTry"), ("desk",)),
    "subscriptions": _File(
        ("MeterReading", "Subscription", "SubscriptionPeriod", "TariffPrice"), ("money", "people")
    ),
    "talk": _File(("Conversation", "Inbox", "Outbox"), ("people", "reminders")),
}
_FILE_OF: Final = {table: name for name, file in _FILES.items() for table in file.tables}
_loading: Final = RLock()


def load_all() -> None:
    """Load every table: before a process serves, so that no first message waits for one."""
    with _loading:
        for name in _FILES:
            _load(name, set())


def __getattr__(name: str) -> Any:
    """Load the file of a table at its first use; ``Table``, the base of all, comes with all of them."""
    if name == "Table":
        load_all()
        return import_module(f"{__name__}.base").Table
    if name not in _FILE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    with _loading:
        _load(_FILE_OF[name], set())
    return globals()[name]


def _load(name: str, begun: set[str]) -> None:
    """Load a file after those it refers to; two may refer to each other."""
    begun.add(name)
    for other in _FILES[name].refers:
        if other not in begun:
            _load(other, begun)
    module = import_module(f"{__name__}.{name}")
    globals().update({table: getattr(module, table) for table in _FILES[name].tables})
