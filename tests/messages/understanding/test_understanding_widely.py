"""What worried, rude and hurried people write in each language, each text thought up for this."""

from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from messages.understanding import understanding
from messages.understanding.phrases import phrasebook
from messages.understanding.understanding import STOPPING
from tests.tables import each_row

HERE = Path(__file__).parent

understand = cache(understanding.understand)
"""Several tests look at the same texts, from different sides."""

ENOUGH = 0.6  # below this nothing is done about a message
HELD = set(STOPPING) - {"stop"}
NAMES = {"en": "english", "es": "spanish", "sv": "swedish"}


def _lines(language: str, list_: str) -> list[str]:
    file = HERE / f"{NAMES[language]}_{list_}.txt"
    return [line for line in file.read_text(encoding="utf-8").splitlines() if line]


def _said(language: str) -> Iterator[tuple[str, str]]:
    intent = ""
    for line in _lines(language, "said"):
        if line.startswith("["):
            intent = line.strip("[]")
        else:
            yield intent, line


def _listed(list_: str) -> list[tuple[str, str]]:
    return [(language, text) for language in NAMES for text in _lines(language, list_)]


SAID = {language: list(_said(language)) for language in NAMES}
INTENTS = sorted({intent for said in SAID.values() for intent, _ in said})
HOLDING = [(language, text) for language in NAMES for intent, text in SAID[language] if intent in HELD]


@each_row("language", NAMES)
def test_every_intent_is_said_in_many_ways(language: str) -> None:
    """Each intent of the phrase file is tried with forty texts or so, each once."""
    tried = Counter(intent for intent, _ in SAID[language])
    assert phrasebook(language).listed.intents.keys() == tried.keys() | {"stop"}
    assert min(tried.values()) >= 39
    assert all(number == 1 for number in Counter(SAID[language]).values())


@each_row("language", NAMES)
def test_messages_are_understood(language: str) -> None:
    """Of all texts, 97 of 100 lead where their writer wants to go, surely enough to act on."""
    missed = [(text, intent) for intent, text in SAID[language] if not _understood(text, language, intent)]
    assert len(missed) <= 0.03 * len(SAID[language]), missed


@each_row("language", NAMES)
@each_row("intent", INTENTS)
def test_an_intent_is_understood(intent: str, language: str) -> None:
    """No wish is understood less often than nine times of ten."""
    texts = [text for one, text in SAID[language] if one == intent]
    missed = [text for text in texts if not _understood(text, language, intent)]
    assert len(missed) <= 0.1 * len(texts), missed


@each_row(("language", "text"), HOLDING)
def test_no_word_that_holds_everything_is_missed(language: str, text: str) -> None:
    """Crisis, death, a lawyer, a child, a wrong number, a dispute and hardship are heard every time."""
    meaning = understand(text, language)
    assert {meaning.intent, *meaning.also} & HELD
    assert meaning.score >= ENOUGH


@each_row(("language", "text"), _listed("not_held"))
def test_look_alikes_hold_nothing(language: str, text: str) -> None:
    """A phone that died, somebody dead tired and a son's bill are ordinary life."""
    meaning = understand(text, language)
    assert not {meaning.intent, *meaning.also} & set(STOPPING)


@each_row(("language", "text"), _listed("stops"))
def test_a_stop_is_a_stop(language: str, text: str) -> None:
    """Any reasonable wording of stop is one, however it is spelled."""
    meaning = understand(text, language)
    assert meaning.intent == "stop"
    assert meaning.score >= ENOUGH


@each_row(("language", "text"), _listed("not_stops"))
def test_ordinary_messages_stop_nothing(language: str, text: str) -> None:
    """To stop by, to stop a payment, the end of the month and a job that was quit are no opt-out."""
    meaning = understand(text, language)
    assert "stop" not in {meaning.intent, *meaning.also}


@each_row("language", NAMES)
@each_row("list_", ["stops", "not_stops"])
def test_the_lists_are_long_enough(list_: str, language: str) -> None:
    """Two hundred ways to stop and two hundred texts that only look like it."""
    assert len(set(_lines(language, list_))) >= 200


