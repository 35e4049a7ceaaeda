"""Kvitt's own CSV files, row by row."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from billing.accounts.channels import Channel
from billing.refusals import Refusal
from bot.importing.intake import import_paths
from bot.importing.stages import CannotVouch, NoBasis
from bot.importing.table import FileRefused, MissingColumns, UnknownFormat
from bot.importing.tally import keep_rejects
from handlers.context import fixed
from storage import tables
from tests.bot.importing.folder import ADA, B1, BILLS, CHARGES, COVERAGES, CUSTOMERS, Folder, counts
from tests.world import NOON

if TYPE_CHECKING:
    from collections.abc import Sequence

FAMILY = (
    "customer_id,name,birth_date,guarantor_id",
    "kid,Kim Lind,2020-01-01,ada",
    "ada,Ada Lind,1980-02-28,ada",
)


def test_all_four_files_are_registered_in_order(folder: Folder) -> None:
    """Customers come before coverages, bills and charges, whatever the files are called."""
    folder.holds("a charges.csv", f"{CHARGES},quantity", "L1,B1,2026-01-01,Visit,150.00,4")
    folder.holds("bills.csv", BILLS, B1)
    folder.holds("coverages.csv", COVERAGES, "V1,ada,P1,Acme Health,2020-01-01")
    folder.holds("people.csv", CUSTOMERS, ADA)
    tally = folder.imported()
    assert counts(tally) == dict.fromkeys(("customers", "coverages", "bills", "charges"), (1, 0, 0, 0))
    assert folder.rows(tables.Entry, "kind", "amount", "currency") == [("charge", 60000, "USD")]
    assert folder.rows(tables.Charge, "id", "unit_amount", "amount") == [("L1", 15000, 60000)]
    assert folder.rows(tables.Payer, "id", "name", "kind") == [("P1", "Acme Health", "insurer")]
    (next_action_at,) = folder.rows(tables.Account, "next_action_at")
    assert next_action_at is not None


def test_a_bill_that_is_open_is_asked_of_its_payer(folder: Folder) -> None:
    """Once all its lines are in, however many transactions they take; what was issued is left alone."""
    folder.holds("customers.csv", CUSTOMERS, ADA)
    folder.holds("coverages.csv", COVERAGES, "V1,ada,P1,Acme Health,2020-01-01")
    folder.holds("bills.csv", f"{BILLS},state", f"{B1},open", f"{B1.replace('B1', 'B2')},")
    lines = ("L1,B1,2026-01-01,Visit,350.00", "L2,B1,2026-01-01,Test,250.00", "L3,B2,2026-01-01,Visit,600.00")
    folder.holds("charges.csv", CHARGES, *lines)
    assert folder.imported(dry_run=True, batch_size=1).notes == [
        "1 new claim on payers: see kvitt claims list"
    ]
    assert folder.rows(tables.Claim, "key") == []
    assert folder.imported(batch_size=1).notes == ["1 new claim on payers: see kvitt claims list"]
    assert folder.rows(tables.Claim, "bill_id", "amount", "state") == [("B1", 60000, "ready")]
    again = folder.imported(batch_size=1)
    assert (counts(again)["bills"], again.notes) == ((0, 0, 2, 0), [])
    assert folder.rows(tables.UnclaimedBill, "bill_id") == []


def test_an_open_bill_needs_no_days(folder: Folder) -> None:
    """The billing run sets them; one that is issued has to bring its own."""
    folder.holds("customers.csv", CUSTOMERS, ADA)
    day = B1.split(",")[2]
    bare = B1.replace(day, "").replace(B1.split(",")[3], "")
    folder.holds("bills.csv", f"{BILLS},state", f"{bare},open", f"{bare.replace('B1', 'B2')},issued")
    assert folder.imported().lines == ["bills.csv:3: issued_on: is empty; it is required"]
    assert folder.rows(tables.Bill, "id", "state") == [("B1", "open")]


def test_an_open_bill_was_sent_to_nobody(folder: Folder) -> None:
    """What was sent is issued: a row that says otherwise is set aside."""
    folder.holds("customers.csv", CUSTOMERS, ADA)
    folder.holds("bills.csv", f"{BILLS},state,sent_on", f"{B1},open,2026-01-02")
    (line,) = folder.imported().lines
    assert line == "bills.csv:2: sent_on: is 2026-01-02, but state is open: what was sent is issued"


def test_importing_twice_changes_nothing(folder: Folder) -> None:
    """What is known already is counted as the same."""
    folder.holds("customers.csv", f"{CUSTOMERS},phone,concerns", f"{ADA},+15035550142,deaf")
    folder.holds("bills.csv", BILLS, B1)
    folder.holds("charges.csv", CHARGES, "L1,B1,2026-01-01,Visit,600.00", "L2,B1,2026-01-01,Gift,0")
    folder.holds("coverages.csv", COVERAGES, "V1,ada,P1,Acme Health,2020-01-01")
    folder.imported()
    before = folder.rows(tables.Entry, "id", "amount"), folder.rows(tables.ContactPoint, "id", "address")
    again = counts(folder.imported())
    assert again == {
        "customers": (0, 0, 1, 0),
        "coverages": (0, 0, 1, 0),
        "bills": (0, 0, 1, 0),
        "charges": (0, 0, 2, 0),
    }
    assert (
        folder.rows(tables.Entry, "id", "amount"),
        folder.rows(tables.ContactPoint, "id", "address"),
    ) == before


def test_a_changed_customer_is_brought_up_to_date(folder: Folder) -> None:
    """A later file knows better where somebody lives."""
    folder.holds("customers.csv", f"{CUSTOMERS},city", f"{ADA},Salem")
    folder.imported()
    folder.holds("customers.csv", f"{CUSTOMERS},city", f"{ADA},Visalia")
    assert counts(folder.imported()) == {"customers": (0, 1, 0, 0)}
    assert folder.rows(tables.Customer, "city") == ["Visalia"]


def test_a_guarantor_may_stand_below_those_they_answer_for(folder: Folder) -> None:
    """Families are registered from the guarantor down, across files too."""
    folder.holds("customers.csv", *FAMILY)
    folder.holds("more customers.csv", "customer_id,name,guarantor_id", "bo,Bo Lind,ada")
    folder.holds("bills.csv", BILLS, B1.replace("ada", "kid"))
    assert folder.imported().lines == []
    assert folder.rows(tables.Customer, "id", "guarantor_id") == [
        ("ada", None),
        ("bo", "ada"),
        ("kid", "ada"),
    ]
    assert folder.rows(tables.Account, "customer_id", "guarantor_id") == [("kid", "ada")]


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (["kid,Kim,,nobody"], "'nobody'"),
        (["teen,Tea,2015-01-01,", "kid,Kim,,teen"], "they are a minor"),
        (["ada,Ada,,", "bo,Bo,,ada", "kid,Kim,,bo"], "somebody else answers for theirs"),
        (["ada,Ada,,", "kid,Kim,,bo", "bo,Bo,,ada"], "'bo'"),
    ],
)
def test_who_cannot_answer_is_refused(folder: Folder, lines: Sequence[str], reason: str) -> None:
    """A guarantor is a known adult who answers for themselves."""
    folder.holds("customers.csv", FAMILY[0], *lines)
    (line,) = folder.imported().lines
    assert "guarantor_id: " in line
    assert reason in line


def test_a_guarantor_cannot_be_given_one(folder: Folder) -> None:
    """Who answers for somebody answers for themselves as well."""
    folder.holds("customers.csv", *FAMILY, "cy,Cy,,")
    folder.imported()
    folder.holds("customers.csv", FAMILY[0], "ada,Ada Lind,1980-02-28,cy")
    assert folder.imported().lines == [
        "customers.csv:2: guarantor_id: 'cy' cannot answer for the bills: 'ada' answers for somebody too"
    ]


def test_whoever_answers_already_may_be_told_again_after_a_death(folder: Folder) -> None:
    """A guarantor who has died does not keep the child's own row from being brought up to date."""
    columns = "customer_id,name,birth_date,city,guarantor_id,died_on"
    child = "kid,Kim Lind,2019-05-05,{},ada,"
    folder.holds("customers.csv", columns, "ada,Ada Lind,1980-02-28,,,", child.format("Bend"))
    folder.imported()
    folder.holds("customers.csv", columns, "ada,Ada Lind,1980-02-28,,,2026-01-02", child.format("Salem"))
    again = folder.imported()
    assert not again.lines
    assert again.counts["customers"].changed == 2


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("birth_date", "31/12/1980", "'31/12/1980' is no date; write YYYY-MM-DD"),
        ("birth_date", "2025-02-29", "'2025-02-29' is no date; write YYYY-MM-DD"),
        ("birth_date", "19801231", "'19801231' is no date; write YYYY-MM-DD"),
        ("birth_date", "2030-01-01", "2030-01-01 is in the future; check the year"),
        ("died_on", "2030-01-01", "2030-01-01 is in the future; check the year"),
        ("died_on", "1979-01-01", "1979-01-01 is before birth_date 1980-02-28"),
        ("phone", "5", "'5' is no phone number; write it with its country code, like +15035550142"),
        ("email", "ada at home", "'ada at home' is no e-mail address; write one like ada@example.org"),
        ("language", "English", "'English' is no language; write its code, like en or sv"),
        ("timezone", "Mars/Olympus", "'Mars/Olympus' is no time zone; write one like America/Los_Angeles"),
        ("timezone", "../etc/passwd", "'../etc/passwd' is no time zone; write one like America/Los_Angeles"),
        ("timezone", "America", "'America' is no time zone; write one like America/Los_Angeles"),
        ("country", "USA", "'USA' is no country; write its two letters, like US"),
        ("region", "California", "'California' is no region of US; write its code, like CA"),
        ("region", "SE-AB", "'SE-AB' is no region of US; write its code, like CA"),
        ("sms_consent_on", "2026-01-01", "sms_consent_basis"),
        ("concerns", ":no kind", "':no kind' has no kind; write kind or kind:detail"),
        ("name", "", "is empty; it is required"),
        ("note", "x\0y", "contains a NUL character; remove it"),
    ],
)
def test_a_bad_field_of_a_customer_is_refused(folder: Folder, column: str, value: str, reason: str) -> None:
    """The row is set aside with the field and what to write instead; the others count."""
    row = {"customer_id": "bo", "name": "Bo", "birth_date": "1980-02-28", "country": "US", column: value}
    folder.holds("customers.csv", ",".join(row), ",".join(row.values()), "ada,Ada,,US" + "," * (len(row) - 4))
    (line,) = folder.imported().lines
    assert line.startswith("customers.csv:2: ")
    assert column.replace("consent_on", "consent_basis") in line
    assert reason in line
    assert folder.rows(tables.Customer, "id") == ["ada"]


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("customer_id", "nobody", "no customer 'nobody' is registered; import them first"),
        ("due_on", "2025-12-31", "2025-12-31 is before issued_on 2026-01-01"),
        ("due_on", "", "is empty; it is required"),
        ("due_on", "9999-12-31", "9999-12-31 is a hundred years or more away; check the year"),
        ("issued_on", "0026-01-01", "0026-01-01 is a hundred years or more away; check the year"),
        ("currency", "dollars", "'DOLLARS' is no currency of ISO 4217; write its three letters, like USD"),
        ("currency", "SKR", "'SKR' is no currency of ISO 4217; write its three letters, like USD"),
        ("amount", "0.00", "'0.00' is not above zero"),
        ("amount", "-5", "'-5' is not above zero"),
        ("amount", "12.345", "it is finer than the currency; write it with 2 decimals"),
        ("amount", '"1,50"', "write digits and a decimal point, like 1250.00"),
        ("fee_agreed_at_origin", "maybe", "'maybe' is neither yes nor no; write yes or no"),
        ("estimate_amount", "much", "write digits and a decimal point, like 1250.00"),
        ("state", "closed", "'closed' is unknown; write one of issued, open"),
    ],
)
def test_a_bad_field_of_a_bill_is_refused(folder: Folder, column: str, value: str, reason: str) -> None:
    """A bill that cannot be booked to the cent and the day is set aside."""
    folder.holds("customers.csv", CUSTOMERS, ADA)
    row = dict(zip(BILLS.split(","), B1.split(","), strict=True)) | {column: value}
    folder.holds("bills.csv", ",".join(row), ",".join(row.values()))
    (line,) = folder.imported().lines
    assert line.startswith(f"bills.csv:2: {column}: ")
    assert line.endswith(reason)
    assert folder.rows(tables.Account, "id") == []


