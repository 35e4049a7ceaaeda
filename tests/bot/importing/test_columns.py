"""The columns of CSV files: described as the code reads them, asked about, and wishes taken over."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.claims import csv_answers
from bot.importing import (
    code_files,
    collector_statements,
    columns,
    csv_files,
    days,
    open_items_file,
    prices_file,
    subscriptions_file,
)
from bot.importing.fields import Fields
from handlers.context import Context
from handlers.people import consent
from storage import tables
from tests.bot.importing.folder import Folder, counts
from tests.commands import Shell
from tests.world import NOON

if TYPE_CHECKING:
    from storage.database.transaction import Database

ROOT = Path(__file__).resolve().parents[3]
READERS = {
    "bot/importing/csv_files.py": ("customers", "coverages", "bills", "charges", "services"),
    "bot/importing/coverage_terms.py": ("coverages",),
    "bot/importing/preferences.py": ("customers",),
    "bot/importing/payments_file.py": ("payments",),
    "bot/importing/prices_file.py": ("prices",),
    "bot/importing/subscriptions_file.py": ("tariffs", "subscriptions", "readings"),
    "bot/importing/collector_statements.py": ("remittances", "activity"),
    "bot/importing/code_files.py": ("codes", "crosswalk"),
    "bot/importing/open_items_file.py": ("open_items",),
    "bot/claims/csv_answers.py": ("answers",),
}
READ = {
    name
    for name, method in inspect.getmembers(Fields, inspect.isfunction)
    if list(inspect.signature(method).parameters)[1:2] == ["name"]
}
"""The methods that read a column by its name."""


def _read_in(file: str) -> set[str]:
    """The columns that a reader asks its fields for by name."""
    found = set()
    for node in ast.walk(ast.parse((ROOT / file).read_text(encoding="utf-8"))):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="fields"), attr=how),
                args=[ast.Constant(value=str(name)), *_],
            ) if how in READ:
                found.add(name)
    return found


def test_every_column_that_is_read_is_described() -> None:
    """No reader asks for a column that the page does not have."""
    for file, kinds in READERS.items():
        known = {name for kind in kinds for name in columns.kinds()[kind].known}
        assert _read_in(file) <= known, file


def test_the_columns_that_must_be_there_are_marked() -> None:
    """What a reader insists on is what is marked as needed, for each kind of file."""
    needed = dict(csv_files.REQUIRED) | {
        "prices": prices_file.REQUIRED,
        **subscriptions_file.REQUIRED,
        "answers": csv_answers.REQUIRED,
        "remittances": collector_statements.REMITTANCES,
        "activity": collector_statements.ACTIVITY,
        "crosswalk": code_files.CROSSWALK,
        "codes": ("code",),
        "open_items": open_items_file.COLUMNS,
    }
    assert {kind: set(found.required) for kind, found in columns.kinds().items()} == {
        kind: set(names) for kind, names in needed.items()
    }


def test_the_page_is_what_the_command_prints(tmp_path: Path) -> None:
    """docs/columns.md and ``kvitt import --columns`` are the same."""
    page = (ROOT / "docs/columns.md").read_text(encoding="utf-8")
    assert page.endswith(f"\n\n{columns.described()}")
    done = Shell(tmp_path)("import", "--columns")
    assert (done.returncode, done.stdout) == (0, columns.described())


@pytest.mark.parametrize(
    ("kind", "name", "expected"),
    [
        ("customers", "mobile", "phone"),
        ("customers", "Cell Phone", "phone"),
        ("customers", "phne", "phone"),
        ("customers", "E-Mail", "email"),
        ("customers", "födelsedatum", "birth_date"),
        ("customers", "do_not_text", "opted_out"),
        ("customers", "segment", ""),
        ("customers", "ward", ""),
        ("bills", "Due Date", "due_on"),
        ("bills", "Balance Due", "amount"),
        ("bills", "colour", ""),
        ("payments", "Betaldatum", "paid_on"),
    ],
)
def test_a_name_that_looks_like_a_column_is_known_again(kind: str, name: str, expected: str) -> None:
    """By what other systems call it, whatever case and signs; by likeness where it is a slip."""
    assert columns.meant(kind, name) == expected


def test_every_other_name_leads_to_one_column() -> None:
    """A name of another system is listed for one column of a kind only, and is none of ours by itself."""
    for kind in columns.kinds().values():
        names = [columns.plain(name) for column in kind.columns for name in column.names]
        assert sorted(names) == sorted(set(names)), kind.name


def test_an_unknown_column_is_asked_about(folder: Folder) -> None:
    """It is kept as a tag all the same; one that guards people is waited for instead."""
    folder.holds("customers.csv", "customer_id,name,mobile,segment", "ada,Ada Lind,+15035550142,gold")
    found = folder.imported()
    assert found.notes == [
        "customers.csv: column 'mobile': did you mean phone? it was kept as a tag; rename it there"
    ]
    assert folder.rows(tables.Customer, "note") == ["mobile=+15035550142; segment=gold"]


WISHES = "customer_id,name,phone,opted_out,opted_out_on,prefers_from,prefers_until,email,email_consent_on,email_consent_basis"  # noqa: E501


def test_opt_outs_hours_and_consents_come_along(folder: Folder) -> None:
    """Who opted out elsewhere is silent here, hours narrow, an e-mail consent counts; all of it once."""
    folder.holds(
        "customers.csv",
        WISHES,
        "ada,Ada,+15035550142,yes,,9:00,17.30,,,",
        "bo,Bo,+15035550177,,2026-01-02,,,,,",
        "cy,Cy,+15035550188,no,,,,cy@example.org,2026-01-02,form",
    )
    assert counts(folder.imported()) == {"customers": (3, 0, 0, 0)}
    row = folder.rows(tables.Customer, "id", "stopped_at", "prefers_from", "prefers_until")
    assert [(one[0], one[1] is not None, str(one[2])) for one in row] == [
        ("ada", True, "09:00:00"),
        ("bo", True, "None"),
        ("cy", False, "None"),
    ]
    assert folder.rows(tables.Consent, "customer_id", "basis") == [("cy", "form")]
    assert counts(folder.imported()) == {"customers": (0, 0, 3, 0)}


def test_what_the_customer_said_here_outlasts_the_export(folder: Folder, database: Database) -> None:
    """After a START the same opt-out counts no more; a newer one does."""
    folder.holds("customers.csv", WISHES, "bo,Bo,+15035550177,,2026-01-02,,,,,")
    folder.imported()
    (point,) = folder.rows(tables.ContactPoint, "id")
    with database.write() as session:
        consent.start(Context(session, folder.installation, lambda: NOON), point, "text")
    assert counts(folder.imported()) == {"customers": (0, 0, 1, 0)}
    assert folder.rows(tables.Customer, "stopped_at") == [None]
    folder.holds("customers.csv", WISHES, f"bo,Bo,+15035550177,,{NOON:%Y-%m-%d},,,,,")
    folder.imported()
    assert folder.rows(tables.Customer, "stopped_at") == [None]  # it is not after the START of that day


def test_a_column_that_comes_later_is_a_change(folder: Folder) -> None:
    """A consent, a concern or hours for somebody known: "0 changed" would be untrue."""
    folder.holds("customers.csv", "customer_id,name,phone", "ada,Ada,+15035550142")
    folder.imported()
    for header, value in (
        ("sms_consent_on,sms_consent_basis", "2026-01-02,form"),
        ("concerns", "military"),
        ("prefers_from,prefers_until", "09:00,12:00"),
        ("opted_out", "yes"),
    ):
        folder.holds("customers.csv", f"customer_id,name,phone,{header}", f"ada,Ada,+15035550142,{value}")
        assert counts(folder.imported()) == {"customers": (0, 1, 0, 0)}, header
        assert counts(folder.imported()) == {"customers": (0, 0, 1, 0)}, header


@pytest.mark.parametrize(
    "text",
    [
        "0000-00-00",
        "0001-01-01",
        "01/01/0001",
        "1900-01-00",
        "00.00.0000",
        "1899-12-30",
        "12/30/1899",
        "00000000",
        "1900-01-01 00:00:00",
        "1753-01-01",
    ],
)
def test_a_day_that_says_none_is_taken_as_empty_and_told(folder: Folder, text: str) -> None:
    """Where it may be empty; where it is needed the row is set aside with the reason."""
    assert days.says_none(text)
    folder.holds("customers.csv", "customer_id,name,birth_date", f"ada,Ada,{text}", f"bo,Bo,{text}")
    folder.holds(
        "bills.csv", "bill_id,customer_id,issued_on,due_on,currency,amount", f"B1,ada,2026-01-01,{text},USD,5"
    )
    found = folder.imported()
    assert (
        f"customers.csv:2: birth_date: {text!r} says that there is no day, and was taken as empty (in 2 rows)"
        in found.notes
    )
    assert found.lines == [f"bills.csv:2: due_on: {text!r} is how a system writes no day; write the day"]
    assert folder.rows(tables.Customer, "birth_date") == [None, None]


@pytest.mark.parametrize(
    "text", ["1984-02-28", "2000-01-01", "28/02/1984", "1970-01-01", "tomorrow", "10/10/2010", "0"]
)
def test_a_day_is_a_day(text: str) -> None:
    """What somebody may have meant is no empty kind (but zero alone)."""
    assert days.says_none(text) is (text == "0")


def test_a_file_that_is_named_twice_counts_once(folder: Folder) -> None:
    """Alone and in its folder, in another spelling and by a link."""
    file = folder.holds("customers.csv", "customer_id,name", "ada,Ada")
    link = folder.path / "customers-again.csv"
    link.symlink_to(file)
    found = folder.imported(file, folder.path, folder.path / ".." / folder.path.name / "customers.csv", link)
    assert counts(found) == {"customers": (1, 0, 0, 0)}


def test_the_command_says_what_it_would_do_and_ends_with_one_where_nothing_was_taken(tmp_path: Path) -> None:
    """Changed rows by place, the sum of new bills; a file of which every row is set aside is a failure."""
    kvitt = Shell(tmp_path)
    (tmp_path / "customers.csv").write_text("customer_id,name\nada,Ada\n")
    (tmp_path / "bills.csv").write_text(
        "bill_id,customer_id,issued_on,due_on,currency,amount\nB1,ada,2026-01-01,2026-01-31,USD,5\n"
    )
    assert kvitt("import", "customers.csv").returncode == 0
    (tmp_path / "customers.csv").write_text("customer_id,name\nada,Ada Lind\n")
    dry = kvitt("import", "--dry-run", "customers.csv", "bills.csv")
    assert dry.stdout.splitlines() == [
        "customers: 0 new, 1 changed, 0 as before, 0 set aside",
        "bills: 1 new, 0 changed, 0 as before, 0 set aside",
        "customers.csv:2: ada would change",
        "new bills come to 5.00 USD",
        "dry run: nothing was saved",
    ]
    (tmp_path / "bills.csv").write_text(
        "bill_id,customer_id,issued_on,due_on,currency,amount\nB1,bo,2026-01-01,2026-01-31,USD,5\n"
    )
    wrong = kvitt("import", "bills.csv")
    assert (wrong.returncode, "every row was set aside" in wrong.stderr) == (1, True)
