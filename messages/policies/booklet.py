"""Every sentence that a customer may receive, with the rule beside it, as one PDF for approval."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typst

from billing.ledger.money import Money
from messages.documents import documents, fonts
from messages.languages import about
from messages.policies.rule import counted
from messages.policies.sentences import groups
from messages.policies.whole import in_words
from messages.writing import fit
from messages.writing.catalogue import message, sample_facts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from billing.accounts.creditor import Creditor
    from billing.facts import Fact, Facts
    from billing.policy import Policy
    from messages.policies.rule import PolicyRule
    from messages.policies.sentences import Sentence, SentenceGroup
    from messages.writing.render import Words

_TEMPLATE: Final = Path(__file__).with_name("booklet.typ")
_NUMBERS: Final[dict[str, Fact]] = {"count": 2, "household": 3, "number": 2, "of": 4, "year": 2027}
_TEXTS: Final[dict[str, Fact]] = {
    "number": "1024",
    "hours": "Mon-Fri 9-16",
    "phone": "+1 503 555 0142",
    "email": "ada@example.org",
    "address": "12 Elm Street",
    "ending": "42",
    "begins": "09:00",
    "ends": "18:00",
    "collector": "Example Collectors",
    "reach": "+1 503 555 0199",
    "rate": "10.00",
    "authority": "the rule that allows it",
    "reference": "2100047",
    "text": "Office visit",
    "name": "Card",
    "whose": "Tim",
    "called": "B-1002",
    "wish": "your receipt",
    "done": "your payment",
    "still_open": "your receipt",
    "as_it_was": "your plan",
    "details": "example.org/pay",
    "link": "https://bills.example.org/b/Zm9ydHkgdHdv",
    "payer": "Example Insurance",
    "member_id": "M-1234567",
    "where": "the county office",
}
"""Realistic samples by the names of facts."""


@dataclass(frozen=True, slots=True)
class Booklet:
    """The content of a booklet: creditor, policy, languages and day."""

    policy: Policy
    creditor: Creditor
    words: Words
    languages: Sequence[str]
    dated_on: date


def pages(booklet: Booklet) -> dict[str, Any]:
    """Everything that is printed, as plain JSON; the same booklet gives the same pages."""
    policy, creditor = booklet.policy, booklet.creditor
    found = groups(policy)
    count = sum(len(group.sentences) for group in found)
    return {
        "paper": documents.paper(creditor),
        "creditor": creditor.name,
        "policy": policy.name,
        "title": policy.title,
        "version": policy.version,
        "date": booklet.dated_on.isoformat(),
        "count": counted(count, "sentence"),
        "languages": [_chapter(booklet, language, found) for language in booklet.languages],
        "rules": [_rule(rule) for rule in in_words(policy)],
    }


def pdf(printed: dict[str, Any]) -> bytes:
    """The booklet as PDF. Its fonts are bundled: the same pages give the same bytes on every machine.

    Values are passed as data, never as markup.
    """
    made: bytes = typst.compile(
        str(_TEMPLATE),
        sys_inputs={"pages": json.dumps(printed)},
        ignore_system_fonts=True,
        font_paths=fonts.fonts(),
        format="pdf",
    )
    return made


def _chapter(booklet: Booklet, language: str, found: Sequence[SentenceGroup]) -> dict[str, Any]:
    return {
        "language": language,
        "name": about(language).english_name,
        "groups": [
            {"title": group.title, "rows": [_row(booklet, language, one) for one in group.sentences]}
            for group in found
        ],
    }


def _row(booklet: Booklet, language: str, sentence: Sentence) -> dict[str, Any]:
    text = booklet.words.say(sentence.key, language, _facts(sentence.key, _currency(booklet.policy)))
    return {
        "key": sentence.key,
        "text": text,
        "facts": _about(sentence, text),
        "rules": [{"key": rule.key, "title": rule.title, "source": rule.source} for rule in sentence.rules],
    }


def _about(sentence: Sentence, text: str) -> list[str]:
    """Beside the text: why it is sent, how much it discloses, by which channels."""
    content = message(sentence.key).content.name.lower().replace("_", " ")
    shown = ", after identity" if sentence.identified else ""
    ways = ", ".join(channel.capabilities.called for channel in sentence.channels)
    texted = any(channel.capabilities.costs_per_segment for channel in sentence.channels)
    size = f"; {counted(fit.segments(fit.plain(text)), 'segment')}" if texted else ""
    return [f"{sentence.purpose}; {content}{shown}{size}", ways]


def _rule(rule: PolicyRule) -> dict[str, Any]:
    return {"key": rule.key, "title": rule.title, "says": list(rule.says), "source": rule.source}


def _currency(policy: Policy) -> str:
    """The currency of the policy's fees; dollars where it has none."""
    return policy.fees[0].currency if policy.fees else "USD"


def _facts(key: str, currency: str) -> Facts:
    """Sample facts that read like a bill in that currency."""
    return {name: _sample(name, fact, currency) for name, fact in sample_facts(key).items()}


def _sample(name: str, fact: Fact, currency: str) -> Fact:
    if isinstance(fact, Money):
        return Money(fact.minor, currency)
    if isinstance(fact, list):
        rows = [{one: _sample(one, value, currency) for one, value in row.items()} for row in fact]
        return [
            row | ({"number": place} if "number" in row else {}) for place, row in enumerate(rows, start=1)
        ]
    named = _TEXTS if isinstance(fact, str) else {} if isinstance(fact, bool) else _NUMBERS
    return named.get(name, fact)