@pytest.mark.parametrize(
    ("name", "header", "row", "expected"),
    [
        ("charges.csv", CHARGES, "L1,B9,2026-01-01,Visit,1.00", "bill_id: no bill 'B9' is registered"),
        (
            "charges.csv",
            CHARGES,
            "L1,B1,2026-01-01,Visit,1.001",
            "unit_amount: '1.001' is not an amount in USD",
        ),
        (
            "charges.csv",
            f"{CHARGES},quantity",
            "L1,B1,2026-01-01,Visit,1,two",
            "quantity: 'two' is no quantity",
        ),
        (
            "charges.csv",
            f"{CHARGES},quantity",
            "L1,B1,2026-01-01,Visit,9999999999999,999999",
            "quantity: is larger than any bill",
        ),
        ("coverages.csv", COVERAGES, "V1,nobody,P1,Acme,2020-01-01", "customer_id: no customer 'nobody'"),
        (
            "coverages.csv",
            f"{COVERAGES},ends_on",
            "V1,ada,P1,Acme,2020-01-01,2019-01-01",
            "ends_on: 2019-01-01",
        ),
        ("coverages.csv", f"{COVERAGES},payer_kind", "V1,ada,P1,Acme,2020-01-01,bank", "payer_kind: 'bank'"),
        ("coverages.csv", f"{COVERAGES},priority", "V1,ada,P1,Acme,2020-01-01,first", "priority: 'first'"),
    ],
)
def test_bad_charges_and_coverages_are_refused(
    folder: Folder, name: str, header: str, row: str, expected: str
) -> None:
    """Lines and coverages are checked as customers and bills are."""
    folder.holds("customers.csv", CUSTOMERS, ADA)
    folder.holds("bills.csv", BILLS, B1)
    folder.holds(name, header, row)
    (line,) = folder.imported().lines
    assert line.startswith(f"{name}:2: {expected}")


