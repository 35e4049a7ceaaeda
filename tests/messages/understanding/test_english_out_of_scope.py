"""What people ask a talking assistant in English: what we answer, and what is no business of ours."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from messages.understanding import understanding
from messages.understanding.understanding import STOPPING
from tests.tables import each_row

understand = cache(understanding.understand)
_HERE = Path(__file__).parent
TEXTS = [
    line for line in (_HERE / "english_out_of_scope.txt").read_text(encoding="utf-8").splitlines() if line
]


def _asked() -> Iterator[tuple[str, str]]:
    intent = ""
    for line in (_HERE / "english_asked.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            intent = line.strip("[]")
        else:
            yield intent, line


def test_other_trades_are_not_answered() -> None:
    """Of all texts about something else, 97 of 100 start nothing, whatever words of ours they share."""
    taken = [text for text in TEXTS if understand(text, "en").intent != "none"]
    assert len(taken) <= 0.03 * len(TEXTS), taken


@each_row("text", TEXTS)
def test_other_trades_stop_and_hold_nothing(text: str) -> None:
    """A quiet mode is no opt-out, and a question about courts no lawyer's letter."""
    meaning = understand(text, "en")
    assert not {meaning.intent, *meaning.also} & set(STOPPING)


def test_what_is_asked_for_is_understood() -> None:
    """Of all texts that ask for something we do, in whatever words, 97 of 100 lead there."""
    asked = list(_asked())
    meant = [(intent, text, understand(text, "en").intent) for intent, text in asked]
    missed = [one for one in meant if one[2] not in {one[0], "stop" if one[0] == "cancel" else one[0]}]
    assert len(missed) <= 0.03 * len(asked), missed


@each_row("payee", ["Zyxwater", "Old Mill Plumbing", "Pizza Planet"])
def test_whose_bill_it_is_does_not_matter(payee: str) -> None:
    """Nobody can list who sends bills: before a bill of mine, and after what I owe, any name may stand."""
    assert understand(f"how much is my {payee} bill", "en").intent == "balance"
    assert understand(f"how much do I owe to {payee}", "en").intent == "balance"


def test_a_clause_about_something_else_asks_for_nothing() -> None:
    """A balance of savings is not ours to tell, but what is wished beside it is, and a stop is a stop."""
    assert understand("what is the balance of my savings", "en").intent == "none"
    assert understand("my boss fired me and I need a payment plan", "en").intent in {
        "payment_plan",
        "hardship",
    }
    assert understand("cancel my flight and stop texting me", "en").intent == "stop"


def test_a_not_ends_where_a_question_begins() -> None:
    """Who is not sure how to pay wants to pay; who does not want to pay does not."""
    assert understand("I am not sure how to pay my bill", "en").intent == "pay"
    assert understand("I am not going to pay this bill", "en").intent != "pay"


def test_not_making_it_by_a_day_is_no_death() -> None:
    """Only of somebody else is it said that they did not make it."""
    assert understand("i cant make it by friday, can i have till monday", "en").intent == "extension"
    assert understand("she did not make it through the surgery", "en").intent == "deceased"
