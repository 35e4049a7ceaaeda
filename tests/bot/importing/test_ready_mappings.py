# ruff: noqa: E501 - rows of exports are as long as they come
"""The ready mappings of docs/mappings: exports with the columns of five systems, read as they come."""

from __future__ import annotations

import codecs
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
from sqlalchemy import select

from bot.importing.guessing import NothingGuessed, proposal
from bot.importing.intake import import_paths
from bot.importing.mapping import ImportMap, load
from storage import tables

if TYPE_CHECKING:
    from bot.importing.tally import Tally
    from tests.world import World

READY = Path(__file__).resolve().parents[3] / "docs/mappings"
QUICKBOOKS = {
    "Invoice List.csv": (
        "utf-8-sig",
        """Elm Clinic,,,,,,,
Invoice List,,,,,,,
"January 1 - November 30, 2026",,,,,,,

Date,Transaction type,Num,Name,Memo,Due date,Amount,Open balance
01/15/2026,Invoice,1041,Ada Lind,Check-up,02/14/2026,"1,250.00","1,250.00"
01/20/2026,Invoice,1042,Bo Tran,Cleaning,02/19/2026,95.00,0.00
03/23/2026,Credit Memo,SC-1,Bo Tran,,03/23/2026,-10.00,-10.00
TOTAL,,,,,,"1,335.00","1,240.00"


"Monday, November 30, 2026 04:19 PM GMT-06:00"
""",
    ),
    "Customer Contact List.csv": (
        "utf-8",
        """Elm Clinic,,,
Customer Contact List,,,

Customer full name,Phone numbers,Email,Full name
Ada Lind,Phone: (503) 555-0142 Mobile: (503) 555-0177,"ada@example.org, a@example.org",Ada Lind
Bo Tran,,,Bo Tran
""",
    ),
}
XERO = {
    "SalesInvoices.csv": (
        "utf-8",
        (
            "ContactName,EmailAddress,InvoiceNumber,Reference,InvoiceDate,DueDate,Total,InvoiceAmountPaid,"
            "InvoiceAmountDue,Description,Quantity,UnitAmount,LineAmount,Currency,Type,Sent,Status\n"
            "Ada Lind,ada@example.org,INV-1,,15/01/2026,14/02/2026,180.00,30.00,150.00,Check-up,1,100,100,GBP,"
            "Sales invoice,Sent,Awaiting Payment\n"
            "Ada Lind,ada@example.org,INV-1,,15/01/2026,14/02/2026,180.00,30.00,150.00,X-ray,2,40,80,GBP,"
            "Sales invoice,Sent,Awaiting Payment\n"
            "Ada Lind,ada@example.org,INV-2,,15/01/2026,14/02/2026,80.00,80.00,0.00,X-ray,2,40,80,GBP,"
            "Sales invoice,Sent,Paid\n"
            "Bo Tran,,INV-3,,15/01/2026,14/02/2026,20.00,,20.00,X-ray,1,20,20,GBP,Sales invoice,,Draft\n"
            "Bo Tran,,CN-4,,15/01/2026,14/02/2026,20.00,,20.00,X-ray,1,20,20,GBP,Sales credit note,,"
            "Awaiting Payment\n"
        ),
    ),
    "Contacts.csv": (
        "utf-8",
        (
            "*ContactName,AccountNumber,EmailAddress,FirstName,LastName,POAddressLine1,POCity,POPostalCode,"
            "PhoneNumber,MobileNumber\n"
            "Ada Lind,,ada@example.org,Ada,Lind,1 High Street,Leeds,LS1 4AP,,07700 900123\nBo Tran,,,,,,,,,\n"
        ),
    ),
}
FORTNOX = {
    "kundfakturor.csv": (
        "cp1252",
        (
            "Fakturanr;Kundnr;Kundnamn;Fakturadatum;Förfallodatum;Totalt;Saldo;Valuta\n"
            "501;7;Åsa Öberg;2026-01-15;2026-02-14;1 250,50;1 250,50;SEK\n"
            "502;7;Åsa Öberg;2026-01-15;2026-02-14;80,00;0,00;SEK\n"
        ),
    ),
    "kundregister.csv": (
        "utf-16",
        "Kundnr;Namn;Adress;Postnr;Ort;Telefon;Mobil;E-post\n7;Åsa Öberg;Storgatan 1;952 01;Kalix;;070-123 45 67;\n",
    ),
}
STRIPE = {
    "invoices.csv": (
        "utf-8",
        (
            "id,Amount Due,Amount Paid,Billing,Currency,Customer,Date (UTC),Due Date (UTC),Number,Paid,Total,Status\n"
            "in_1,180.00,0.00,send_invoice,usd,cus_1,2026-01-15 09:12,2026-02-14 09:12,EB-0001,false,180.00,open\n"
            "in_2,95.00,95.00,send_invoice,usd,cus_1,2026-01-15 09:12,2026-02-14 09:12,EB-0002,true,95.00,paid\n"
            "in_3,95.00,0.00,send_invoice,usd,cus_1,2026-01-15 09:12,,,false,95.00,draft\n"
            "in_4,95.00,0.00,send_invoice,usd,cus_1,2026-01-15 09:12,2026-02-14 09:12,EB-0004,false,95.00,void\n"
        ),
    ),
    "customers.csv": (
        "utf-8",
        "id,Description,Email,Name,Created (UTC)\ncus_1,,ada@example.org,Ada Lind,2026-01-02 10:00\n",
    ),
}
OPEN_DENTAL = {
    "patients.txt": (
        "utf-8",
        (
            "PatNum\tLName\tFName\tBirthdate\tGuarantor\tWirelessPhone\tEmail\tAddress\tCity\tState\tZip\tTxtMsgOk\n"
            "1\tLind\tAda\t02/28/1984\t1\t(503)555-0142\t\t12 Elm Street\tPortland\tOR\t97205\t1\n"
            "2\tLind\tBo\t01/01/0001\t1\t(503)555-0177\t\t\t\tOR\t\t2\n"
        ),
    ),
    "statements.txt": (
        "utf-8",
        "StatementNum\tPatNum\tDateSent\tDateDue\tPatPortion\n77\t1\t01/15/2026\t02/14/2026\t180.00\n",
    ),
}