@pytest.mark.parametrize(
    ("name", "rows", "reason"),
    [
        (
            "bills.csv",
            (BILLS, B1.replace("600.00", "700.00")),
            "bill_id: 'B1' is registered with other figures",
        ),
        ("bills.csv", (BILLS, B1.replace("ada", "bo")), "bill_id: 'B1' is registered with other figures"),
        (
            "charges.csv",
            (CHARGES, "L1,B1,2026-01-01,Visit,2.00"),
            "charge_id: 'L1' is registered with other figures",
        ),
        (
            "bills.csv",
            (BILLS, "B2,ada,2026-01-01,2026-01-31,SEK,600.00"),
            "currency: found SEK, but this account is kept in USD",
        ),
    ],
)
def test_what_is_registered_is_not_told_differently(
    folder: Folder, name: str, rows: Sequence[str], reason: str
) -> None:
    """A later file cannot change what a bill asks for, nor open an account by trying."""
    folder.holds("customers.csv", CUSTOMERS, ADA, "bo,Bo Ek")
    folder.holds("bills.csv", BILLS, B1)
    folder.holds("charges.csv", CHARGES, "L1,B1,2026-01-01,Visit,1.00")
    folder.imported()
    (line,) = folder.imported(folder.holds(name, *rows)).lines
    assert line.startswith(f"{name}:2: {reason}")
    assert folder.rows(tables.Entry, "amount") == [60000]
    assert folder.rows(tables.Account, "customer_id") == ["ada"]


