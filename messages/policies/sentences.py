"""Which sentences a customer may receive under a policy, grouped by purpose, each with its rule."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from billing.accounts.channels import Channel
from billing.dunning.dunning import ways_of
from billing.policy import ANNOUNCED
from messages.policies.letters import letter_keys
from messages.policies.whole import in_words
from messages.writing.catalogue import catalogue, message

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from billing.policy import Level, Policy
    from messages.policies.rule import PolicyRule

GROUPS: Final = (
    ("Reminders", ("reminder",)),
    ("Letters", ("letter",)),
    ("New bills", ("bill", "bill_way")),
    ("Notices about days to pay", ("notice",)),
    ("Campaigns", ("campaign",)),
    ("Payments and receipts", ("payment", "receipt")),
    ("Stop and start", ("consent",)),
    ("Words that rest everything", ("stop_states", "legal")),
    ("Who is writing", ("identity",)),
    ("What is owed and why", ("answers", "explain_bill")),
    ("Payment plans", ("payment_plan", "change_plan")),
    ("Promises to pay", ("promise",)),
    ("Paid already, disputes, hardship, complaints", ("already_paid", "dispute", "hardship", "report")),
    ("Contact details, language, representatives", ("contact_details", "language", "representative")),
    ("Costs, coverage, help", ("estimate", "insurance", "new_insurance", "planned", "obligations", "aid")),
    ("A person", ("person",)),
    ("Enrolment", ("enrolment",)),
    ("E-mail", ("email",)),
    ("The conversation itself", ("talk", "later")),
)
"""The purpose of sentences by area of the catalogue, without areas that only staff or payers read."""

_RULE_OF_AREA: Final = {
    "notice": "notices",
    "bill": "billing",
    "bill_way": "billing",
    "campaign": "caps",
    "payment": "payments",
    "receipt": "content",
    "consent": "stop",
    "stop_states": "holds",
    "legal": "holds",
    "later": "content",
    "identity": "identity",
    "answers": "content",
    "explain_bill": "content",
    "payment_plan": "plan",
    "change_plan": "plan",
    "promise": "promise",
    "already_paid": "holds",
    "dispute": "holds",
    "hardship": "holds",
    "report": "holds",
    "contact_details": "identity",
    "language": "talk",
    "representative": "identity",
    "estimate": "content",
    "insurance": "eligibility",
    "new_insurance": "eligibility",
    "planned": "eligibility",
    "obligations": "obligations",
    "aid": "holds",
    "person": "talk",
    "enrolment": "content",
    "email": "content",
    "talk": "talk",
}
_RULE_OF_KEY: Final = {
    "reminder.unconfirmed": "contact",
    "reminder.announcement": "announcement",
    "letter.interest": "interest",
    "answers.placed": "placement",
    "answers.referred": "placement",
    "answers.on_hold": "holds",
    "contact_details.still_yours": "contact",
    "contact_details.number_kept": "contact",
    "contact_details.number_dropped": "contact",
    "contact_details.another_number": "contact",
    "notice.estimate_exceeded": "good_faith",
    "estimate.good_faith": "good_faith",
    "email.unsubscribe": "stop",
    "email.unsubscribed": "stop",
}
_NOTICES: Final = {
    "notice.instalment_due": "instalment_due_days",
    "notice.instalment_missed": "instalment_missed_days",
    "notice.payment_due_soon": "due_soon_days",
}
_PURPOSES: Final = {
    "consent.stopped": "confirms a stop",
    "contact_details.is_it_yours": "confirms a number",
    "contact_details.added_elsewhere": "confirms a number",
}
_PAPER: Final = tuple(channel for channel in Channel if channel.on_paper)
_MAIL: Final = tuple(channel for channel in Channel if channel.by_email)


@dataclass(frozen=True, slots=True)
class Sentence:
    """One message of the catalogue, and why it may be sent."""

    key: str
    rules: tuple[PolicyRule, ...]
    channels: tuple[Channel, ...]
    purpose: str
    identified: bool
    """Whether it is sent only to a customer who has identified themselves."""


@dataclass(frozen=True, slots=True)
class SentenceGroup:
    """Sentences with the same purpose."""

    title: str
    sentences: tuple[Sentence, ...]


def groups(policy: Policy) -> tuple[SentenceGroup, ...]:
    """Every sentence that a customer may receive under a policy."""
    rules = {rule.key: rule for rule in in_words(policy)}
    found: dict[str, list[Sentence]] = defaultdict(list)
    for key in catalogue():
        area = key.partition(".")[0]
        if area != "staff" and _said(policy, key):
            found[area].append(_sentence(policy, rules, key))
    made = (
        SentenceGroup(title, tuple(one for area in areas for one in found[area])) for title, areas in GROUPS
    )
    return tuple(group for group in made if group.sentences)


def _said(policy: Policy, key: str) -> bool:
    """Whether a message can be sent at all: its part of the policy is on, and some channel may carry it."""
    area, _, name = key.partition(".")
    if area in {"payment_plan", "change_plan", "promise"}:
        offered = policy.promise.offered if area == "promise" else policy.plan.offered
        return offered is (name != "not_offered")
    if key in {"notice.plan_ended", "notice.promise_broken"}:
        return policy.plan.offered if name == "plan_ended" else policy.promise.offered
    if name.startswith("postal_code") and not policy.identity.proof_for:
        return False
    if key in {"notice.estimate_exceeded", "estimate.good_faith"} and policy.good_faith is None:
        return False
    return bool(_channels(policy, key))


def _sentence(policy: Policy, rules: dict[str, PolicyRule], key: str) -> Sentence:
    declared = message(key)
    return Sentence(
        key=key,
        rules=tuple(rules[name] for name in _rules(policy, key) if name in rules),
        channels=_channels(policy, key),
        purpose=_purpose(key),
        identified=not declared.paper and declared.content > policy.content.before_identity,
    )


def _rules(policy: Policy, key: str) -> tuple[str, ...]:
    """The parts of the policy that allow it."""
    levels = (*_speaking(policy, key), *_writing(policy, key))
    named = _RULE_OF_KEY.get(key)
    if named == "contact" and policy.contact is None:
        named = None
    if key.startswith("obligations.") and policy.obligations is None:
        named = "content"
    if named:
        return (named,)
    if levels:
        return tuple(dict.fromkeys(_level_key(level) for level in levels))
    return (_RULE_OF_AREA[key.partition(".")[0]],)


def _purpose(key: str) -> str:
    """Why it is sent."""
    declared = message(key)
    return _PURPOSES.get(key, "unsolicited" if declared.out or declared.paper else "answer")


def _channels(policy: Policy, key: str) -> tuple[Channel, ...]:
    """The channels it may be sent by, in the policy's order; none if it is never sent."""
    if message(key).paper:
        return _PAPER if _writing(policy, key) else ()
    if key == "reminder.unconfirmed":
        return tuple(way for way in _ways(policy, _levels(policy)) if way.by_phone) if policy.contact else ()
    if key.startswith("reminder."):
        return tuple(way for way in _ways(policy, _speaking(policy, key)) if way.electronic)
    if key in _NOTICES:
        rules = policy.notices
        return policy.reminding(rules.channels) if rules and getattr(rules, _NOTICES[key]) else ()
    if key in {"bill.ready", "bill.attached"}:
        return _bringing(policy, key)
    return _MAIL if key.startswith("email.") else _carrying(policy, key)