PEOPLE = {"Customer Contact List.csv", "Contacts.csv", "kundregister.csv", "customers.csv", "patients.txt"}


class Export(NamedTuple):
    """Files of a system, and the bills that are owed in them: id, customer, amount, due day."""

    files: dict[str, tuple[str, str]]
    bills: list[tuple[str, str, int, str, str]]
    customers: int


EXPORTS = {
    "quickbooks": Export(QUICKBOOKS, [("1041", "A-Ada Lind", 125000, "USD", "2026-02-14")], 2),
    "xero": Export(XERO, [("INV-1", "A-Ada Lind", 15000, "GBP", "2026-02-14")], 2),
    "fortnox": Export(FORTNOX, [("501", "A-7", 125050, "SEK", "2026-02-14")], 1),
    "stripe": Export(STRIPE, [("EB-0001", "A-cus_1", 18000, "USD", "2026-02-14")], 1),
    "opendental": Export(OPEN_DENTAL, [("77", "A-1", 18000, "USD", "2026-02-14")], 2),
}


def _folder(folder: Path, files: dict[str, tuple[str, str]]) -> list[Path]:
    for name, (encoding, text) in files.items():
        (folder / name).write_bytes(text.encode(encoding))
    return [folder / name for name in files]


def _import(world: World, paths: list[Path], mapping: ImportMap) -> Tally:
    return import_paths(world.database, world.installation, paths, "csv", world.clock, mapping=mapping)


def _bills(world: World) -> list[tuple[str, str, int, str, str]]:
    row = tables.Bill
    with world.database.read() as session:
        found = session.execute(
            select(row.id, row.account_id, row.amount, row.currency, row.due_on).order_by(row.id)
        )
        return [(one[0], one[1], one[2], one[3], str(one[4])) for one in found]