def test_the_same_id_twice_in_a_file(folder: Folder) -> None:
    """A row that is repeated changes nothing; one that contradicts an earlier one is set aside."""
    folder.holds("customers.csv", CUSTOMERS, ADA, "bo,Bo", ADA, "bo,Bob")
    tally = folder.imported()
    assert counts(tally) == {"customers": (2, 0, 1, 1)}
    assert tally.lines == [
        "customers.csv:5: customer_id: 'bo' is on line 3 with other content; keep one of them"
    ]


def test_bad_rows_are_kept_aside_and_can_come_again(folder: Folder) -> None:
    """The rejects file has the row as it was, line, field and reason; corrected, it can be imported."""
    file = folder.holds(
        "customers.csv", f"{CUSTOMERS},birth_date", f"{ADA},31/12/1980", "bo,Bo,1990-01-01,more"
    )
    rejected = folder.imported()
    assert len(rejected.lines) == 2
    aside = folder.path / "customers.csv.rejects.csv"
    with aside.open(encoding="utf-8", newline="") as text:
        rows = list(csv.reader(text))
    assert rows == [
        ["customer_id", "name", "birth_date", "line", "field", "reason"],
        ["ada", "Ada Lind", "31/12/1980", "2", "birth_date", "'31/12/1980' is no date; write YYYY-MM-DD"],
        ["bo", "Bo", "1990-01-01", "more", "3", "row", rejected.rejects[1].reason],
    ]
    aside.write_text(aside.read_text().replace("31/12/1980", "1980-12-31").replace(",more", ""))
    assert folder.imported(aside).lines == []
    assert folder.rows(tables.Customer, "id", "note") == [("ada", ""), ("bo", "")]
    folder.holds("customers.csv", CUSTOMERS, ADA)
    folder.imported(file)
    assert not aside.exists()


