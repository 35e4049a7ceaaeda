"""Every message in every language, with its declared facts."""

import shutil
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from jinja2 import TemplateError

from billing.accounts.creditor import Creditor
from billing.ledger.money import Money
from billing.policy import ContentClass
from messages.languages import WORDING, languages
from messages.refusals import MissingWording, UnknownMessage, WrongFacts
from messages.understanding.choices import label
from messages.understanding.lone_words import lone_word
from messages.understanding.phrases import phrasebook
from messages.writing.catalogue import catalogue, check, message, sample_facts
from messages.writing.fit import plain, segments
from messages.writing.mentions import mentions
from messages.writing.render import Words
from tests.tables import each_row

if TYPE_CHECKING:
    from billing.facts import Facts

CLINIC = Creditor("Nordhamn Clinic", phone="+46 8 123 45 67", hours="Mon-Fri 8-17", helpline="988")
WORDS = Words(CLINIC)
BARE = Words(Creditor("Nordhamn Clinic"))
TEXTED = [(key, language) for key in catalogue() for language in languages() if not message(key).paper]
EVERY = [(key, language) for key in catalogue() for language in languages()]


@each_row(("key", "language"), TEXTED)
def test_every_message_fits_its_channel(key: str, language: str) -> None:
    """Each message renders with its sample facts, in plain SMS letters, within its segments."""
    text = WORDS.say(key, language, sample_facts(key))
    assert text
    assert plain(text) == text
    assert 160 * message(key).max_segments >= len(text)
    assert message(key).max_segments >= segments(text)
    assert segments(text) == segments(text.encode("ascii", "replace").decode())


@each_row(("key", "language"), [one for one in EVERY if message(one[0]).out])
def test_what_is_sent_unsolicited_says_who_and_how_to_stop(key: str, language: str) -> None:
    """A message nobody asked for names the creditor and the word that ends it."""
    text = WORDS.say(key, language, sample_facts(key))
    assert "Nordhamn Clinic" in text
    assert mentions(language).opts_out(text)


@each_row("language", languages())
def test_the_word_that_is_named_ends_messages(language: str) -> None:
    """What our messages say to write is a stop where it is all that is written."""
    assert {lone_word(word) for word in mentions(language).opt_out} == {"stop"}


@each_row(("key", "language"), EVERY)
def test_every_message_can_be_said_by_a_creditor_with_a_name_only(key: str, language: str) -> None:
    """A missing phone, helpline or opening hour leaves no hole in a sentence."""
    text = BARE.say(key, language, sample_facts(key))
    assert "  " not in text
    assert " ." not in text
    assert "None" not in text


_AS_LONG_AS_ITS_FACTS = {"answers.how_to_pay", "person.says", "dispute.which"}
"""Several ways to pay, what a rep writes, many bills: these grow with what they tell."""


@each_row(
    "key",
    [key for key, one in catalogue().items() if one.max_segments > 1 and key not in _AS_LONG_AS_ITS_FACTS],
)
def test_no_message_has_a_larger_budget_than_it_needs(key: str) -> None:
    """More than one segment is an exception: in some language the message really takes all of them."""
    needed = max(segments(WORDS.say(key, language, sample_facts(key))) for language in languages())
    assert message(key).max_segments == needed


def test_a_message_in_an_unknown_language_is_said_in_english() -> None:
    """Nobody is answered with silence because of a language."""
    assert WORDS.say("answers.thanks", "en", {}) == WORDS.say("answers.thanks", "xx", {})


def test_zero_parts_of_a_bill_are_left_out() -> None:
    """A bill without fees or insurance shows neither."""
    nothing, all_of_it = Money(0, "USD"), Money(10000, "USD")
    facts: Facts = {
        "whose": "",
        "due_on": date(2027, 1, 25),
        "total": all_of_it,
        "payer": nothing,
        "asked": nothing,
        "taken_off": nothing,
        "fees": nothing,
        "paid": nothing,
        "owed": all_of_it,
    }
    text = WORDS.say("answers.explained_amounts", "en", facts)
    assert "Fees" not in text
    assert "Left to pay: $100.00" in text


def test_amounts_without_lines_need_no_more_than_the_amount_class() -> None:
    """What a channel for amounts may carry explains a bill without naming a service."""
    assert message("answers.explained_amounts").content == ContentClass.AMOUNT
    assert message("answers.explained").content == ContentClass.LINE_ITEMS


def test_a_used_up_link_reveals_nothing() -> None:
    """Who holds an old link learns neither a name of a customer nor an amount."""
    assert message("talk.bad_link").content == ContentClass.NOTICE
    assert not message("talk.bad_link").facts


def test_wrong_facts_are_refused() -> None:
    """A missing, unknown or unlike fact never reaches a customer."""
    with pytest.raises(WrongFacts):
        check("payment_plan.opening", {})
    with pytest.raises(WrongFacts):
        check("answers.thanks", {"balance": 1})
    with pytest.raises(WrongFacts):
        check("payment_plan.opening", {"balance": "much"})
    with pytest.raises(WrongFacts):
        check("reminder.friendly", {"count": True})
    with pytest.raises(UnknownMessage):
        check("answers.nonsense", {})


@each_row("language", languages())
def test_the_languages_offer_the_same(language: str) -> None:
    """Every language understands the same intents and labels the same options."""
    english, other = phrasebook("en").listed, phrasebook(language).listed
    assert english.intents.keys() == other.intents.keys()
    assert english.choices.keys() == other.choices.keys()
    assert all(len(label(option, language)) <= 20 for option in other.choices)


def test_everything_can_be_compiled_before_anything_is_said() -> None:
    """A process that serves compiles all wording first; nothing that is declared lacks it."""
    words = Words(CLINIC)
    assert len(words._blocks) == 0
    words.compile_all()
    assert words._blocks.keys() == set(EVERY)


def test_the_wording_that_is_shipped_passes_the_check() -> None:
    """The doctor's look at the wording finds nothing, and compiles nothing."""
    words = Words(CLINIC)
    words.check_all()
    assert len(words._blocks) == 0


@pytest.mark.parametrize(
    ("block", "error"),
    [
        ("", MissingWording),
        ("{% block stopped %}{{ phone|nicely }}{% endblock %}", TemplateError),
        ("{% block stopped %}{{ phone is nice }}{% endblock %}", TemplateError),
        ("{% block stopped %}a{% endblock %}{% block stopped %}b{% endblock %}", TemplateError),
        ("{% block stopped %}", TemplateError),
    ],
)
def test_a_check_finds_what_compiling_finds(tmp_path: Path, block: str, error: type[Exception]) -> None:
    """Wording that is missing or broken in one language fails the doctor's look as it fails a start."""
    folder = tmp_path / "wording"
    shutil.copytree(WORDING, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    file = folder / "sv" / "consent.j2"
    _, end, rest = file.read_text().partition("{% endblock %}")
    assert end
    file.write_text(f"{block}\n{rest}")
    for look in (Words(CLINIC, (folder,)).check_all, Words(CLINIC, (folder,)).compile_all):
        with pytest.raises(error):
            look()