@each_row(
    ("text", "language", "wishes"),
    [
        ("I paid last week but why is it still 400??", "en", {"already_paid", "balance"}),
        ("whats my balance and when is it due", "en", {"balance", "due_date"}),
        ("send me a receipt and tell me what i owe", "en", {"receipt", "balance"}),
        ("i moved to 4 oak street. also can i get a payment plan", "en", {"contact_details", "payment_plan"}),
        ("did my insurance pay? and what is this charge for", "en", {"insurance", "explain_bill"}),
        ("i lost my job. can i talk to someone", "en", {"hardship", "person"}),
        ("my husband died. how much do i owe", "en", {"deceased", "balance"}),
        ("stop texting me, this isn't my bill", "en", {"stop", "dispute"}),
        ("vad är jag skyldig och när ska det betalas", "sv", {"balance", "due_date"}),
        ("kan jag få kvitto? och vad är mitt saldo", "sv", {"receipt", "balance"}),
        ("jag har flyttat. kan jag delbetala", "sv", {"contact_details", "payment_plan"}),
        ("sluta sms:a, det är fel nummer", "sv", {"stop", "wrong_number"}),
        ("cuánto debo y cuándo vence", "es", {"balance", "due_date"}),
        ("mándeme el recibo. y cuanto me falta?", "es", {"receipt", "balance"}),
        ("me mudé. puedo pagar en partes", "es", {"contact_details", "payment_plan"}),
        ("perdi mi trabajo. puedo hablar con alguien?", "es", {"hardship", "person"}),
        ("ya no me escriban, ese bill no es mio", "es", {"stop", "dispute"}),
        ("mi esposo murió. cuánto debo?", "es", {"deceased", "balance"}),
    ],
)
def test_two_wishes_in_one_text_are_both_heard(text: str, language: str, wishes: set[str]) -> None:
    """What is asked beside the first wish is told as well."""
    meaning = understand(text, language)
    assert wishes <= {meaning.intent, *meaning.also}


@each_row(
    ("text", "language", "intents"),
    [
        ("I can't pay today but friday", "en", {"promise", "extension"}),
        ("can't pay", "en", {"hardship"}),
        ("pay my bill", "en", {"pay"}),
        ("I'll stop by tomorrow", "en", {"none", "promise"}),
        ("cancel my plan", "en", {"change_plan"}),
        ("did my insurance cover this", "en", {"insurance"}),
        ("not paid yet", "en", {"none", "no"}),
        ("betalt", "sv", {"already_paid"}),
        ("betala", "sv", {"pay"}),
        ("inte betalat", "sv", {"none"}),
        ("kan inte betala", "sv", {"hardship"}),
        ("kan inte betala idag men på fredag", "sv", {"promise", "extension"}),
        ("hoy no puedo pagar pero el viernes si", "es", {"promise", "extension"}),
        ("no puedo pagar", "es", {"hardship"}),
        ("paga mi recibo de luz", "es", {"pay"}),
        ("mi recibo de pago", "es", {"receipt"}),
        ("paso mañana", "es", {"none", "promise"}),
        ("no dejes de avisarme", "es", {"none", "enrol"}),
        ("todavía no pago", "es", {"none", "no"}),
    ],
)
def test_neighbours_are_told_apart(text: str, language: str, intents: set[str]) -> None:
    """A small word makes a promise of a refusal and a visit of a stop."""
    assert understand(text, language).intent in intents


@each_row(
    ("text", "language"),
    [
        ("stop texting me", "en"),
        ("what is my balance", "en"),
        ("yes", "en"),
        ("the weather is nice", "en"),
        ("sluta sms:a", "sv"),
        ("vad är mitt saldo", "sv"),
        ("dejen de escribirme", "es"),
        ("cuánto debo", "es"),
        ("hace mucho calor", "es"),
    ],
)
def test_a_clear_text_has_no_second_reading(text: str, language: str) -> None:
    """Where there is nothing to ask, nothing is asked."""
    assert understand(text, language).second == ""


@each_row("text", ["i need help paying my electric bill", "help me pay this bill please"])
def test_who_needs_help_paying_may_be_in_need(text: str) -> None:
    """The wish is to pay, and hardship is heard beside it; who can't afford it is in hardship outright."""
    meaning = understand(text, "en")
    assert (meaning.intent, meaning.second) == ("pay", "hardship")
    assert understand("i can't afford my bill", "en").intent == "hardship"


@each_row(("language", "texts"), [(one, [text for _, text in SAID[one]]) for one in NAMES])
def test_a_second_reading_is_another_one(language: str, texts: list[str]) -> None:
    """A rival is never the first reading, nor a further wish, nor told beside a stop or a hold."""
    for meaning in (understand(text, language) for text in texts):
        assert meaning.second != meaning.intent or not meaning.second
        assert not (meaning.second and meaning.intent in STOPPING)


def _understood(text: str, language: str, intent: str) -> bool:
    meaning = understand(text, language)
    return meaning.intent == intent and meaning.score >= ENOUGH