def test_a_list_of_rejects_that_cannot_be_written_is_told(folder: Folder) -> None:
    """The import goes on; the operator hears that the list of rejects could not be kept."""
    folder.holds("customers.csv", CUSTOMERS, ADA, "bo,")
    rejects = folder.imported(dry_run=True).rejects
    (folder.path / "customers.csv.rejects.csv").mkdir()
    (note,) = keep_rejects([rejects[0].place.file], rejects)
    assert "customers.csv.rejects.csv: cannot be written (Is a directory)" in note


def test_a_dry_run_tells_the_same_and_leaves_nothing(folder: Folder) -> None:
    """Every verdict a real import would give, and neither a row nor a file after it."""
    folder.holds("customers.csv", CUSTOMERS, ADA, "bo,")
    folder.holds("bills.csv", BILLS, B1, "B2,bo,2026-01-01,2026-01-31,USD,1")
    tried = folder.imported(dry_run=True)
    assert folder.rows(tables.Customer, "id") == []
    assert not list(folder.path.glob("*.rejects.csv"))
    done = folder.imported()
    assert (counts(tried), tried.lines) == (counts(done), done.lines)
    assert counts(done) == {"customers": (1, 0, 0, 1), "bills": (1, 0, 0, 1)}


def test_windows_files_are_read(folder: Folder) -> None:
    """A byte order mark and CRLF line ends are no part of the text."""
    content = f'\ufeff{CUSTOMERS},address\r\nada,Åsa Öst,"Elm Street 1\r\nback door"\r\n\r\nbo,,\r\n,,\r\n'
    (folder.path / "customers.csv").write_bytes(content.encode())
    assert folder.imported().lines == ["customers.csv:5: name: is empty; it is required"]
    assert folder.rows(tables.Customer, "name", "address") == [("Åsa Öst", "Elm Street 1\r\nback door")]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"customer_id,name\nada,\x81sa\n", "customers.csv: is not UTF-8 text; save it as UTF-8"),
        (b"", "customers.csv: is empty; the first line must name the columns"),
        (b"customer_id,name,name\n", "customers.csv: column name is there twice; keep one"),
        (b'customer_id,name\nada,"Ada\n', "customers.csv: line 2 is no CSV"),
        (b"customer_id\nada\n", "customers.csv: column name is missing; expected customer_id, name"),
        (b"Kundnr;name\n", "is customer_id what you call 'Kundnr'?"),
        (
            b"customer_id,name,do_not_text\n",
            "column 'do_not_text': did you mean opted_out? It protects people",
        ),
    ],
)
def test_a_file_that_is_no_table_is_refused_as_a_whole(folder: Folder, content: bytes, reason: str) -> None:
    """Nothing of any file is imported when one cannot be read."""
    folder.holds("bills.csv", BILLS, B1)
    (folder.path / "customers.csv").write_bytes(content)
    with pytest.raises(FileRefused) as refusal:
        folder.imported()
    assert reason in str(refusal.value)
    assert folder.rows(tables.Customer, "id") == []


