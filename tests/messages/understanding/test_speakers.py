"""Who writes: rules about whose somebody, a phone or a bill is, tried with words that no list holds."""

from __future__ import annotations

from messages.understanding.speakers import speaker, whose
from tests.tables import each_row

NOT_THE_CUSTOMER = (
    "I'm her bridge partner",
    "I am Ada's godmother",
    "I'm just the babysitter",
    "Ada is my landlady",
    "Ada will not be back before May",
    "who's Ada?",
    "her granddaughter",
    "speaking for Ada Lind",
    "I look after Ada's affairs",
    "I hold LPA for Ada",
    "the lady you are writing to moved",
    "I borrowed this phone",
    "this phone used to be my sister's",
    "I bought this sim card second hand",
    "this is the receptionist at her workplace",
    "my mother cannot use her phone, I'm handling this for her",
    "I'd like to pay for my neighbor",
    "jag är hennes bridgepartner",
    "jag är bara barnvakten",
    "jag har köpt det här numret",
    "jag lånar den här telefonen",
    "Ada har flyttat",
    "soy solo la vecina",
    "su hermana, cuánto debe",
    "esta no es Ada",
    "este móvil es prestado",
    "el celular es de mi hermana",
    "soy de su trabajo",
)
CUSTOMERS = (
    "Hi this is Ada Lind, what do I owe?",
    "my name is Ada and I want a payment plan",
    "Ada Lind 1980-02-28",
    "my husband lost his job and I can't pay",
    "this is her fault, the doctor told me it was free",
    "I'm their customer since 2010",
    "I am just the patient",
    "I'm just a student",
    "this is for my visit in March",
    "I was given this number to call",
    "I bought a new phone",
    "I have had this number for ten years",
    "this is the third time you text me",
    "the man at the desk said it's paid",
    "she told me it was covered",
    "hej, Ada här, vad är jag skyldig",
    "det är hennes fel",
    "jag använder inte den här telefonen så mycket",
    "tengo este número desde hace años",
    "soy la paciente",
    "mi esposo perdió su trabajo",
    "su factura está mal",
)


@each_row("text", NOT_THE_CUSTOMER)
def test_somebody_else_is_told_by_what_is_whose(text: str) -> None:
    """Whose relative they are, whose phone it is, or that the customer is spoken about."""
    assert speaker(text, ["Ada Lind"], "en") in {"not_the_customer", "about_another"}


@each_row("text", CUSTOMERS)
def test_a_customer_is_not_taken_for_somebody_else(text: str) -> None:
    """Others are named in everyday texts, and customers say their own name."""
    assert speaker(text, ["Ada Lind"], "en") not in {"not_the_customer", "about_another"}


@each_row(
    "text",
    (
        "right, he's chucked the phone at me. what's it made of",
        "she says thanks. what did they do that day?",
        "ok mum's nodded off, it's Jess now",
        "thanks, I'll tell her when she's awake",
        "joe here",
        "ask Ada first",
    ),
)
def test_who_was_named_nowhere_before_is_the_customer_who_is_spoken_about(text: str) -> None:
    """Once somebody has shown who they are, *she* without a noun before, or another name, is another."""
    assert speaker(text, ["Ada Lind"], "en") == "by_name"


@each_row(
    "text",
    (
        "my boss says he will pay me on Friday",
        "the doctor said he would call",
        "he pagado ya",
        "Ada here, what do I owe",
        "I'm fine, thanks",
        "my husband lost his job",
        "Ada Lind 1980-02-28",
        "Hello, this is Ada",
    ),
)
def test_whom_a_text_names_itself_is_nobody_else_in_the_chat(text: str) -> None:
    """*He* after a noun is that one, and a name by which the customer introduces themselves is theirs."""
    language = "es" if text.startswith("he ") else "en"
    assert speaker(text, ["Ada Lind"], language) in {"", "maybe_another"}


@each_row(
    "said",
    (
        ("mine", "en", "own_bill"),
        ("it's my own bill", "en", "own_bill"),
        ("min egen", "sv", "own_bill"),
        ("a mi nombre", "es", "own_bill"),
        ("my own dad's", "en", "for_another"),
        ("my mum's", "en", "for_another"),
        ("it's in dad's own name", "en", "for_another"),
        ("det var min frus", "sv", "for_another"),
        ("för mamma", "sv", "for_another"),
        ("de mi esposa", "es", "for_another"),
        ("1", "en", "for_another"),
        ("yes", "en", None),
        ("1980-02-28", "en", None),
    ),
)
def test_a_relative_in_the_answer_to_whose_bill_it_is_is_another(said: tuple[str, str, str | None]) -> None:
    """My own dad is not the writer, and neither a yes nor a date is an answer."""
    text, language, answer = said
    assert whose(text, language) == answer
