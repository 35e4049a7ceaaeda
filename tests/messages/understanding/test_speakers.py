"""Who writes: rules about whose somebody, a phone or a bill is, tried with words that no list holds."""

from __future__ import annotations

from messages.understanding.speakers import speaker
from tests.tables import each_row

NOT_CUSTOMERS = (
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


@each_row("text", NOT_CUSTOMERS)
def test_somebody_else_is_told_by_what_is_whose(text: str) -> None:
    """Whose relative they are, whose phone it is, or that the customer is spoken about."""
    assert speaker(text, ["Ada Lind"]) in {"not_the_customer", "about_another"}


@each_row("text", CUSTOMERS)
def test_a_customer_is_not_taken_for_somebody_else(text: str) -> None:
    """Others are named in everyday texts, and customers say their own name."""
    assert speaker(text, ["Ada Lind"]) not in {"not_the_customer", "about_another"}