def test_a_missing_column_is_named(folder: Folder) -> None:
    """One line: the file, the column, and what was expected."""
    folder.holds("bills.csv", BILLS.replace("due_on,", ""))
    with pytest.raises(MissingColumns) as refusal:
        folder.imported()
    assert str(refusal.value) == (
        "bills.csv: column due_on is missing; "
        "expected bill_id, customer_id, issued_on, due_on, currency, amount"
    )


@pytest.mark.parametrize(
    ("name", "header", "reason"),
    [
        ("", "", "nothing to import; expected customers.csv"),
        ("payments.csv", "payment_id,reference,amount,currency,paid_on", "nothing to import"),
        ("x.csv", "what,ever", "x.csv: neither its name nor its columns show its kind"),
    ],
)
def test_nothing_to_import_is_told(folder: Folder, name: str, header: str, reason: str) -> None:
    """An empty folder, or one whose files are no business of the register, is refused in one line."""
    if name:
        folder.holds(name, header)
    with pytest.raises(Refusal) as refusal:
        folder.imported()
    assert reason in str(refusal.value)


def test_paths_and_formats_that_are_not_there(folder: Folder) -> None:
    """A wrong path, a folder as a file and an unknown format are one clear line each."""
    with pytest.raises(Refusal, match=r"gone\.csv: no such file or folder"):
        folder.imported(folder.path / "gone.csv")
    (folder.path / "bills.csv").mkdir()
    with pytest.raises(FileRefused, match=r"bills\.csv: cannot be read"):
        folder.imported()
    with pytest.raises(UnknownFormat, match="--format xls: not known; use one of csv, synthea"):
        import_paths(folder.database, folder.installation, [folder.path], "xls", fixed(NOON))


def test_unknown_columns_are_kept_as_notes(folder: Folder) -> None:
    """A customer keeps what the file says besides; of other files the operator hears what was not kept."""
    folder.holds("customers.csv", f"{CUSTOMERS},note,shoe_size,", f"{ADA},calls back,38,", "bo,Bo,,,")
    folder.holds("bills.csv", f"{BILLS},colour", f"{B1},red")
    folder.holds("payments.csv", "payment_id,reference,amount,currency,paid_on")
    assert folder.imported().notes == [
        "payments.csv: left alone; use kvitt payments import",
        "bills.csv: column colour is not known here and was not kept",
    ]
    assert folder.rows(tables.Customer, "id", "note") == [("ada", "calls back; shoe_size=38"), ("bo", "")]


