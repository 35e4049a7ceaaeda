"""An answer in an e-mail, as mail programs wrap it: what was written anew is read, and nothing else."""

from __future__ import annotations

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from messages.languages import WORDING, languages
from messages.mail import answer_in, away
from tests.tables import each_row

QUOTED = "> You have a bill to pay.\n> Reply BALANCE to see more. STOP to opt out.\n"
HTML_HEAD = "Elm Street Clinic <bills@elm.example>"

WRAPPED = [
    ("hello there\nhow much do I owe?", "hello there\nhow much do I owe?"),
    (f"I can pay 50.\n\nOn Mon, Mar 2, 2026 at 10:00 AM {HTML_HEAD} wrote:\n\n{QUOTED}", "I can pay 50."),
    (
        f"yes\n\nOn Mon, Mar 2, 2026 at 10:00 AM Elm\nStreet Clinic\n<bills@elm.example> wrote:\n{QUOTED}",
        "yes",
    ),
    (
        f"Jag betalade igår.\n\nDen mån 2 mars 2026 kl 10:00 skrev {HTML_HEAD}:\n\n{QUOTED}",
        "Jag betalade igår.",
    ),
    (f"Stopp\n\nDen 2026-03-02 kl. 10:00, skrev Elm:\n{QUOTED}", "Stopp"),
    (f"Ya pagué\n\nEl lun, 2 mar 2026 a las 10:00, Elm (<b@elm.example>) escribió:\n\n{QUOTED}", "Ya pagué"),
    (
        f"PLAN\n\nEnviado desde mi iPhone\n\n> El 2 mar 2026, a las 10:00, {HTML_HEAD} escribió:\n{QUOTED}",
        "PLAN",
    ),
    (f"PLAN\n\nSent from my iPhone\n\n> On 2 Mar 2026, at 10:00, {HTML_HEAD} wrote:\n{QUOTED}", "PLAN"),
    (
        f"DELBETALA\n\nSkickat från min iPhone\n\n> 2 mars 2026 kl. 10:00 skrev {HTML_HEAD}:\n{QUOTED}",
        "DELBETALA",
    ),
    (
        f"What do I owe?\n\n______________\nFrom: {HTML_HEAD}\nSent: Monday\nTo: Ada\nSubject: A\n\nYou",
        "What do I owe?",
    ),
    (f"Vad?\n\nFrån: {HTML_HEAD}\nSkickat: den 2 mars\nTill: Ada\nÄmne: Ett\n\nDu har", "Vad?"),
    (f"¿Cuánto?\n\n*De:* {HTML_HEAD}\n*Enviado:* lunes\n*Para:* Ada\n*Asunto:* Un\n\nTiene", "¿Cuánto?"),
    ("stop\n\n-----Original Message-----\nFrom: Elm\nSent: Monday\nTo: Ada\nSubject: x\n\nYou", "stop"),
    ("STOP\n\nGet Outlook for iOS<https://aka.example/o>\n________\nFrom: E\nSent: M\nTo: A\n\nx", "STOP"),
    ("1980-02-28\n\n-- \nAda Lind\nTel 555 0142\n", "1980-02-28"),
    ("I pay on the 25th.\n\nBest regards,\nAda Lind\n", "I pay on the 25th."),
    ("Jag betalar den 25:e.\n\nMed vänlig hälsning\nAda Lind\n", "Jag betalar den 25:e."),
    ("Pago el 25.\n\nSaludos,\nAda Lind\nCalle Mayor 1\n", "Pago el 25."),
    ("> You have a bill\n> Reply\n\nI paid it last week.\n", "I paid it last week."),
    (f"On 02/03/2026 10:00, Elm wrote:\n{QUOTED}\nI paid it last week.\n", "I paid it last week."),
    ("From what I can see the bill is wrong.\nRegards to the doctor.", None),
    ("Thanks", "Thanks"),
    ("My wife wrote: no\nand she is right", None),
    ("De: nada", None),
    ("", ""),
    (QUOTED, ""),
]


@each_row(("mail", "answer"), WRAPPED)
def test_what_was_written_anew_is_what_is_read(mail: str, answer: str | None) -> None:
    """Heads, quotations, signatures and device lines are left out; sentences that look alike stay."""
    assert answer_in(mail) == (mail if answer is None else answer)
    assert answer_in(mail.replace("\n", "\r\n")) == (mail if answer is None else answer)


@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    """Nothing breaks the reading, and nothing is put in that was not written."""
    found = answer_in(text)
    assert set(found.split()) <= set(text.split())


@each_row(
    "subject",
    [
        "Out of Office: Re: A message",
        "Automatic reply: A message",
        "Autosvar: Ett meddelande",
        "Fuera de la oficina",
    ],
)
def test_an_absence_is_known_by_its_subject(subject: str) -> None:
    """In any language we speak."""
    assert away(subject)
    assert not away("Re: A message from Elm Street Clinic")


def test_every_language_names_what_stands_around_an_answer() -> None:
    """No language lacks a list that another has."""
    names = {tuple(sorted(tomllib.loads((WORDING / one / "mail.toml").read_text()))) for one in languages()}
    assert len(names) == 1