def _bringing(policy: Policy, key: str) -> tuple[Channel, ...]:
    """The channels of a bill: e-mail carries the bill where that is allowed, every other one a link."""
    whole = tuple(channel for channel in Channel if policy.billing.attaches(channel))
    if key == "bill.attached":
        return whole
    return tuple(way for way in policy.reminding(policy.billing.ways) if way.electronic and way not in whole)


def _ways(policy: Policy, levels: Iterable[Level]) -> Iterable[Channel]:
    """Every channel that some levels may go by, each once."""
    return dict.fromkeys(channel for level in levels for channel in _ways_of(policy, level))


def _ways_of(policy: Policy, level: Level) -> tuple[Channel, ...]:
    number = policy.levels.index(level) + 1 if level in policy.levels else ANNOUNCED
    return ways_of(policy, number)


def _carrying(policy: Policy, key: str) -> tuple[Channel, ...]:
    """The electronic channels that may disclose as much."""
    content = message(key).content
    return tuple(
        channel
        for channel in Channel
        if channel.electronic and content <= policy.content.most(channel, identified=True)
    )


def _levels(policy: Policy) -> Iterator[Level]:
    if policy.announcement:
        yield policy.level(ANNOUNCED)
    for number in range(1, len(policy.levels) + 1):
        yield policy.level(number)


def _level_key(level: Level) -> str:
    return "announcement" if level.name == "announcement" else f"levels.{level.name}"


def _speaking(policy: Policy, key: str) -> tuple[Level, ...]:
    """The levels that send it electronically."""
    return tuple(
        level
        for level in _levels(policy)
        if level.template == key and any(channel.electronic for channel in _ways_of(policy, level))
    )


def _writing(policy: Policy, key: str) -> tuple[Level, ...]:
    """The levels that print it in a letter."""
    return tuple(
        level
        for level in _levels(policy)
        if any(channel.on_paper for channel in _ways_of(policy, level)) and key in letter_keys(level)
    )