def test_every_field_of_a_customer_arrives(folder: Folder) -> None:
    """Codes are taken in any case, a region with or without its country, a language without its own."""
    facts = {
        "customer_id": "ada",
        "name": "Ada Lind",
        "birth_date": "1980-02-28",
        "phone": "(503) 555-0142",
        "email": "Ada@Example.org",
        "language": "en-US",
        "timezone": "America/Los_Angeles",
        "country": "us",
        "region": "US-CA",
        "concerns": "Interpreter:Farsi; deaf;",
        "sms_consent_on": "2026-01-01",
        "sms_consent_basis": "signed form",
        "died_on": "",
    }
    folder.holds("customers.csv", ",".join(facts), ",".join(facts.values()))
    assert folder.imported().lines == []
    assert folder.rows(tables.Customer, "id", "birth_date", "language", "country", "region") == [
        ("ada", date(1980, 2, 28), "en", "US", "CA")
    ]
    assert folder.rows(tables.ContactPoint, "channel", "address") == [
        ("email", "ada@example.org"),
        ("sms", "+15035550142"),
    ]
    assert folder.rows(tables.Consent, "granted_on", "basis") == [(date(2026, 1, 1), "signed form")]
    assert folder.rows(tables.Concern, "kind", "detail") == [("deaf", ""), ("interpreter", "Farsi")]


def test_a_region_may_name_the_country(folder: Folder) -> None:
    """Where the country is left out, the region's own prefix says it; without one it is the creditor's."""
    folder.holds("customers.csv", f"{CUSTOMERS},region", f"{ADA},se-ab", "bo,Bo,OR")
    assert folder.imported().lines == []
    assert folder.rows(tables.Customer, "id", "country", "region") == [
        ("ada", "SE", "AB"),
        ("bo", "US", "OR"),
    ]


def test_every_field_of_a_bill_arrives(folder: Folder) -> None:
    """What may be empty is kept where it stands."""
    folder.holds("customers.csv", CUSTOMERS, ADA)
    more = "description,sent_on,fee_agreed_at_origin,estimate_amount"
    folder.holds(
        "bills.csv",
        f"{BILLS},{more}",
        f"{B1},Visit,2026-01-02,yes,550",
        f"{B1.replace('B1', 'B2')},,,no,",
    )
    assert folder.imported().lines == []
    assert folder.rows(tables.Bill, "id", "description", "sent_on", "fee_agreed", "estimate") == [
        ("B1", "Visit", date(2026, 1, 2), True, 55000),
        ("B2", "", None, False, None),
    ]


def test_consent_is_only_where_somebody_states_it(folder: Folder) -> None:
    """A phone number is no consent; a day in the file is, and so is what the operator vouches for."""
    header = f"{CUSTOMERS},phone,email,sms_consent_on,sms_consent_basis"
    folder.holds("customers.csv", header, f"{ADA},+15035550142,,,form", "bo,Bo,,bo@example.org,,")
    folder.imported()
    assert folder.rows(tables.Consent, "customer_id") == []
    folder.imported(vouched=(Channel.SMS, "signed form"))
    found = folder.rows(tables.Consent, "customer_id", "granted_on", "basis")
    assert found == [("ada", date(2026, 3, 2), "signed form")]
    folder.imported(vouched=(Channel.WHATSAPP, "signed form"))
    folder.imported(vouched=(Channel.EMAIL, "signed form"))
    assert folder.rows(tables.Consent, "customer_id") == ["ada", "ada", "bo"]


@pytest.mark.parametrize(
    ("vouched", "refusal"),
    [
        ((Channel.TELEGRAM, "form"), CannotVouch),
        ((Channel.LETTER, "form"), CannotVouch),
        ((Channel.SMS, " "), NoBasis),
    ],
)
def test_a_consent_nobody_can_vouch_for(
    folder: Folder, vouched: tuple[Channel, str], refusal: type[Refusal]
) -> None:
    """A chat begins with the customer, a letter needs no consent, and a consent needs its basis."""
    folder.holds("customers.csv", CUSTOMERS, ADA)
    with pytest.raises(refusal):
        folder.imported(vouched=vouched)


def test_progress_is_told_batch_by_batch(folder: Folder) -> None:
    """Long files are written a batch a transaction, and somebody may watch."""
    folder.holds("customers.csv", CUSTOMERS, ADA, "bo,Bo", "cy,Cy", "di,")
    seen: list[tuple[str, int, int]] = []
    folder.imported(progress=lambda *step: seen.append(step), batch_size=2)
    assert seen == [("customers", 2, 4), ("customers", 4, 4)]


