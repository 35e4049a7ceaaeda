"""A made-up language in a folder beside the others is a language like them, from files to conversations."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from messages import languages
from storage import tables
from storage.database.transaction import Database
from tests import made_up_language
from tests.commands import Shell
from tests.keys import KEYS

if TYPE_CHECKING:
    from pathlib import Path

CUSTOMERS = """customer_id,name,birth_date,phone,country,region,language
1,Ada Lind,1980-02-28,+15035550142,US,CA,kvt-US
2,Bo Berg,1971-11-03,+15035550143,US,CA,en
"""
BILLS = """bill_id,customer_id,issued_on,due_on,currency,amount,description
B1,1,2026-09-01,2026-10-01,USD,600.00,Visit
B2,2,2026-09-01,2026-10-01,USD,80.50,Visit
"""
PATIENT = {
    "resourceType": "Patient",
    "id": "3",
    "name": [{"family": "Ek", "given": ["Eva"]}],
    "birthDate": "1990-01-02",
    "telecom": [{"system": "phone", "value": "+15035550144"}],
    "address": [{"state": "CA", "country": "US"}],
    "communication": [{"language": {"coding": [{"code": "kvt"}]}}],
}


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """A clinic that speaks the made-up language: two customers of CSV files, one of a FHIR bundle."""
    shell = _speaking(tmp_path_factory.mktemp("clinic"))
    (shell.folder / "customers.csv").write_text(CUSTOMERS)
    (shell.folder / "bills.csv").write_text(BILLS)
    (shell.folder / "eva.json").write_text(
        json.dumps({"resourceType": "Bundle", "type": "collection", "entry": [{"resource": PATIENT}]})
    )
    for files in (["customers.csv", "bills.csv"], ["eva.json", "--format", "fhir"]):
        done = shell("import", *files)
        assert done.returncode == 0, done.stderr
    return shell


def _speaking(folder: Path) -> Shell:
    made_up_language.write(folder / "languages")
    shell = Shell(folder)
    shell.usual = {"languages_folder": "languages", "policy": "us"}
    return shell


def _chat(shell: Shell, customer: str, *texts: str) -> list[str]:
    """The answers to a customer's texts, one for each."""
    done = shell("chat", "--live", "--as", customer, typed="\n".join(texts))
    assert done.returncode == 0, done.stderr
    return done.stdout.split("\n> ")[1:]


def test_imports_keep_it(clinic: Shell) -> None:
    """A customer of a CSV file, and one of a FHIR bundle, are spoken to in it."""
    with Database(f"sqlite:///{clinic.folder}/kvitt.db", KEYS).read() as session:
        spoken = dict(session.execute(select(tables.Customer.id, tables.Customer.language)).all())
    assert spoken == {"1": "kvt", "2": "en", "3": "kvt"}


def test_it_is_offered_and_spoken(clinic: Shell) -> None:
    """The question for a language offers it last, the reply is in it, and it has names for the others."""
    asked, chosen, swedish = _chat(clinic, "2", "another language", "kvittish please", "svedva")
    names = [*(languages.about(one).label for one in languages.offered().values()), "Kvitta"]
    assert asked.splitlines()[2 : 2 + len(names)] == [f"{at}) {name}" for at, name in enumerate(names, 1)]
    assert "Bone, mi skribos kvitte." in chosen
    assert "Okej, jag skriver till dig på svenska" in swedish
    (named_at_once,) = _chat(clinic, "2", "can you write in kvittish please")
    assert "Bone, mi skribos kvitte." in named_at_once


def test_it_is_understood_where_it_has_words(clinic: Shell) -> None:
    """An intent, a day, an amount, an ordinal and words that mean one thing alone are read in it."""
    _, balance, day, *_ = _chat(clinic, "1", "kiom mi suldas", "1980-02-28", "mi pagos morgau")
    assert "Restas $600.00" in balance
    assert "How much will you pay that day?" in day
    left, _, amount, ordinal, stopped = _chat(
        clinic, "1", "lasu", "pagi parte", "kvindek dolaroj", "tria", "mevu"
    )
    assert "I have dropped that" in left
    assert "Which day of the month" in amount
    assert "First: $50.00" in ordinal
    assert " 3, " in ordinal
    assert "1) Jes" in ordinal
    assert "we won't text you any more" in stopped


def test_its_stop_word_stops_in_every_language(clinic: Shell) -> None:
    """Who writes to us in English or not at all can stop us in it."""
    stopped = clinic("understand", "--json", "--language", "sv", typed="Mevu!")
    assert json.loads(stopped.stdout)["intent"] == "stop"


@pytest.mark.parametrize(
    ("file", "taken_out", "line"),
    [
        ("menu.toml", None, "kvt/menu.toml cannot be read: there is no such file"),
        (
            "language.toml",
            'label = "Kvitta"',
            "kvt/language.toml cannot be read: label is missing: write a text",
        ),
        (
            "choices.toml",
            'label = "Pay more each month"',
            "kvt/choices.toml cannot be read: fewer.label is missing",
        ),
        ("bill.toml", 'number = "Bill no."', "kvt/bill.toml cannot be read: number is missing"),
    ],
)
def test_what_it_lacks_is_refused_with_file_and_key(
    tmp_path: Path, file: str, taken_out: str | None, line: str
) -> None:
    """A language that is not complete stops every command, in one line."""
    shell = _speaking(tmp_path)
    lacking = tmp_path / "languages" / "kvt" / file
    if taken_out is None:
        lacking.unlink()
    else:
        text = lacking.read_text(encoding="utf-8")
        assert taken_out in text
        lacking.write_text(text.replace(taken_out, ""), encoding="utf-8")
    refused = shell("understand", typed="mevu")
    assert refused.returncode == 1
    assert line in refused.stderr
    assert refused.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("file", "content", "line"),
    [
        (
            "language.j2",
            "{% block set %}Bone.{% endblock %}",
            "fix words: language.which has no wording in 'kvt': add block which to kvt/language.j2",
        ),
        ("reading.toml", "month_first = 2", "fix words: kvt/reading.toml cannot be read: month_first"),
        (
            "phrases.toml",
            "breaks = []",
            "fix words: kvt/phrases.toml cannot be read: negations is missing: write a table",
        ),
    ],
)
def test_what_it_can_neither_say_nor_read_is_refused_before_anything_is_served(
    tmp_path: Path, file: str, content: str, line: str
) -> None:
    """The doctor names the place, as a process that serves does."""
    shell = _speaking(tmp_path)
    (tmp_path / "languages" / "kvt" / file).write_text(content)
    assert line in shell("doctor").stdout