@pytest.mark.parametrize("system", EXPORTS)
def test_only_what_is_owed_becomes_a_bill(world: World, tmp_path: Path, system: str) -> None:
    """Titles, totals, paid, void and draft rows and credits are left out, lines are joined, once for all."""
    export = EXPORTS[system]
    paths, mapping = _folder(tmp_path, export.files), load(READY / f"{system}.toml")
    first = _import(world, paths, mapping)
    assert not first.lines
    assert first.counts["customers"].new == export.customers
    assert _bills(world) == export.bills
    again = _import(world, paths, mapping)
    assert (
        again.counts["bills"].new == again.counts["customers"].new == again.counts["customers"].changed == 0
    )
    assert _bills(world) == export.bills


def test_every_ready_mapping_is_tried() -> None:
    """No mapping lies in the folder that no file is read with."""
    assert {file.stem for file in READY.glob("*.toml")} == set(EXPORTS)


def test_what_a_file_says_of_a_person_is_read_out_of_its_columns(world: World, tmp_path: Path) -> None:
    """The mobile number out of a cell with several, the first e-mail address, a no to texts, a day that is none."""
    for system in ("quickbooks", "opendental"):
        _import(world, _folder(tmp_path, EXPORTS[system].files), load(READY / f"{system}.toml"))
    with world.database.read() as session:
        addresses = set(session.scalars(select(tables.ContactPoint.address)))
        bo = session.get(tables.Customer, "2")
        assert bo
        assert {"+15035550177", "ada@example.org"} <= addresses
        assert (bo.stopped_at is not None, bo.birth_date, bo.guarantor_id) == (True, None, "1")


@pytest.mark.parametrize("system", EXPORTS)
def test_a_guessed_mapping_is_toml_that_works(world: World, tmp_path: Path, system: str) -> None:
    """For the bills of each system: printed, read again, and it takes just what is owed."""
    bills, people = sorted(_folder(tmp_path, EXPORTS[system].files), key=lambda path: path.name in PEOPLE)
    text = proposal(bills, "SE" if system == "fortnox" else "US")
    mapping = ImportMap.model_validate(tomllib.loads(text))
    if mapping.customers is None:  # its rows name nobody
        _import(world, [people], load(READY / f"{system}.toml"))
    _import(world, [bills], mapping)
    assert [(one[0], *one[2:]) for one in _bills(world)] == [
        (one[0], *one[2:]) for one in EXPORTS[system].bills
    ]
    assert f"# {bills.name}:" in text


def test_what_resembles_nothing_is_not_guessed(tmp_path: Path) -> None:
    """One line with the columns it has and where to go on."""
    (tmp_path / "parts.csv").write_text("sku,colour,weight\nx,red,2\n")
    with pytest.raises(NothingGuessed, match=r"parts\.csv: its columns \(sku, colour, weight\) resemble no"):
        proposal(tmp_path / "parts.csv", "US")


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b""),
        ("utf-8", codecs.BOM_UTF8),
        ("utf-16", b""),
        ("utf-16-le", b""),
        ("utf-16-be", b""),
        ("cp1252", b""),
    ],
)
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_how_a_file_is_written_is_found_out(
    world: World, tmp_path: Path, encoding: str, mark: bytes, separator: str
) -> None:
    """Every encoding and separator that spreadsheets save, for Kvitt's own columns too."""
    text = "customer_id,name,note\nC-1,Åsa Öberg,x\n".replace(",", separator)
    (tmp_path / "customers.csv").write_bytes(mark + text.encode(encoding))
    done = import_paths(world.database, world.installation, [tmp_path], "csv", world.clock)
    with world.database.read() as session:
        assert session.scalar(select(tables.Customer.name)) == "Åsa Öberg"
    assert any("Windows letters" in note for note in done.notes) is (encoding == "cp1252")