def test_the_terms_of_a_coverage_are_read_and_brought_up_to_date(folder: Folder) -> None:
    """Amounts, percent, codes, network, the law's ceiling; a row that tells none leaves them as they are."""
    terms_columns = "currency,deductible,coinsurance_percent,ceiling,needs_authorisation,network,in_network"
    columns = f"{COVERAGES},{terms_columns}"
    folder.holds("customers.csv", CUSTOMERS, ADA)
    row = "V1,ada,P1,Acme Health,2020-01-01,USD,100.50,12.5,law,CPT:70551; CPT:1,blue,no"
    folder.holds("coverages.csv", columns, row)
    folder.imported()
    (kept,) = folder.rows(tables.Coverage, "terms")
    assert kept == {
        "deductible": 10050,
        "coinsurance": 1250,
        "network": "blue",
        "in_network": False,
        "needs_authorisation": [["CPT", "1"], ["CPT", "70551"]],
        "ceiling_by_law": True,
    }
    folder.holds("coverages.csv", f"{COVERAGES},ends_on", "V1,ada,P1,Acme Health,2020-01-01,2026-12-31")
    assert counts(folder.imported())["coverages"] == (0, 1, 0, 0)
    assert folder.rows(tables.Coverage, "terms") == [kept]


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("deductible", "-1.00", "below zero"),
        ("coinsurance_percent", "120", "no percentage"),
        ("coinsurance_percent", "a fifth", "no percentage"),
        ("excluded", "70551", "write SYSTEM:CODE"),
        ("copay", "1.005", "not an amount"),
    ],
)
def test_terms_that_cannot_be_are_set_aside(folder: Folder, column: str, value: str, reason: str) -> None:
    """With the field and what to write instead."""
    folder.holds("customers.csv", CUSTOMERS, ADA)
    folder.holds("coverages.csv", f"{COVERAGES},currency,{column}", f"V1,ada,P1,Acme,2020-01-01,USD,{value}")
    tally = folder.imported()
    assert counts(tally)["coverages"] == (0, 0, 0, 1)
    assert column in tally.lines[0]
    assert reason in tally.lines[0]


def test_planned_services_are_registered(folder: Folder) -> None:
    """Once each; a service for nobody is set aside."""
    folder.holds("customers.csv", CUSTOMERS, ADA)
    day = (NOON.date() + timedelta(days=30)).isoformat()
    header = "service_id,customer_id,service_on,code_system,code"
    folder.holds("services.csv", header, f"S1,ada,{day},CPT,70551", f"S2,bob,{day},CPT,70551")
    assert counts(folder.imported())["services"] == (1, 0, 0, 1)
    assert counts(folder.imported())["services"] == (0, 0, 1, 1)
    assert folder.rows(tables.PlannedService, "id", "quantity") == [("S1", "1")]


def test_a_new_number_is_counted_and_told(folder: Folder) -> None:
    """The old one is retired; the same file again changes nothing, and a file without the column neither."""
    columns = f"{CUSTOMERS},country,phone"
    folder.holds("customers.csv", columns, f"{ADA},US,503 555 0142")
    folder.imported()
    folder.holds("customers.csv", columns, f"{ADA},US,503 555 0177")
    tried, done, again = folder.imported(dry_run=True), folder.imported(), folder.imported()
    note = (
        "1 customer has another phone number or e-mail address: the one before is retired, and a consent "
        "that was given for it allows nothing at the new one"
    )
    for tally in (tried, done):
        assert counts(tally) == {"customers": (0, 1, 0, 0)}
        assert (tally.replaced, tally.notes) == (1, [note])
    assert counts(again) == {"customers": (0, 0, 1, 0)}
    assert (again.replaced, again.notes) == (0, [])
    folder.holds("customers.csv", f"{CUSTOMERS},country", f"{ADA},US")
    assert counts(folder.imported()) == {"customers": (0, 0, 1, 0)}
    assert folder.rows(tables.Contact, "removed_by") in (["register", None], [None, "register"])
