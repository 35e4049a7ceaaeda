"""Every sentence a customer may receive, with the rule beside it, for somebody to sign."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from pypdf import PdfReader

from billing import policy
from billing.accounts.channels import Channel
from billing.accounts.creditor import Creditor
from messages.languages import about, languages
from messages.policies import booklet
from messages.policies.booklet import Booklet
from messages.policies.sentences import GROUPS, groups
from messages.writing.catalogue import catalogue
from messages.writing.render import Words

if TYPE_CHECKING:
    from billing.policy import Policy
    from messages.policies.sentences import Sentence

CLINIC = Creditor("Nordhamn Clinic", phone="+46 8 123 45 67", hours="Mon-Fri 8-17", country="SE")
WORDS = Words(CLINIC)


def _sentences(found: Policy) -> dict[str, Sentence]:
    return {one.key: one for group in groups(found) for one in group.sentences}


def _pages(name: str = "se", *spoken: str) -> dict[str, Any]:
    made = Booklet(policy.load(name), CLINIC, WORDS, spoken or languages(), date(2026, 3, 2))
    return booklet.pages(made)


def test_every_area_of_the_catalogue_has_its_place() -> None:
    """A new kind of message cannot be left out of what is signed, but what staff and payers read."""
    listed = [area for _, areas in GROUPS for area in areas]
    assert sorted(listed) == sorted({key.partition(".")[0] for key in catalogue()} - {"staff", "payer"})


@pytest.mark.parametrize("name", policy.every())
def test_every_sentence_has_a_rule_with_a_source_and_a_way(name: str) -> None:
    """Nothing stands there that no part of the policy lets be said, or that cannot travel."""
    for one in _sentences(policy.load(name)).values():
        assert one.rules, one.key
        assert one.channels, one.key
        assert all(rule.source for rule in one.rules)


def test_what_the_policy_never_says_is_left_out() -> None:
    """Lines of a bill, notices that are off, refusals of what is offered; letters may be needed."""
    us, se = _sentences(policy.load("us")), _sentences(policy.load("se"))
    assert "letter.final" in se
    assert "letter.final" in us, "whom only a letter reaches gets one"
    assert "letter.interest" not in us
    assert "reminder.final" in us
    assert "reminder.final" not in se, "the Swedish final goes by letter alone"
    assert "answers.explained" in se
    assert "answers.explained" not in us, "no channel may carry what a bill is made of"
    assert "notice.payment_due_soon" not in us
    assert "payment_plan.not_offered" not in us
    bare = policy.load("us")
    bare = bare.model_copy(
        update={
            "plan": bare.plan.model_copy(update={"offered": False}),
            "promise": bare.promise.model_copy(update={"offered": False}),
            "identity": bare.identity.model_copy(update={"proof_for": ()}),
            "contact": None,
            "announcement": None,
            "notices": None,
        }
    )
    left = {
        key
        for key in _sentences(bare)
        if key.startswith(("payment_plan", "change_plan", "promise", "notice"))
    }
    assert left == {"payment_plan.not_offered", "promise.not_offered"}
    assert (
        not {"identity.postal_code", "reminder.unconfirmed", "reminder.announcement"}
        & _sentences(bare).keys()
    )


def test_a_sentence_says_what_it_is_for_and_how_it_travels() -> None:
    """The rule, the ways in the policy's order, the purpose, and whether it is for the identified only."""
    found = _sentences(policy.load("se"))
    reminder = found["reminder.reminder"]
    assert [rule.key for rule in reminder.rules] == ["levels.reminder"]
    assert reminder.channels == (Channel.EMAIL, Channel.TELEGRAM, Channel.SMS)
    assert (reminder.purpose, reminder.identified) == ("unsolicited", False)
    assert [rule.key for rule in found["letter.help"].rules] == [
        "announcement", *(f"levels.{name}" for name in ("friendly", "reminder", "firm", "final"))
    ]  # fmt: skip
    assert found["consent.stopped"].purpose == "confirms a stop"
    assert found["answers.balance"].identified
    assert not found["letter.interest"].identified
    assert found["reminder.unconfirmed"].channels == (Channel.SMS,)


def test_a_booklet_holds_each_sentence_in_each_language() -> None:
    """The same sentences in every language, with samples that read like a bill of the place."""
    pages = _pages()
    keys = [
        [row["key"] for group in chapter["groups"] for row in group["rows"]] for chapter in pages["languages"]
    ]
    assert all(one == keys[0] for one in keys)
    assert pages["count"] == f"{len(keys[0])} sentences"
    assert [chapter["name"] for chapter in pages["languages"]] == [
        about(one).english_name for one in languages()
    ]
    rows = {row["key"]: row for group in pages["languages"][0]["groups"] for row in group["rows"]}
    assert "SEK" in rows["answers.balance"]["text"]
    assert "Bankgiro 123" not in str(rows)
    assert rows["reminder.friendly"]["facts"] == ["unsolicited; notice; 1 segment", "Telegram, SMS, e-mail"]
    assert rows["letter.final"]["facts"] == ["unsolicited; notice", "letter"]


def test_the_pdf_is_the_same_every_time_and_can_be_signed() -> None:
    """Made twice it is the same to the byte; it names policy, version and day, and ends with a signature."""
    pages = _pages("se", "sv")
    made = booklet.pdf(pages)
    assert made == booklet.pdf(_pages("se", "sv"))
    texts = [page.extract_text() for page in PdfReader(BytesIO(made)).pages]
    assert "Every sentence a customer may receive" in texts[0]
    assert "2026-03-02" in texts[0]
    assert pages["version"] in texts[0]
    assert all(f"Page {number} of {len(texts)}" in text for number, text in enumerate(texts, start=1))
    assert "Read and approved" in texts[-1]
    assert "Signature" in texts[-1]
    whole = " ".join(" ".join(texts).split())
    for chapter in pages["languages"]:
        for group in chapter["groups"]:
            assert all(row["key"] in whole for row in group["rows"])
    assert sum("Rule and source" in text for text in texts) >= len(texts) - 6, (
        "a table's head stands on each page"
    )
