"""Made-up files of two operators, as such files come: with semicolons, marks, slips and other encodings."""

from __future__ import annotations

import codecs
from datetime import date, timedelta
from itertools import product
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

CUSTOMERS: Final = 30
SLIP: Final = "2026-02-30"
"""The day of a bill that is in no calendar; 2026-10-30 was meant."""
_GIVEN: Final = ("Ada", "Bo", "Cal", "Dina", "Egon", "Fay")
_FAMILY: Final = ("Lind", "Tran", "Ruiz", "Okafor", "Berg")
_SENT_ON: Final = date(2026, 10, 6)


def clinic() -> Mapping[str, bytes]:
    """Customers and bills of a clinic in the US, as a spreadsheet saves them: semicolons, a mark."""
    customers = ["customer_id;name;birth_date;mobile;sms_consent_on;sms_consent_basis"]
    bills = ["bill_id;customer_id;issued_on;due_on;currency;amount;description"]
    for number, name in enumerate(_names(), 1):
        phone = f"+1503555{100 + number:04}" if number % 10 else ""
        consent = "2026-10-05;signed form" if number % 7 else ";"
        customers.append(f"{1000 + number};{name};{_born(number)};{phone};{consent}")
        issued = _SENT_ON + timedelta(days=number)
        day = SLIP if number == 12 else f"{issued + timedelta(days=30)}"
        bills.append(f"B-{number};{1000 + number};{issued};{day};USD;{20 + 5 * number}.00;Check-up")
    return {
        "customers.csv": codecs.BOM_UTF8 + "\r\n".join([*customers, ""]).encode(),
        "bills.csv": codecs.BOM_UTF8 + "\r\n".join([*bills, ""]).encode(),
    }


def utility() -> Mapping[str, bytes]:
    """The customer register and the invoices of a utility in Sweden, as Fortnox exports the two lists."""
    register = ["Kundnr;Namn;Organisationsnummer;Adress;Postnr;Ort;Telefon;Mobil;E-post"]
    invoices = ["Fakturanr;Kundnr;Kundnamn;Fakturadatum;Förfallodatum;Totalt;Saldo;Valuta"]
    for number, name in enumerate(_names(), 1):
        person = f"{_born(number):%Y%m%d}-{1000 + number}" if number % 15 else "556677-8899"
        mobile = f"070-174 06 {10 + number}"
        register.append(f"{number};{name};{person};Ågatan {number};952 01;Kalix;;{mobile};")
        issued = _SENT_ON + timedelta(days=number)
        total = f"1 {200 + number},50"
        left = total if number % 3 else "0,00"
        due = issued + timedelta(days=30)
        invoices.append(f"{500 + number};{number};{name};{issued};{due};{total};{left};SEK")
    return {
        "kundregister.csv": "\r\n".join([*register, ""]).encode("utf-16"),
        "kundfakturor.csv": "\r\n".join([*invoices, ""]).encode("cp1252"),
    }


def _names() -> list[str]:
    return [f"{given} {family}" for family, given in product(_FAMILY, _GIVEN)]


def _born(number: int) -> date:
    return date(1980, 2, 1) + timedelta(days=number)
